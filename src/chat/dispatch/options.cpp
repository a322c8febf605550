// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// What the selects of the picker offer, from memory.
namespace fairlead::chat {

namespace {

constexpr std::size_t most_options = 100;
constexpr std::size_t most_of_a_kind = 30;
constexpr std::size_t most_value = 75;

Json plain_text(const std::string& text) { return {{"type", "plain_text"}, {"text", clip(clean(text), 75)}, {"emoji", false}}; }

Json option_of(const std::string& label, const std::string& value) { return {{"text", plain_text(label)}, {"value", value}}; }

bool fits(const std::string& value) { return !value.empty() && value.size() <= most_value && is_valid_utf8(value); }

Json offer_apps(const Turn& turn, const std::string& typed) {
  Json options = Json::array();
  const auto lower = to_lower(typed);
  for (const auto& name : vocabulary(*turn.desk).apps)
    if (options.size() < most_options && fits(name) && to_lower(name).contains(lower)) options.push_back(option_of(name, name));
  return {{"options", std::move(options)}};
}

/// Branches, tags and commits as groups; what was typed itself, when it is none of them.
Json ref_groups(const Json& refs, const std::string& typed) {
  Json groups = Json::array();
  bool known = typed.empty();
  const auto add = [&](const char* label, const char* kind, const char* value_key) {
    Json options = Json::array();
    for (const auto& ref : member(refs, kind)) {
      const auto value = text_at(ref, value_key);
      const auto subject = text_at(ref, "subject");
      known = known || value == typed;
      if (!fits(value) || options.size() >= most_of_a_kind) continue;
      const bool commit = std::string_view(value_key) == "sha";
      auto one = option_of(commit ? value.substr(0, 7) + " " + subject : value, value);
      if (!commit && !trim(subject).empty()) one["description"] = plain_text(subject);
      options.push_back(std::move(one));
    }
    if (!options.empty()) groups.push_back({{"label", plain_text(label)}, {"options", std::move(options)}});
  };
  add("Branches", "branches", "name");
  add("Tags", "tags", "name");
  add("Commits", "commits", "sha");
  if (!known && fits(typed)) groups.push_back({{"label", plain_text("As typed")}, {"options", Json::array({option_of(typed, typed)})}});
  return groups.empty() ? Json{{"options", Json::array()}} : Json{{"option_groups", std::move(groups)}};
}

Awaitable<Json> offer_refs(Turn& turn, std::string typed) {
  const Json& view = member(turn.payload(), "view");
  const auto input = input_of(view, "picker:app");
  auto app = input ? input->value : std::string();
  if (app.empty())
    if (const auto open = turn.desk->pickers.find(text_at(view, "id")); open != turn.desk->pickers.end()) app = open->second.app;
  if (app.empty()) co_return Json{{"options", Json::array()}};
  const auto refs = co_await ask(turn, "GET", path_of({"apps", app, "refs"}), nullptr, {{"query", typed}});
  co_return ref_groups(refs.ok() ? refs.body : Json::object(), typed);
}

}  // namespace

Awaitable<Json> offer(Turn& turn) {
  const auto action = text_at(turn.payload(), "action_id");
  const auto typed = std::string(trim(text_at(turn.payload(), "value")));
  co_await identify(turn, false);
  if (action == "picker:app") co_return offer_apps(turn, typed);
  if (action == "picker:ref") co_return co_await offer_refs(turn, typed);
  co_return Json{{"options", Json::array()}};
}

}  // namespace fairlead::chat
