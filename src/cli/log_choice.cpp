// SPDX-License-Identifier: Apache-2.0
#include "cli/log_choice.hpp"

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

bool LogChoice::has_job(const Json& one) const { return job.empty() || text_at(one, "id") == job; }

bool LogChoice::has_step(const Json& one) const {
  return step.empty() || step == std::to_string(number_at(one, "index")) || step == text_at(one, "name") || step == text_at(one, "id");
}

LogChoice choose_logs(const Json& run, const std::string& where) {
  for (const auto& stage : member(run, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      if (text_at(job, "id") == where) return {where, ""};
    }
  }
  const auto slash = where.rfind('/');
  if (slash == std::string::npos) return {where, ""};
  return {where.substr(0, slash), where.substr(slash + 1)};
}

bool is_over(const std::string& state) { return state != "queued" && state != "waiting" && state != "running"; }

bool is_over(const Json& run, const LogChoice& choice) {
  if (is_over(text_at(run, "state"))) return true;
  bool any = false;
  for (const auto& stage : member(run, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      if (!choice.has_job(job)) continue;
      any = true;
      bool over = is_over(text_at(job, "state"));
      if (!choice.step.empty()) {
        for (const auto& step : member(job, "steps")) over = over || (choice.has_step(step) && is_over(text_at(step, "state")));
      }
      if (!over) return false;
    }
  }
  return any && !choice.job.empty();
}

}  // namespace fairlead::cli
