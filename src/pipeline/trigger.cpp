// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::pipeline {
namespace {

constexpr std::array<std::pair<TriggerKind, std::string_view>, 7> kinds = {{{TriggerKind::push, "push"},
                                                                            {TriggerKind::tag, "tag"},
                                                                            {TriggerKind::pull_request, "pull-request"},
                                                                            {TriggerKind::schedule, "schedule"},
                                                                            {TriggerKind::http, "http"},
                                                                            {TriggerKind::sqs, "sqs"},
                                                                            {TriggerKind::command, "command"}}};

Verdict ignored(std::string reason) { return {false, std::move(reason)}; }

/// A list that only takes out means everything else.
bool list_match(std::vector<std::string> patterns, const std::string& text) {
  if (!patterns.empty() && patterns.front().starts_with('!')) patterns.insert(patterns.begin(), "**");
  return glob_list_match(patterns, text);
}

bool names_match(const std::vector<std::string>& patterns, const std::string& name) {
  return patterns.empty() || list_match(patterns, name);
}

/// The marker in the head commit's message that asks for no run; empty when there is none.
std::string skip_marker(const std::string& message) {
  const std::string lower = to_lower(message);
  for (const char* marker : {"[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]", "[deploy skip]"})
    if (lower.contains(marker)) return marker;
  for (const auto& line : split_lines(lower)) {
    const auto text = trim(line);
    if (text.starts_with("skip-checks:") && trim(text.substr(12)) == "true") return "skip-checks: true";
  }
  return {};
}

bool any_wanted(const std::vector<std::string>& changed, const std::vector<std::string>& paths,
                const std::vector<std::string>& ignored_paths) {
  return std::ranges::any_of(changed, [&](const std::string& path) {
    return names_match(paths, path) && (ignored_paths.empty() || !list_match(ignored_paths, path));
  });
}

/// Path filters on our own diff; what could not be found out matches.
Verdict filter_paths(const PushTrigger& trigger, const TriggerFacts& facts) {
  const bool filtered = !trigger.paths.empty() || !trigger.ignore_paths.empty() || !facts.app_paths.empty();
  if (!filtered) return {true, {}};
  if (!facts.changed_paths) return {true, "the changed files could not be found out, so the path filters count as matched"};
  if (!any_wanted(*facts.changed_paths, facts.app_paths, {}))
    return ignored("none of the " + std::to_string(facts.changed_paths->size()) + " changed files belongs to this app (" +
                   join(facts.app_paths, ", ") + ")");
  if (any_wanted(*facts.changed_paths, trigger.paths, trigger.ignore_paths)) return {true, {}};
  return ignored("none of the " + std::to_string(facts.changed_paths->size()) + " changed files matches the path filters" +
                 (trigger.paths.empty() ? "" : " (" + join(trigger.paths, ", ") + ")"));
}

Verdict match_branch(const std::optional<PushTrigger>& trigger, const TriggerFacts& facts, const std::string& what) {
  if (!trigger) return ignored("the pipeline does not run for a " + what + " (on: has none)");
  if (!names_match(trigger->branches, facts.branch))
    return ignored("branch " + facts.branch + " is not among on." + std::string(to_string(facts.kind)) + ".branches (" +
                   join(trigger->branches, ", ") + ")");
  if (const auto marker = skip_marker(facts.message); !marker.empty()) return ignored("the commit message says " + marker);
  return filter_paths(*trigger, facts);
}

Verdict match_tag(const Triggers& on, const TriggerFacts& facts) {
  if (!on.tag) return ignored("the pipeline does not run for a tag (on: has none)");
  if (!names_match(on.tag->tags, facts.tag)) return ignored("tag " + facts.tag + " is not among on.tag (" + join(on.tag->tags, ", ") + ")");
  return {true, {}};
}

}  // namespace

std::string_view to_string(TriggerKind kind) {
  return std::ranges::find(kinds, kind, &std::pair<TriggerKind, std::string_view>::first)->second;
}

std::optional<TriggerKind> trigger_kind(std::string_view text) {
  const auto found = std::ranges::find(kinds, text, &std::pair<TriggerKind, std::string_view>::second);
  return found == kinds.end() ? std::nullopt : std::optional(found->first);
}

Verdict match_trigger(const Definition& definition, const TriggerFacts& facts) {
  const Triggers& on = definition.on;
  switch (facts.kind) {
    case TriggerKind::push: return match_branch(on.push, facts, "push");
    case TriggerKind::pull_request: return match_branch(on.pull_request, facts, "pull request");
    case TriggerKind::tag: return match_tag(on, facts);
    case TriggerKind::schedule: return on.schedules.empty() ? ignored("the pipeline has no schedule (on: has none)") : Verdict{true, {}};
    case TriggerKind::http: return on.http_secret ? Verdict{true, {}} : ignored("the pipeline is not started over HTTP (on: has no http)");
    case TriggerKind::sqs: return on.sqs_queue ? Verdict{true, {}} : ignored("the pipeline is not started by SQS (on: has no sqs)");
    case TriggerKind::command: return on.command ? Verdict{true, {}} : ignored("the pipeline is not started by hand (on: command: false)");
  }
  return ignored("unknown trigger");
}

}  // namespace fairlead::pipeline
