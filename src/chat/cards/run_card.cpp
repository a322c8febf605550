// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_stages = 30;

/// A running run is blue even where one stage waits: blue moves, an hourglass wants something.
std::string header_of(const Json& run) {
  const Json& stage = current_stage(run);
  auto state = text_at(run, "state");
  if (!has_ended(run) && stage.is_object()) state = text_at(stage, "state");
  const auto took = elapsed(run);
  return std::string(glyph(state)) + " " + run_title(run) + " · " + run_phase(run) + (took.empty() ? "" : " · " + took);
}

std::string origin_of(const CardContext& context, const Json& run) {
  std::vector<std::string> parts;
  const auto actor = text_at(run, "actor");
  const auto trigger = text_at(run, "trigger");
  if (!actor.empty()) parts.push_back("by " + person(context, actor));
  if (!trigger.empty()) parts.push_back(line(trigger, 40));
  if (const auto at = date_of(run, "created_at"); !at.empty()) parts.push_back(at);
  if (const auto why = line(text_at(run, "start_reason"), 200); !why.empty()) parts.push_back("“" + why + "”");
  return parts.empty() ? "" : "started " + join(parts, " · ");
}

std::string stages_text(const CardContext& context, const Json& run) {
  std::vector<std::string> lines;
  const Json& stages = member(run, "stages");
  for (std::size_t i = 0; i < stages.size() && i < most_stages; ++i) {
    auto more = stage_lines(context, stages[i]);
    constexpr std::size_t most_lines = 12;
    if (more.size() > most_lines) {
      const auto left_out = more.size() - most_lines;
      more.resize(most_lines);
      more.push_back("      … and " + std::to_string(left_out) + " more");
    }
    lines.insert(lines.end(), more.begin(), more.end());
  }
  if (stages.size() > most_stages) lines.push_back("… and " + std::to_string(stages.size() - most_stages) + " more stages");
  return join(lines, "\n");
}

/// The lines of its stages say why it ended.
bool is_told(const Json& run) {
  return !broken_step(run).reason.empty() || text_at(current_stage(run), "reason") == text_at(run, "reason");
}

std::string ending_of(const CardContext& context, const Json& run) {
  std::vector<std::string> lines;
  const Json& cancel = member(run, "cancel");
  if (cancel.is_object()) {
    const auto why = line(text_at(cancel, "reason"));
    lines.push_back("canceled by " + person(context, text_at(cancel, "by")) + (why.empty() ? "" : ": " + why));
  } else if (has_ended(run) && text_at(run, "state") != "succeeded" && !is_told(run)) {
    lines.push_back(line(text_at(run, "reason"), 400));
  }
  if (text_at(run, "state") == "lost") lines.push_back("It is not known how far it came. Look at the details, then retry or roll back.");
  for (const auto& deployment : member(run, "deployments")) {
    const auto previous = version_name(text_at(deployment, "previous"));
    if (text_at(deployment, "state") != "succeeded" || !has_ended(run)) continue;
    lines.push_back(line(text_at(deployment, "environment"), 80) + " has " + line(version_name(text_at(deployment, "version")), 80) +
                    (previous.empty() ? "" : ", before that " + line(previous, 80)));
  }
  std::erase(lines, "");
  return join(lines, "\n");
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const auto& text : list)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

std::vector<Json> live_buttons(const CardContext& context, const Json& run) {
  std::vector<Json> buttons;
  for (const auto& stage : member(run, "stages")) {
    if (!open_gate(stage, "approval").is_object()) continue;
    buttons.push_back(approve_button(context, run, stage));
    buttons.push_back(reject_button(context, run, stage));
    break;
  }
  if (member(run, "cancel").is_null()) buttons.push_back(cancel_button(context, run));
  return buttons;
}

/// Where it can go back: a stage with an environment began.
std::string touched_environment(const Json& run) {
  std::string environment;
  for (const auto& stage : member(run, "stages"))
    if (member(stage, "started_at").is_string() && !text_at(stage, "environment").empty()) environment = text_at(stage, "environment");
  return environment;
}

std::vector<Json> buttons_of(const CardContext& context, const Json& run) {
  std::vector<Json> buttons;
  const auto state = text_at(run, "state");
  if (!has_ended(run)) {
    buttons = live_buttons(context, run);
  } else {
    if (state == "failed" || state == "lost" || state == "canceled") buttons.push_back(retry_button(context, run));
    if (state != "superseded" && state != "skipped") {
      buttons.push_back(rollback_button(context, text_at(run, "app"), touched_environment(run)));
    }
  }
  buttons.push_back(details_button(context, run));
  return buttons;
}

}  // namespace

Message run_card(const Json& run, const CardContext& context) {
  Blocks blocks("run", context.revision);
  blocks.header(header_of(run)).section(commit_lines(context, run)).context(origin_of(context, run));
  blocks.lines("The pipeline could not be read", texts_of(member(run, "errors")), 10);
  blocks.section(stages_text(context, run)).section(ending_of(context, run));
  const auto notes = texts_of(member(run, "notes"));
  if (!notes.empty()) blocks.context(line(join(notes, " · "), 600));
  blocks.actions(buttons_of(context, run));
  return within_limits({.text = run_sentence(context, run), .blocks = blocks.take()});
}

}  // namespace fairlead::chat
