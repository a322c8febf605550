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

namespace {

bool has_log(const Json& step) { return text_at(step, "state") != "queued" && text_at(step, "state") != "skipped"; }

/// What keeps a job: its own reason, else what is explained of it, else the gates of its stage.
std::string reason_of(const Json& run, const Json& stage, const Json& job) {
  std::vector<std::string> reasons;
  if (const auto own = text_at(job, "reason"); !own.empty()) return own;
  for (const auto& wait : member(run, "explain")) {
    const bool of_job = text_at(wait, "job") == text_at(job, "id");
    const bool of_stage = text_at(wait, "job").empty() && text_at(wait, "stage") == text_at(stage, "name");
    if (of_job || of_stage) reasons.push_back(text_at(wait, "reason"));
  }
  return join(reasons, "; ");
}

}  // namespace

std::string why_no_log(const Json& run, const LogChoice& choice) {
  const std::string of_run = " of " + text_at(run, "app") + "#" + std::to_string(number_at(run, "number"));
  std::string why = "job " + choice.job + of_run + " has not begun: there is no plan yet";
  for (const auto& stage : member(run, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      if (!choice.has_job(job)) continue;
      for (const auto& step : member(job, "steps")) {
        if (choice.has_step(step) && has_log(step)) return "";
      }
      const std::string what = choice.step.empty() ? "job " + choice.job : "step " + choice.step + " of job " + choice.job;
      const std::string reason = reason_of(run, stage, job);
      why = what + of_run + (is_over(text_at(job, "state")) ? " was skipped" : " has not begun") + (reason.empty() ? "" : ": " + reason);
    }
  }
  return why;
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
