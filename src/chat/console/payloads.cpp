// SPDX-License-Identifier: Apache-2.0
#include "chat/console/payloads.hpp"

#include "chat/console/elements.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/place.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t longest_search = 200;

Json channel() { return {{"id", console}, {"name", console}}; }

Json common(const Doer& doer, const char* type) {
  return {{"type", type},
          {"user", {{"id", doer.user}, {"username", doer.user}, {"name", doer.user}, {"team_id", console}}},
          {"team", {{"id", console}, {"domain", console}}},
          {"enterprise", nullptr},
          {"is_enterprise_install", false},
          {"api_app_id", console},
          {"trigger_id", doer.trigger}};
}

Json view_with_state(const Json& view, const Json& given) {
  Json shown = view;
  shown["type"] = text_at(view, "type", "modal");
  shown["team_id"] = console;
  shown["app_id"] = console;
  if (!shown.contains("private_metadata")) shown["private_metadata"] = "";
  shown["state"] = state_of(member(view, "blocks"), given);
  return shown;
}

void add_container(Json& payload, const Json& message, const Json& view, const Json& given) {
  if (view.is_object()) {
    payload["container"] = {{"type", "view"}, {"view_id", view["id"]}};
    payload["view"] = view_with_state(view, given);
    return;
  }
  Json container{
      {"type", "message"}, {"message_ts", message["ts"]}, {"channel_id", console}, {"is_ephemeral", flag_at(message, "ephemeral")}};
  if (message.contains("thread_ts")) container["thread_ts"] = message["thread_ts"];
  payload["container"] = std::move(container);
  payload["channel"] = channel();
  payload["message"] = message;
  payload["state"] = state_of(member(message, "blocks"), given);
}

const Json& element_of(const Json& message, const Json& view, const Json& body) {
  const auto block_id = text_at(body, "block_id");
  const auto action_id = text_at(body, "action_id");
  const auto& found = find_element(member(view.is_object() ? view : message, "blocks"), block_id, action_id);
  if (found.is_null())
    throw Error(ErrorKind::not_found, "\"" + ellipsize(action_id, 60) + "\" is not on this message any more",
                "it has changed since; look again");
  return found;
}

}  // namespace

Json command_payload(const Doer& doer, const std::string& text) {
  return {{"command", "/deploy"},      {"text", text},
          {"user_id", doer.user},      {"user_name", doer.user},
          {"channel_id", console},     {"channel_name", console},
          {"team_id", console},        {"team_domain", console},
          {"api_app_id", console},     {"is_enterprise_install", "false"},
          {"trigger_id", doer.trigger}};
}

Json action_payload(const Doer& doer, const Json& message, const Json& view, const Json& body, const std::string& action_ts) {
  const auto& element = element_of(message, view, body);
  auto payload = common(doer, "block_actions");
  add_container(payload, message, view, member(body, "state"));
  auto action = chosen(element, member(body, "given"));
  action["block_id"] = text_at(body, "block_id");
  action["action_id"] = text_at(body, "action_id");
  action["action_ts"] = action_ts;
  if (text_at(element, "type") == "button") action["text"] = member(element, "text");
  payload["actions"] = Json::array({std::move(action)});
  return payload;
}

Json suggestion_payload(const Doer& doer, const Json& message, const Json& view, const Json& body) {
  element_of(message, view, body);
  auto payload = common(doer, "block_suggestion");
  add_container(payload, message, view, member(body, "state"));
  payload["block_id"] = text_at(body, "block_id");
  payload["action_id"] = text_at(body, "action_id");
  payload["value"] = ellipsize(text_at(body, "value"), longest_search);
  return payload;
}

Json submission_payload(const Doer& doer, const Json& view, const Json& body) {
  auto payload = common(doer, "view_submission");
  payload["view"] = view_with_state(view, member(body, "state"));
  payload["response_urls"] = Json::array();
  return payload;
}

Json closed_payload(const Doer& doer, const Json& view, bool cleared) {
  auto payload = common(doer, "view_closed");
  payload["view"] = view_with_state(view, Json());
  payload["is_cleared"] = cleared;
  return payload;
}

Json shortcut_payload(const Doer& doer, const std::string& callback_id, const Json& message, const std::string& action_ts) {
  auto payload = common(doer, message.is_object() ? "message_action" : "shortcut");
  payload["callback_id"] = callback_id;
  payload["action_ts"] = action_ts;
  if (message.is_object()) {
    payload["message"] = message;
    payload["message_ts"] = message["ts"];
    payload["channel"] = channel();
  }
  return payload;
}

Json home_payload(const Doer& doer) {
  return {{"type", "event_callback"},
          {"team_id", console},
          {"api_app_id", console},
          {"event_id", "Ev" + doer.trigger},
          {"event", {{"type", "app_home_opened"}, {"user", doer.user}, {"channel", doer.user}, {"tab", "home"}}}};
}

}  // namespace fairlead::chat
