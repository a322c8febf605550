// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::cli {

/// The first line, at most so many bytes of it; an ellipsis stands for the rest.
std::string headline(const std::string& reason, std::size_t limit = 100);
/// All lines, those behind the first so far to the right.
std::string indented(const std::string& reason, std::size_t columns);

/// Which reasons of a run are told where. Every level repeats the reason of the one below behind its name: "stage build: unit: step make:
/// exited with 1"; what never started repeats that of the one above. It is told in full where it arose, and above that in the run's
/// headline. Pure.
class Reasons {
 public:
  explicit Reasons(const Json& run);
  std::string of_run() const;
  std::string of_stage(const Json& stage) const;
  std::string of_job(const Json& stage, const Json& job) const;
  std::string of_step(const Json& stage, const Json& step) const;

 private:
  std::string reason_;
  std::string stated_;  ///< what the run tells in full, so that nothing below repeats it
};

}  // namespace fairlead::cli
