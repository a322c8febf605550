// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fairlead/pipeline/plan.hpp"

namespace fairlead::engine {

/// A plan with its names resolved to positions, so that deciding compares no strings. Points into the plan it was made of,
/// which must outlive it. Immutable.
struct PlanIndex {
  struct Job {
    const pipeline::PlanJob* plan = nullptr;
    std::vector<std::size_t> needs;  ///< positions in the same stage, every job of a needed matrix
    std::size_t group = 0;           ///< jobs of one matrix share it; position in Stage::group_sizes
    bool takes_slot = true;          ///< pipeline::works_here
  };
  struct Stage {
    const pipeline::PlanStage* plan = nullptr;
    std::vector<Job> jobs;
    std::vector<std::size_t> group_sizes;
  };
  struct Place {
    std::size_t stage = 0, job = 0;
  };

  std::vector<Stage> stages;
  std::unordered_map<std::string_view, Place> places;  ///< by job key

  explicit PlanIndex(const pipeline::RunPlan&);
  std::optional<Place> find(std::string_view job_key) const;
};

}  // namespace fairlead::engine
