// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/payload.hpp"

namespace fairlead::chat {

namespace {

std::string first_of(const std::vector<std::string>& texts) {
  for (const auto& text : texts)
    if (!text.empty()) return text;
  return {};
}

const Json& event_of(const Incoming& incoming) { return member(incoming.payload, "event"); }

Account account_of_event(const Incoming& incoming) {
  const Json& event = event_of(incoming);
  const Json& user = member(event, "user");  // an object in a few events of membership
  return {.workspace = incoming.workspace,
          .home = first_of({text_at(event, "user_team"), text_at(event, "source_team"), text_at(event, "team")}),
          .user = user.is_object() ? text_at(user, "id") : text_at(event, "user"),
          .name = ""};
}

}  // namespace

Account account_of(const Incoming& incoming) {
  const Json& payload = incoming.payload;
  if (incoming.kind == Incoming::Kind::event) return account_of_event(incoming);
  if (incoming.kind == Incoming::Kind::command)
    return {.workspace = incoming.workspace,
            .home = text_at(payload, "team_id"),
            .user = text_at(payload, "user_id"),
            .name = text_at(payload, "user_name")};
  const Json& user = member(payload, "user");
  return {.workspace = incoming.workspace,
          .home = first_of({text_at(user, "team_id"), text_at(member(payload, "team"), "id")}),
          .user = text_at(user, "id"),
          .name = first_of({text_at(user, "username"), text_at(user, "name")})};
}

Place place_of(const Incoming& incoming) {
  const Json& payload = incoming.payload;
  if (incoming.kind == Incoming::Kind::command)
    return {.workspace = incoming.workspace, .channel = text_at(payload, "channel_id"), .thread = text_at(payload, "thread_ts")};
  if (incoming.kind == Incoming::Kind::event) {
    const Json& event = event_of(incoming);
    return {.workspace = incoming.workspace,
            .channel = text_at(event, "channel"),
            .thread = first_of({text_at(event, "thread_ts"), text_at(event, "channel_type") == "im" ? "" : text_at(event, "ts")})};
  }
  const Json& container = member(payload, "container");
  return {.workspace = incoming.workspace,
          .channel = first_of({text_at(container, "channel_id"), text_at(member(payload, "channel"), "id")}),
          .thread = first_of({text_at(container, "thread_ts"), text_at(member(payload, "message"), "thread_ts")})};
}

std::string trigger_of(const Json& payload) { return text_at(payload, "trigger_id"); }

std::string envelope_key(const Incoming& incoming) {
  const Json& payload = incoming.payload;
  std::string id;
  if (incoming.kind == Incoming::Kind::event)
    id = text_at(payload, "event_id");
  else if (incoming.kind != Incoming::Kind::options)
    id = trigger_of(payload);
  if (id.empty()) return {};
  return incoming.workspace + "\n" + std::to_string(static_cast<int>(incoming.kind)) + "\n" + text_at(payload, "type") + "\n" + id + "\n" +
         text_at(action_of(payload), "action_ts");
}

std::string text_of(const Incoming& incoming) {
  return incoming.kind == Incoming::Kind::event ? text_at(event_of(incoming), "text") : text_at(incoming.payload, "text");
}

std::string response_url_of(const Json& payload) { return text_at(payload, "response_url"); }

const Json& action_of(const Json& payload) {
  static const Json none;
  const Json& actions = member(payload, "actions");
  return actions.is_array() && !actions.empty() ? actions.front() : none;
}

std::string value_of(const Json& element) {
  if (const Json& chosen = member(element, "selected_option"); chosen.is_object()) return text_at(chosen, "value");
  return first_of({text_at(element, "value"), text_at(element, "selected_user"), text_at(element, "selected_channel"),
                   text_at(element, "selected_conversation")});
}

Click click_of(const Incoming& incoming) {
  const Json& payload = incoming.payload;
  const Json& action = action_of(payload);
  const Json& container = member(payload, "container");
  const auto trigger = trigger_of(payload);
  return {.handle = value_of(action),
          .verb = text_at(action, "action_id"),
          .id = trigger.empty() ? text_at(action, "action_ts") : trigger,
          .workspace = incoming.workspace,
          .channel = text_at(container, "channel_id"),
          .ts = text_at(container, "message_ts"),
          .user = account_of(incoming).user};
}

Click submission_of(const Incoming& incoming) {
  const Json& view = member(incoming.payload, "view");
  return {.handle = text_at(view, "private_metadata"),
          .verb = "",
          .id = text_at(view, "id") + "/" + trigger_of(incoming.payload),  // of this attempt: a refused one may be corrected
          .workspace = incoming.workspace,
          .channel = "",
          .ts = "",
          .user = account_of(incoming).user};
}

std::optional<Input> input_of(const Json& view, const std::string& action_id) {
  const Json& values = at_path(view, {"state", "values"});
  if (!values.is_object()) return std::nullopt;
  for (const auto& [block, actions] : values.items())
    if (const Json& found = member(actions, action_id); found.is_object()) return Input{block, value_of(found)};
  return std::nullopt;
}

std::optional<Input> first_text_of(const Json& view) {
  const Json& values = at_path(view, {"state", "values"});
  if (!values.is_object()) return std::nullopt;
  for (const auto& [block, actions] : values.items()) {
    if (!actions.is_object()) continue;
    for (const auto& element : actions)
      if (text_at(element, "type") == "plain_text_input") return Input{block, text_at(element, "value")};
  }
  return std::nullopt;
}

bool is_spoken(const Json& event) {
  const auto type = text_at(event, "type");
  if (!text_at(event, "bot_id").empty() || !text_at(event, "subtype").empty() || text_at(event, "user").empty()) return false;
  return type == "app_mention" || (type == "message" && text_at(event, "channel_type") == "im");
}

}  // namespace fairlead::chat
