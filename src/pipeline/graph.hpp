// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/pipeline/definition.hpp"

namespace fairlead::pipeline {

/// Who comes before whom. Points into the definition, which must live longer. An id may stand for a job in each of several
/// stages (`api` in staging and in production); such a repeated id cannot be referred to from elsewhere.
class Graph {
 public:
  explicit Graph(const Definition&);

  /// The first job of this id.
  const Job* job(std::string_view id) const;
  /// Index of the first stage that has it.
  std::optional<std::size_t> stage_of(std::string_view id) const;
  bool is_repeated(std::string_view id) const;
  std::vector<std::string> job_ids() const;
  /// Whether `earlier` has ended when `later` starts: by the order of stages, or by `needs`.
  bool precedes(std::string_view earlier, const Job& later) const;
  /// What to say when it does not, or when it could be several.
  static std::string not_before(std::string_view earlier);
  static std::string ambiguous(std::string_view id);

 private:
  struct Place {
    const Job* job = nullptr;
    std::size_t stage = 0;
  };
  const Job* job_in(std::size_t stage, std::string_view id) const;
  std::multimap<std::string, Place, std::less<>> places_;
};

/// The ids of jobs that need one another in a circle, the first again at the end; empty when there is none.
std::vector<std::string> find_cycle(const Stage&);

/// What is wrong with a value for an input; empty when nothing is.
std::string input_problem(const Input&, const Json& value);
/// A value that has no problem, as the input's type.
Json typed_input(const Input&, const Json& value);
/// check_inputs; what is required is only asked of people, not of a push.
std::expected<Json, Problems> check_inputs(const Definition&, const Json& given, bool enforce_required);

}  // namespace fairlead::pipeline
