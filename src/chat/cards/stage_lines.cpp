// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

/// One line per stage, and below it what happens inside now.
namespace fairlead::chat {

namespace {

constexpr std::string_view indent = "      ";

std::string since(const Json& json, std::string_view key) {
  const auto at = date_of(json, key);
  return at.empty() ? "" : " · since " + at;
}

std::string ecs_text(const Json& progress) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> phases{
      {{"registering", "preparing the new version"},
       {"updating", "handing the new version to ECS"},
       {"correlate", "ECS is taking it up"},
       {"serving", "all new tasks serve; the old ones are leaving"},
       {"bake", "serving; being watched for a while"},
       {"rollback", "going back to the version before"},
       {"verify", "checking that the version before serves again"},
       {"diagnose", "looking for the reason"}}};
  const auto phase = text_at(progress, "phase");
  for (const auto& [name, words] : phases)
    if (name == phase) return std::string(words);
  if (phase != "monitor") return {};
  return std::to_string(number_at(progress, "healthy")) + " of " + std::to_string(number_at(progress, "desired")) + " tasks serving" +
         (number_at(progress, "running") > number_at(progress, "healthy")
              ? ", " + std::to_string(number_at(progress, "running") - number_at(progress, "healthy")) + " starting"
              : "");
}

/// "api › deploy (2 of 3)", with what the step tells about itself.
std::string running_job(const Json& job) {
  std::string text = line(text_at(job, "id"), 80);
  const Json& steps = member(job, "steps");
  for (const auto& step : steps) {
    if (text_at(step, "state") != "running") continue;
    const auto name = text_at(step, "name", text_at(step, "action"));
    text += " › " + line(name, 80);
    if (steps.size() > 1) text += " (" + std::to_string(number_at(step, "index") + 1) + " of " + std::to_string(steps.size()) + ")";
    if (const auto progress = progress_text(member(step, "progress")); !progress.empty()) text += ": " + line(progress, 300);
    if (const auto question = text_at(member(step, "question"), "text"); !question.empty()) text += " · asks “" + line(question, 200) + "”";
    break;
  }
  return text + (number_at(job, "attempt") > 1 ? " · attempt " + std::to_string(number_at(job, "attempt")) : "");
}

std::string broken_job(const Json& job) {
  std::string text = line(text_at(job, "id"), 80);
  std::string reason = text_at(job, "reason");
  for (const auto& step : member(job, "steps")) {
    const auto state = text_at(step, "state");
    if (state != "failed" && state != "lost") continue;
    text += " › " + line(text_at(step, "name", text_at(step, "action")), 80);
    if (const auto why = text_at(step, "reason"); !why.empty()) reason = why;
    if (reason.empty() && member(step, "exit_code").is_number_integer())
      reason = "exit code " + std::to_string(number_at(step, "exit_code"));
    break;
  }
  return reason.empty() ? text : text + ": " + line(reason, 300);
}

void add_jobs(const Json& stage, std::vector<std::string>& out) {
  for (const auto& job : member(stage, "jobs")) {
    const auto state = text_at(job, "state");
    if (state == "running") out.push_back(std::string(indent) + running_job(job));
    if (state == "failed" || state == "lost") out.push_back(std::string(indent) + std::string(glyph(state)) + " " + broken_job(job));
    if (state == "waiting") {
      const auto again = date_of(job, "retry_at");
      out.push_back(std::string(indent) + line(text_at(job, "id"), 80) + ": " + line(text_at(job, "reason"), 200) +
                    (again.empty() ? "" : " · again " + again));
    }
  }
}

std::string gate_text(const CardContext& context, const Json& gate) {
  std::string text = gate_reason(context, gate);
  if (text.empty()) text = "waits";
  const auto until = date_of(gate, "until");
  return text + since(gate, "opened_at") + (until.empty() ? "" : " · until " + until);
}

void add_gates(const CardContext& context, const Json& stage, std::vector<std::string>& out) {
  for (const auto& gate : member(stage, "gates"))
    if (text_at(gate, "state") == "open") out.push_back(std::string(indent) + gate_text(context, gate));
}

/// Who let it through, for as long as it stands there.
void add_votes(const CardContext& context, const Json& stage, std::vector<std::string>& out) {
  std::vector<std::string> names;
  const Json& gate = approval_gate(stage);
  for (const auto& vote : member(gate, "votes"))
    if (flag_at(vote, "approve")) names.push_back(person(context, text_at(vote, "person")));
  const auto state = text_at(gate, "state");
  if (state == "bypassed") return out.push_back(std::string(indent) + "approval bypassed by " + person(context, text_at(gate, "by")));
  if (state == "passed" && !names.empty()) out.push_back(std::string(indent) + "approved by " + join(names, ", "));
}

/// Then the line of that job says why.
bool has_broken_job(const Json& stage) {
  return std::ranges::any_of(member(stage, "jobs"),
                             [](const Json& job) { return text_at(job, "state") == "failed" || text_at(job, "state") == "lost"; });
}

/// Nothing needs to be said about it; who canceled is said below.
bool is_plain(std::string_view state) { return state == "succeeded" || state == "queued" || state == "canceled"; }

std::string first_line(const Json& stage) {
  const auto state = text_at(stage, "state");
  const auto name = text_at(stage, "name");
  const auto environment = text_at(stage, "environment");
  std::string text = std::string(glyph(state)) + " *" + line(name, 80) + "*";
  if (!environment.empty() && environment != name) text += " (" + line(environment, 80) + ")";
  if (state == "running") return text + " · " + (environment.empty() ? "running" : "deploying") + since(stage, "started_at");
  const auto took = member(stage, "started_at").is_string() ? elapsed(stage) : "";
  const auto reason = has_broken_job(stage) || is_plain(state) ? "" : line(text_at(stage, "reason"), 300);
  const bool says_it = !state.empty() && reason.starts_with(state);  // "superseded by …"
  if (!says_it) text += " · " + (state == "queued" ? "not yet" : line(state, 40));
  if (!took.empty()) text += " · " + took;
  return reason.empty() ? text : text + " · " + reason;
}

}  // namespace

std::string progress_text(const Json& progress) {
  std::string text = text_at(progress, "text");
  if (text_at(progress, "kind") == "ecs-deploy") {
    text = ecs_text(progress);
    const auto target = text_at(progress, "target");
    if (!text.empty() && !target.empty()) text = target + ": " + text;
  } else if (text.empty() && member(progress, "total").is_number_integer()) {
    text = std::to_string(number_at(progress, "done")) + " of " + std::to_string(number_at(progress, "total"));
  }
  const auto stalled = text_at(progress, "stalled");
  return stalled.empty() ? text : text + (text.empty() ? "" : " · ") + "stalled: " + stalled;
}

std::vector<std::string> stage_lines(const CardContext& context, const Json& stage) {
  std::vector<std::string> out{first_line(stage)};
  add_gates(context, stage, out);
  add_votes(context, stage, out);
  add_jobs(stage, out);
  if (const auto rollback = text_at(stage, "rollback"); !rollback.empty())
    out.push_back(std::string(indent) + "rollback: " + line(rollback, 200));
  return out;
}

}  // namespace fairlead::chat
