// SPDX-License-Identifier: Apache-2.0
#include "cli/reasons.hpp"

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

bool repeats(const std::string& reason, const std::string& other) { return !other.empty() && reason.ends_with(other); }

bool never_started(const Json& part) { return member(part, "started_at").is_null() && text_at(part, "state") != "failed"; }

/// What never started has the reason of its stage, perhaps behind some words.
bool is_from_above(const Json& stage, const Json& part) {
  return never_started(part) && repeats(text_at(part, "reason"), text_at(stage, "reason"));
}

bool is_told_by_steps(const Json& job, const std::string& reason) {
  for (const auto& step : member(job, "steps")) {
    if (!never_started(step) && repeats(reason, text_at(step, "reason"))) return true;
  }
  return false;
}

bool is_told_below(const Json& stage, const std::string& reason) {
  for (const auto& gate : member(stage, "gates")) {
    if (repeats(reason, text_at(gate, "reason"))) return true;
  }
  for (const auto& job : member(stage, "jobs")) {
    if (!is_from_above(stage, job) && (repeats(reason, text_at(job, "reason")) || is_told_by_steps(job, reason))) return true;
  }
  return false;
}

}  // namespace

std::string headline(const std::string& reason, std::size_t limit) {
  const auto end = reason.find('\n');
  const std::string first = ellipsize(std::string_view(reason).substr(0, end), limit);
  return end == std::string::npos || first.ends_with("…") ? first : first + " …";
}

std::string indented(const std::string& reason, std::size_t columns) {
  std::string text;
  for (const char c : std::string(trim(reason))) {
    text += c;
    if (c == '\n') text.append(columns, ' ');
  }
  return text;
}

Reasons::Reasons(const Json& run) : reason_(text_at(run, "reason")) {
  bool below = false;
  bool same = member(run, "cancel").is_object();
  for (const auto& stage : member(run, "stages")) {
    below = below || repeats(reason_, text_at(stage, "reason")) || is_told_below(stage, reason_);
    same = same || text_at(stage, "reason") == reason_;
  }
  if (!below || same) stated_ = reason_;
}

std::string Reasons::of_run() const { return stated_.empty() ? headline(reason_) : stated_; }

std::string Reasons::of_stage(const Json& stage) const {
  const std::string reason = text_at(stage, "reason");
  return repeats(reason, stated_) || is_told_below(stage, reason) ? "" : reason;
}

std::string Reasons::of_job(const Json& stage, const Json& job) const {
  const std::string reason = text_at(job, "reason");
  return repeats(reason, stated_) || is_from_above(stage, job) || is_told_by_steps(job, reason) ? "" : reason;
}

std::string Reasons::of_step(const Json& stage, const Json& step) const {
  const std::string reason = text_at(step, "reason");
  return repeats(reason, stated_) || is_from_above(stage, step) ? "" : reason;
}

}  // namespace fairlead::cli
