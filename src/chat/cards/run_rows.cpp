// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/run_rows.hpp"

#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/command.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_history = 10, most_queue = 20;

std::string where_to(const Json& row) {
  if (member(row, "stages").is_array()) return environment_of(row);
  std::vector<std::string> names;
  for (const auto& name : member(row, "environments"))
    if (name.is_string()) names.push_back(name.get<std::string>());
  return join(names, ", ");
}

std::string handle_for(const CardContext& context, const std::string& command) {
  return context.grant({.verb = "say", .args = {{"command", command}}, .card = context.card, .audience = {}, .expires = {}, .once = false});
}

/// What can be done with one run of the past.
Json menu_of(const CardContext& context, const Json& row) {
  if (!context.grant) return nullptr;
  const auto app = text_at(row, "app");
  const auto label = app + "#" + std::to_string(number_at(row, "number"));
  const Json& names = member(row, "environments");
  const auto environment = names.is_array() && !names.empty() ? names.back().get<std::string>() : "";
  const auto logs = to_text({.verb = Verb::logs, .run = label});
  if (environment.empty()) return say_button(context, "Log", logs);
  const auto again = to_text({.verb = Verb::deploy, .app = app, .environment = environment, .run = label});
  const auto back = to_text({.verb = Verb::rollback, .app = app, .environment = environment, .run = label});
  Json options = Json::array({option("Log", handle_for(context, logs)), option("Deploy it again…", handle_for(context, again))});
  if (text_at(row, "state") == "succeeded") options.push_back(option("Roll back to it…", handle_for(context, back)));
  return {{"type", "overflow"},
          {"action_id", "say"},
          {"options", std::move(options)},
          {"confirm",
           {{"title", plain("Go on?", 100)},
            {"text", plain("“Deploy it again” and “Roll back to it” deploy to " + environment + ".", 300)},
            {"confirm", plain("Go on", 30)},
            {"deny", plain("Not now", 30)}}}};
}

std::string words_of(const Json& row) { return member(row, "stages").is_array() ? run_phase(row) : text_at(row, "state"); }

}  // namespace

std::string row_line(const CardContext& context, const Json& row) {
  const auto state = text_at(row, "state");
  const auto to = where_to(row);
  std::string text = std::string(glyph(state)) + " *" + link(run_url(context, row), run_name(row)) + "*" +
                     (to.empty() ? "" : " → " + line(to, 120)) + " · " + line(words_of(row), 80);
  if (const auto took = elapsed(row); !took.empty()) text += " · " + took;
  std::vector<std::string> more;
  if (const auto sha = text_at(row, "sha"); !sha.empty()) more.push_back(commit_link(context, sha));
  if (const auto ref = ref_name(text_at(row, "ref")); !ref.empty()) more.push_back(line(ref, 100));
  if (const auto actor = text_at(row, "actor"); !actor.empty()) more.push_back("by " + person(context, actor));
  if (const auto at = date_of(row, "created_at"); !at.empty()) more.push_back(at);
  text += "\n      " + join(more, " · ");
  const auto reason = text_at(row, "reason");
  return reason.empty() || state == "succeeded" ? text : text + "\n      " + line(reason, 300);
}

Message history_list(const Json& rows, const std::string& next_page_command, const CardContext& context) {
  Blocks blocks("history", context.revision);
  blocks.header("Last runs");
  std::size_t shown = 0;
  for (const auto& row : rows) {
    if (shown++ == most_history) break;
    blocks.section(row_line(context, row), menu_of(context, row));
  }
  if (shown == 0) blocks.section("There are none.");
  if (!next_page_command.empty())
    blocks.actions(
        {button(context, "Older",
                {.verb = "page", .args = {{"command", next_page_command}}, .card = {}, .audience = {}, .expires = {}, .once = false})});
  const auto count = std::min(rows.size(), most_history);
  const auto newest = rows.empty() ? "" : "; the newest: " + line(run_name(rows.front()), 120) + " " + line(words_of(rows.front()), 80);
  return within_limits({.text = "The last " + std::to_string(count) + (count == 1 ? " run" : " runs") + newest, .blocks = blocks.take()});
}

Message queue_list(const Json& unfinished_runs, const CardContext& context) {
  Blocks blocks("queue", context.revision);
  blocks.header("Running and waiting");
  std::size_t shown = 0;
  for (const auto& run : unfinished_runs) {
    if (shown++ == most_queue) break;
    std::string text = row_line(context, run);
    for (const auto& wait : member(run, "explain")) {
      if (text_at(wait, "gate").empty()) continue;
      text += "\n      ⏳ " + line(text_at(wait, "stage"), 80) + ": " + line(text_at(wait, "reason"), 300);
    }
    blocks.section(text, button(context, "Cancel…",
                                {.verb = "cancel", .args = {{"run", text_at(run, "id")}}, .card = {}, .audience = {}, .expires = {}}, "",
                                Confirm{.title = "Cancel " + plain_line(run_name(run), 80) + "?",
                                        .text = "What runs is stopped.",
                                        .yes = "Cancel the run",
                                        .no = "Let it go on",
                                        .danger = true}));
  }
  if (unfinished_runs.size() > most_queue) blocks.context("… and " + std::to_string(unfinished_runs.size() - most_queue) + " more");
  if (shown == 0) blocks.section("Nothing runs and nothing waits.");
  const auto count = unfinished_runs.size();
  return within_limits({.text = count == 0 ? "Nothing runs and nothing waits"
                                           : std::to_string(count) + (count == 1 ? " run is" : " runs are") + " not finished",
                        .blocks = blocks.take()});
}

}  // namespace fairlead::chat
