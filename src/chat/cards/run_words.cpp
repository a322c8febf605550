// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/run_words.hpp"

#include <algorithm>
#include <array>

#include "chat/cards/words.hpp"

namespace fairlead::chat {

namespace {

const Json nothing;

bool is_one_of(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::ranges::find(states, state) != states.end();
}

bool ended_badly(std::string_view state) { return is_one_of(state, {"failed", "lost", "canceled", "superseded"}); }

const Json& stages_of(const Json& run) {
  const Json& stages = member(run, "stages");
  return stages.is_array() ? stages : nothing;
}

/// "2/4" of the current stage.
std::string position(const Json& run) {
  const Json& stages = stages_of(run);
  const Json& current = current_stage(run);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (&stages[i] == &current) return " " + std::to_string(i + 1) + "/" + std::to_string(stages.size());
  }
  return {};
}

std::string waiting_phase(const Json& stage) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kinds{{{"approval", "waits for approval"},
                                                                                       {"lock", "locked"},
                                                                                       {"calendar", "waits for its hours"},
                                                                                       {"queue", "in the queue"},
                                                                                       {"wait", "waits"},
                                                                                       {"check", "waits for checks"}}};
  for (const auto& [kind, words] : kinds) {
    if (open_gate(stage, kind).is_object()) return std::string(words);
  }
  return "waits";
}

bool deployed_something(const Json& run) {
  return std::ranges::any_of(
      stages_of(run), [](const Json& stage) { return text_at(stage, "state") == "succeeded" && !text_at(stage, "environment").empty(); });
}

std::string with_reason(std::string words, const std::string& reason) { return reason.empty() ? words : words + ": " + reason; }

/// "was deployed to production in 18m35s", "failed on production after 1m: live › deploy: exit code 1". Escaped, as what is given.
std::string ended_words(const CardContext& context, const Json& run, const std::string& environment) {
  const auto state = text_at(run, "state");
  const auto took = elapsed(run);
  if (state == "succeeded")
    return (environment.empty() || !deployed_something(run) ? "succeeded" : "was deployed to " + environment) +
           (took.empty() ? "" : " in " + took);
  const Json& cancel = member(run, "cancel");
  if (state == "canceled" && cancel.is_object())
    return with_reason("was canceled by " + person(context, text_at(cancel, "by")), line(text_at(cancel, "reason"), 300));
  std::string words = state == "lost" ? "was lost track of" : state == "failed" ? "failed" : "was " + line(state, 40);
  if (!environment.empty() && (state == "failed" || state == "lost")) words += " on " + environment;
  const auto broken = broken_step(run);
  const auto reason = text_at(run, "reason");
  if (state != "failed" && reason.starts_with(state)) return "was " + line(reason, 300);  // "superseded by …"
  if (broken.reason.empty()) return with_reason(words, line(reason, 300));
  return with_reason(words, line(broken.job + (broken.step.empty() ? "" : " › " + broken.step) + ": " + broken.reason, 300));
}

std::string stage_of_stages(const Json& run) {
  const auto at = position(run);
  const auto slash = at.find('/');
  return slash == std::string::npos ? "" : " (stage" + at.substr(0, slash) + " of " + at.substr(slash + 1) + ")";
}

/// "is being deployed to production (stage 3 of 3)". Escaped, as what is given.
std::string going_words(const CardContext& context, const Json& run, const std::string& environment) {
  const Json& stage = current_stage(run);
  if (member(run, "cancel").is_object()) return "is being canceled by " + person(context, text_at(member(run, "cancel"), "by"));
  if (!stage.is_object()) return "started: its pipeline is being read";
  const auto state = text_at(stage, "state");
  const auto name = line(text_at(stage, "name"), 80);
  if (state == "running")
    return (text_at(stage, "environment").empty() ? "is at " + name : "is being deployed to " + environment) + stage_of_stages(run);
  if (state != "waiting") return "is queued" + stage_of_stages(run);
  if (open_gate(stage, "approval").is_object()) return "waits for approval to go to " + (environment.empty() ? name : environment);
  for (const auto& gate : member(stage, "gates"))
    if (text_at(gate, "state") == "open") return "waits before " + name + ": " + gate_reason(context, gate);
  return "waits before " + name;
}

}  // namespace

bool has_ended(const Json& run) {
  return is_one_of(text_at(run, "state"), {"succeeded", "failed", "canceled", "skipped", "superseded", "lost"});
}

