// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

/// What is said beside an approval card: that it was bypassed, that it still waits.
namespace fairlead::chat {

namespace {
constexpr std::size_t most_names = 20;
}

Message bypass_note(const Json& run, const std::string& stage_name, const CardContext& context) {
  const Json& stage = stage_of(run, stage_name);
  const Json& gate = approval_gate(stage);
  const auto place = line(text_at(stage, "environment", stage_name), 80);
  const auto who = person(context, text_at(gate, "by", "somebody"));
  const auto said = who + " bypassed the approval of " + place + " for " + line(run_name(run), 120);
  const auto why = line(text_at(gate, "reason"), 600);
  const auto at = date_of(gate, "closed_at");
  Blocks blocks("bypass", context.revision);
  blocks.section("🚨 *Break-glass* · " + said + (at.empty() ? "" : " · " + at) + (why.empty() ? "" : "\n“" + why + "”"));
  blocks.section(commit_lines(context, run));
  blocks.context("It is listed for review: somebody else should look at what was deployed, and why.");
  blocks.actions({details_button(context, run)});
  return within_limits({.text = "Break-glass: " + said + (why.empty() ? "" : ": " + why), .blocks = blocks.take()});
}

Message reminder(const Json& run, const std::string& stage_name, const std::vector<std::string>& people, const CardContext& context) {
  const Json& stage = stage_of(run, stage_name);
  const Json& gate = approval_gate(stage);
  const auto place = line(text_at(stage, "environment", stage_name), 80);
  auto names = people;
  if (names.size() > most_names) names.resize(most_names);
  const auto said = line(run_name(run), 120) + " still waits for approval to go to " + place;
  const auto since = date_of(gate, "opened_at");
  const auto until = date_of(gate, "expires_at");
  Blocks blocks("reminder", context.revision);
  blocks.section("⏰ " + (names.empty() ? "" : join(names, " ") + ": ") + said + (since.empty() ? "" : " · since " + since) +
                 (until.empty() ? "" : " · until " + until));
  blocks.context("needed: " + needed_people(context, gate));
  blocks.actions({details_button(context, run)});
  return within_limits({.text = (names.empty() ? "" : join(names, " ") + ": ") + said, .blocks = blocks.take()});
}

}  // namespace fairlead::chat
