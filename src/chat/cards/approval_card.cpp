// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "chat/cards/blocks.hpp"
#include "chat/cards/plan_lines.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

struct Look {
  std::string_view glyph, words;
};

/// By the state of the gate; a run that ended before the gate was decided closes it.
Look look_of(std::string_view state) {
  static constexpr std::array<std::pair<std::string_view, Look>, 7> looks{{{"open", {"⏳", "Approval needed"}},
                                                                           {"passed", {"✅", "Approved"}},
                                                                           {"bypassed", {"🚨", "Approval bypassed"}},
                                                                           {"rejected", {"❌", "Rejected"}},
                                                                           {"expired", {"⌛", "Approval expired"}},
                                                                           {"superseded", {"⏩", "Superseded"}},
                                                                           {"canceled", {"🚫", "Canceled"}}}};
  for (const auto& [name, look] : looks)
    if (name == state) return look;
  return {"⚪", "No approval needed"};
}

std::size_t approvals(const Json& gate) {
  std::size_t count = 0;
  for (const auto& vote : member(gate, "votes")) count += flag_at(vote, "approve") ? 1 : 0;
  return count;
}

std::string k_of_n(const Json& gate) {
  const auto given = approvals(gate);
  const auto missing = number_at(gate, "needs");
  return std::to_string(given) + " of " + std::to_string(given + static_cast<std::size_t>(missing > 0 ? missing : 0));
}

std::string vote_line(const CardContext& context, const Json& vote) {
  const bool approve = flag_at(vote, "approve");
  const auto why = line(text_at(vote, "reason"), 300);
  return std::string(approve ? "✅ " : "❌ ") + person(context, text_at(vote, "person")) + (approve ? " approved " : " rejected ") +
         date_of(vote, "at") + (why.empty() ? "" : ": “" + why + "”");
}

std::string votes_text(const CardContext& context, const Json& gate) {
  std::vector<std::string> lines;
  for (const auto& vote : member(gate, "votes")) lines.push_back(vote_line(context, vote));
  return join(lines, "\n");
}

std::string compare_of(const CardContext& context, const Json& run) {
  return compare_url(context.repository, context.deployed, text_at(run, "sha"));
}

std::string field(std::string_view name, const std::string& value) { return value.empty() ? "" : "*" + std::string(name) + "*\n" + value; }

std::vector<std::string> fields_of(const CardContext& context, const Json& run, const Json& gate) {
  const auto changes = compare_of(context, run);
  const auto now_there = version_name(context.deployed);
  return {
      field("Needed", needed_people(context, gate)),
      field("Approvals", k_of_n(gate)),
      field("Asked for by", person(context, text_at(run, "actor"))),
      field("Expires", date_of(gate, "expires_at")),
      field("There now", now_there.empty() ? "" : line(now_there, 100)),
      field("Changes", changes.empty() ? "" : link(changes, version_name(context.deployed) + " … " + version_name(text_at(run, "sha")))),
      field("Reason", line(text_at(run, "start_reason"), 500))};
}

/// What stays when it is decided.
std::string decision_of(const CardContext& context, const Json& run, const Json& stage, const Json& gate, const std::string& state) {
  std::string text;
  const auto by = text_at(gate, "by");
  if (state == "bypassed") {
    text = "bypassed by " + person(context, by) + " (break-glass): “" + line(text_at(gate, "reason"), 400) + "”";
  } else if (state == "superseded") {
    text = line(text_at(stage, "reason", text_at(run, "reason")), 400);
  } else if (state == "canceled") {
    const Json& cancel = member(run, "cancel");
    text = cancel.is_object() ? "the run was canceled by " + person(context, text_at(cancel, "by")) : line(text_at(stage, "reason"), 400);
  } else if (state == "expired" || approvals(gate) == 0) {
    text = with_people(context, text_at(gate, "reason"));
  }
  const auto at = date_of(gate, "closed_at");
  if (text.empty()) return text;
  return at.empty() ? text : text + " · " + at;
}

std::string sentence_of(const CardContext& context, const Json& run, const Json& gate, const std::string& place, const std::string& state) {
  const auto what = escape(plain_line(run_name(run), 120)) + " → " + line(place, 100);
  if (state == "open") return what + " waits for approval by " + needed_people(context, gate) + "; " + k_of_n(gate) + " given";
  auto words = to_lower(look_of(state).words);
  const auto by = text_at(gate, "by");
  if (!by.empty() && (state == "rejected" || state == "bypassed")) words += " by " + person(context, by);
  return what + ": " + words;
}

}  // namespace

Message approval_card(const Json& run, const std::string& stage_name, const CardContext& context) {
  const Json& stage = stage_of(run, stage_name);
  const Json& gate = approval_gate(stage);
  const auto state = text_at(gate, "state", "none");
  const bool open = state == "open" && !has_ended(run);
  const auto place = text_at(stage, "environment", stage_name);
  const auto look = look_of(state);
  Blocks blocks("approval", context.revision);
  blocks.header(std::string(look.glyph) + " " + std::string(look.words) + ": " + text_at(run, "app") + " → " + place + " #" +
                std::to_string(number_at(run, "number")));
  blocks.section(commit_lines(context, run));
  if (open) {
    blocks.fields(fields_of(context, run, gate));
    add_plan(blocks, member(gate, "plan"));
    if (const auto why = text_at(gate, "plan_error"); !why.empty()) blocks.context("⚠ what it would do is not known: " + line(why, 500));
  } else {
    blocks.section(decision_of(context, run, stage, gate, state));
  }
  blocks.context(votes_text(context, gate));
  if (open) {
    blocks.actions({approve_button(context, run, stage), reject_button(context, run, stage), break_glass_button(context, run, stage),
                    details_button(context, run), link_button("Compare", compare_of(context, run))});
  } else if (const auto url = run_url(context, run); is_web_address(url)) {
    blocks.context(link(url, "Details"));
  }
  return within_limits({.text = sentence_of(context, run, gate, place, state), .blocks = blocks.take()});
}

}  // namespace fairlead::chat