const Json& current_stage(const Json& run) {
  const Json& stages = stages_of(run);
  const auto first = [&](auto matches) -> const Json& {
    const auto found = std::ranges::find_if(stages, matches);
    return found == stages.end() ? nothing : *found;
  };
  const auto in = [](auto... states) { return [=](const Json& stage) { return is_one_of(text_at(stage, "state"), {states...}); }; };
  if (!has_ended(run)) {
    for (const char* state : {"running", "waiting", "queued"})
      if (const Json& stage = first(in(state)); stage.is_object()) return stage;
    return nothing;
  }
  if (ended_badly(text_at(run, "state"))) {
    if (const Json& stage = first([](const Json& it) { return ended_badly(text_at(it, "state")); }); stage.is_object()) return stage;
  }
  const Json* last = &nothing;
  for (const auto& stage : stages)
    if (text_at(stage, "state") == "succeeded" && !text_at(stage, "environment").empty()) last = &stage;
  return *last;
}

std::string environment_of(const Json& run) {
  if (const auto target = text_at(run, "target_environment"); !target.empty()) return target;
  return text_at(current_stage(run), "environment");
}

std::string run_title(const Json& run) {
  const auto environment = environment_of(run);
  return text_at(run, "app") + (environment.empty() ? "" : " → " + environment) + " #" + std::to_string(number_at(run, "number"));
}

std::string run_phase(const Json& run) {
  const auto state = text_at(run, "state");
  const Json& stage = current_stage(run);
  if (has_ended(run)) {
    if (state == "succeeded") return deployed_something(run) ? "deployed" : "succeeded";
    return state == "lost" ? "lost track of it" : state;
  }
  if (member(run, "cancel").is_object()) return "being canceled";
  if (!stage.is_object()) return state == "queued" ? "reading the pipeline" : state;
  const auto stage_state = text_at(stage, "state");
  if (stage_state == "waiting") return waiting_phase(stage) + position(run);
  if (stage_state == "running") return (text_at(stage, "environment").empty() ? text_at(stage, "name") : "deploying") + position(run);
  return "queued" + position(run);
}

std::string run_sentence(const CardContext& context, const Json& run) {
  const auto message = text_at(run, "message");
  const auto subject = line(std::string_view(message).substr(0, message.find('\n')), 150);
  const auto environment = line(environment_of(run), 80);
  std::string sentence =
      line(run_name(run), 120) + " " + (has_ended(run) ? ended_words(context, run, environment) : going_words(context, run, environment));
  return subject.empty() ? sentence : sentence + " (" + subject + ")";
}

const Json& open_gate(const Json& stage, std::string_view kind) {
  for (const auto& gate : member(stage, "gates"))
    if (text_at(gate, "state") == "open" && text_at(gate, "kind") == kind) return gate;
  return nothing;
}

/// The engine names the owner of a lock before the first colon; what follows somebody typed.
std::string gate_reason(const CardContext& context, const Json& gate) {
  const auto reason = text_at(gate, "reason");
  const auto kind = text_at(gate, "kind");
  if (kind == "approval") return clip(with_people(context, reason), 1500);
  if (kind != "lock") return line(reason, 300);
  const auto colon = reason.find(": ");
  if (colon == std::string::npos) return line(reason, 300);
  return with_people(context, std::string_view(reason).substr(0, colon)) + line(reason.substr(colon), 300);
}

std::string needed_people(const CardContext& context, const Json& gate) {
  constexpr std::string_view lead = "needs approval by ";
  const auto reason = text_at(gate, "reason");
  return clip(with_people(context, std::string_view(reason).substr(reason.starts_with(lead) ? lead.size() : 0)), 1500);
}

const Json& approval_gate(const Json& stage) {
  for (const auto& gate : member(stage, "gates"))
    if (text_at(gate, "kind") == "approval") return gate;
  return nothing;
}

const Json& stage_of(const Json& run, std::string_view name) {
  for (const auto& stage : stages_of(run))
    if (text_at(stage, "name") == name) return stage;
  return nothing;
}

BrokenStep broken_step(const Json& run) {
  const auto broken = [](const Json& it) { return is_one_of(text_at(it, "state"), {"failed", "lost"}); };
  const Json& stages = stages_of(run);
  BrokenStep at;
  const auto stage = std::ranges::find_if(stages, broken);
  if (stage == stages.end()) return at;
  at.stage = text_at(*stage, "name");
  at.environment = text_at(*stage, "environment");
  at.reason = text_at(*stage, "reason");
  const Json& jobs = member(*stage, "jobs");
  const auto job = std::ranges::find_if(jobs, broken);
  if (job == jobs.end()) return at;
  at.job = text_at(*job, "id");
  at.reason = text_at(*job, "reason", at.reason);
  const Json& steps = member(*job, "steps");
  const auto step = std::ranges::find_if(steps, broken);
  if (step == steps.end()) return at;
  at.step = text_at(*step, "name");
  at.index = static_cast<int>(number_at(*step, "index"));
  const auto reason = text_at(*step, "reason");
  if (!reason.empty()) {
    at.reason = reason;
  } else if (member(*step, "exit_code").is_number_integer()) {
    at.reason = "exit code " + std::to_string(number_at(*step, "exit_code"));
  }
  return at;
}

}  // namespace fairlead::chat
