// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/locks_list.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_rows.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_of_a_kind = 10;

void add_more(Blocks& blocks, std::size_t all) {
  if (all > most_of_a_kind) blocks.context("… and " + std::to_string(all - most_of_a_kind) + " more");
}

void add_waiting(Blocks& blocks, const Json& runs, const CardContext& context) {
  blocks.header("Waiting for you");
  if (runs.empty()) blocks.context("Nothing.");
  std::size_t shown = 0;
  for (const auto& run : runs) {
    if (shown++ == most_of_a_kind) break;
    for (const auto& stage : member(run, "stages")) {
      const Json& gate = open_gate(stage, "approval");
      if (!gate.is_object()) continue;
      const auto expires = date_of(gate, "expires_at");
      blocks.section("⏳ *" + line(run_name(run), 120) + "* → " + line(text_at(stage, "environment", text_at(stage, "name")), 80) +
                     (expires.empty() ? "" : " · until " + expires) + "\n" + commit_lines(context, run));
      blocks.actions({approve_button(context, run, stage), reject_button(context, run, stage), details_button(context, run)});
      break;
    }
  }
  add_more(blocks, runs.size());
}

void add_rows(Blocks& blocks, std::string_view title, const Json& rows, const CardContext& context) {
  if (rows.empty()) return;
  blocks.header(title);
  for (std::size_t i = 0; i < rows.size() && i < most_of_a_kind; ++i) blocks.section(row_line(context, rows[i]));
  add_more(blocks, rows.size());
}

void add_locks(Blocks& blocks, const Json& locks, const CardContext& context) {
  if (locks.empty()) return;
  blocks.header("Locks and freezes");
  for (std::size_t i = 0; i < locks.size() && i < most_of_a_kind; ++i) blocks.section(lock_line(context, locks[i]));
  add_more(blocks, locks.size());
}

}  // namespace

Json home_view(const HomeState& state, const CardContext& context) {
  Blocks blocks("home", context.revision);
  Grant picker{.verb = "open-picker", .args = Json::object(), .card = {}, .audience = {}, .expires = {}, .once = false};
  blocks.actions({button(context, "Deploy…", std::move(picker), "primary"), say_button(context, "What is where", "status"),
                  say_button(context, "Running and waiting", "queue"), link_button("Dashboard", context.public_url)});
  for (std::size_t i = 0; i < state.warnings.size() && i < most_of_a_kind; ++i) blocks.section("⚠ " + line(state.warnings[i], 500));
  add_waiting(blocks, state.waiting, context);
  add_rows(blocks, "Running", state.running, context);
  add_rows(blocks, "Your last deploys", state.mine, context);
  add_locks(blocks, state.locks, context);
  return view_within_limits({{"type", "home"}, {"blocks", blocks.take()}});
}

}  // namespace fairlead::chat
