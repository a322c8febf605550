// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::sandbox {

/// One line of the fault list.
struct FaultRule {
  std::string kind;
  std::map<std::string, std::string> match;  ///< cluster service image family operation group → glob
  double rate = 1;
  std::int64_t count = -1;  ///< how often it may still strike; -1: without end
  Duration after{};         ///< after RUNNING, or extra time of a slow start, or how old stale reads are
  std::string code, message;
  int exit_code = 1, status = 0;
};

/// What was drawn for one task: kind → rule.
using Faults = std::map<std::string, FaultRule>;

/// Reads the list of `POST /_sandbox/faults` or of a file. Throws Error(invalid).
std::vector<FaultRule> read_faults(const Json&);
Json fault_json(const FaultRule&);
bool fault_matches(const FaultRule&, const std::map<std::string, std::string>& facts);

/// Kinds that strike a task, drawn when it is made.
bool strikes_tasks(const std::string& kind);
/// Kinds that strike an instance, drawn when it is launched.
bool strikes_instances(const std::string& kind);

}  // namespace fairlead::sandbox
