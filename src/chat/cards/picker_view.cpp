// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/cards/blocks.hpp"
#include "chat/cards/plan_lines.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

/// Modals. Their inputs have constant block ids as long as what was typed still fits: Slack keeps it by them.
namespace fairlead::chat {

namespace {

constexpr std::size_t most_options = 100;
constexpr std::size_t most_value = 75;

bool fits(const std::string& value) { return !value.empty() && value.size() <= most_value && is_valid_utf8(value); }

Json input(const std::string& id, std::string_view label, Json element, bool dispatch, bool optional = false) {
  return {{"type", "input"},
          {"block_id", id},
          {"label", plain(label, 2000)},
          {"element", std::move(element)},
          {"dispatch_action", dispatch},
          {"optional", optional}};
}

Json search_select(const char* action, std::string_view placeholder, const std::string& chosen) {
  Json json{{"type", "external_select"}, {"action_id", action}, {"placeholder", plain(placeholder, 150)}, {"min_query_length", 0}};
  if (fits(chosen)) json["initial_option"] = option(ref_name(chosen), chosen);
  return json;
}

Json list_select(const char* action, std::string_view placeholder, std::vector<std::string> values, const std::string& chosen) {
  if (fits(chosen) && std::ranges::find(values, chosen) == values.end()) values.insert(values.begin(), chosen);
  Json options = Json::array();
  for (const auto& value : values)
    if (fits(value) && options.size() < most_options) options.push_back(option(value, value));
  if (options.empty()) return search_select(action, placeholder, chosen);  // an empty list is refused
  Json json{{"type", "static_select"}, {"action_id", action}, {"placeholder", plain(placeholder, 150)}, {"options", std::move(options)}};
  if (fits(chosen)) json["initial_option"] = option(chosen, chosen);
  return json;
}

Json app_select(const PickerState& state) {
  constexpr std::string_view placeholder = "Which app?";
  if (state.apps.empty() || state.apps.size() > most_options) return search_select("picker:app", placeholder, state.app);
  return list_select("picker:app", placeholder, state.apps, state.app);
}

/// What a change of the app or the environment makes invalid has another id then.
std::string id_for(const std::string& what, const std::string& of) { return clip(what + ":" + clean(of), 200); }

void add_outlook(Blocks& blocks, const PickerState& state, const CardContext& context) {
  if (!state.problem.empty()) {
    blocks.section("⚠ " + escape(clip(state.problem, 1000)));
  } else if (state.plan && state.plan->is_object()) {
    blocks.section("*What would happen*\n" + commit_lines(context, *state.plan) + "\n" + changes_line(context, *state.plan));
    blocks.section(plan_warnings(context, *state.plan));
  } else {
    blocks.context("⏳ Asking what would happen…");
  }
}

Json modal(const char* callback, std::string_view title, std::string_view submit, const std::string& handle, Json blocks) {
  Json view{{"type", "modal"},
            {"callback_id", callback},
            {"title", plain(title, 24)},
            {"close", plain("Close", 24)},
            {"private_metadata", handle},
            {"blocks", std::move(blocks)}};
  if (!submit.empty()) view["submit"] = plain(submit, 24);
  return view;
}

}  // namespace

Json picker_view(const PickerState& state, const CardContext& context) {
  Blocks blocks("picker", context.revision);
  blocks.block(input("app", "App", app_select(state), true));
  if (!state.app.empty()) {
    if (state.environments.empty()) {
      blocks.context(state.problem.empty() ? "⏳ Looking up where it can go…" : "⚠ " + escape(clip(state.problem, 1000)));
    } else {
      blocks.block(input(id_for("environment", state.app), "Environment",
                         list_select("picker:environment", "Where to?", state.environments, state.environment), true));
    }
  }
  if (!state.app.empty() && !state.environment.empty() && !state.environments.empty()) {
    blocks.block(
        input(id_for("ref", state.app), "Branch, tag or commit", search_select("picker:ref", "Its usual branch", state.ref), true, true));
    add_outlook(blocks, state, context);
    Json reason{{"type", "plain_text_input"}, {"action_id", "picker:reason"}, {"max_length", 500}, {"multiline", false}};
    if (!state.reason.empty()) reason["initial_value"] = clip(clean(state.reason), 500);
    blocks.block(input("reason", "Why", std::move(reason), false, true));
  }
  return view_within_limits(modal("picker", "Deploy", "Deploy", state.handle, blocks.take()));
}

Json reason_view(const std::string& title, const std::string& question, bool required, const std::string& handle) {
  Blocks blocks("reason", 0);
  const Json text{
      {"type", "plain_text_input"}, {"action_id", "reason"}, {"multiline", true}, {"max_length", 500}, {"min_length", required ? 1 : 0}};
  blocks.section(escape(clip(question, 2000))).block(input("reason", "Reason", text, false, !required));
  return view_within_limits(modal("reason", title, "Send", handle, blocks.take()));
}

}  // namespace fairlead::chat
