// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/installation.hpp"
#include "fairlead/chat/slack_setup.hpp"

namespace fairlead::chat::slack {

namespace {

Json features(const std::string& public_url) {
  Json command{{"command", "/deploy"},
               {"description", "Deploy, approve, roll back, lock"},
               {"usage_hint", "[app] [env] [@ref] | status | history | rollback | lock | help"},
               {"should_escape", true}};
  if (!public_url.empty()) command["url"] = public_url + "/slack/commands";
  const Json shortcuts = Json::array(
      {Json{{"name", "Deploy…"}, {"type", "global"}, {"callback_id", "deploy_open"}, {"description", "Choose what to deploy, and where"}},
       Json{{"name", "Roll back this deploy"},
            {"type", "message"},
            {"callback_id", "deploy_rollback_msg"},
            {"description", "Roll back the deploy that this message is about"}}});
  return Json{{"app_home", {{"home_tab_enabled", true}, {"messages_tab_enabled", true}, {"messages_tab_read_only_enabled", false}}},
              {"bot_user", {{"display_name", "fairlead"}, {"always_online", true}}},
              {"slash_commands", Json::array({std::move(command)})},
              {"shortcuts", shortcuts}};
}

Json settings(const std::string& public_url) {
  Json events{{"bot_events", Json::array({"app_home_opened", "app_mention", "app_uninstalled", "channel_rename", "member_joined_channel",
                                          "message.im", "subteam_members_changed", "tokens_revoked"})}};
  Json interactivity{{"is_enabled", true}};
  if (!public_url.empty()) {
    events["request_url"] = public_url + "/slack/events";
    interactivity["request_url"] = public_url + "/slack/interactions";
    interactivity["message_menu_options_url"] = public_url + "/slack/options";
  }
  return Json{{"event_subscriptions", std::move(events)},
              {"interactivity", std::move(interactivity)},
              {"org_deploy_enabled", false},
              {"socket_mode_enabled", public_url.empty()},
              {"token_rotation_enabled", false}};
}

}  // namespace

Json manifest(const std::string& public_url, bool oauth) {
  Json oauth_config{{"scopes", {{"bot", wanted_scopes()}}}};
  if (oauth) oauth_config["redirect_urls"] = Json::array({public_url + "/slack/oauth/callback"});
  return Json{{"_metadata", {{"major_version", 1}, {"minor_version", 1}}},
              {"display_information",
               {{"name", "fairlead"}, {"description", "Deploys, approvals and history in chat"}, {"background_color", "#1f2937"}}},
              {"features", features(public_url)},
              {"oauth_config", std::move(oauth_config)},
              {"settings", settings(public_url)}};
}

}  // namespace fairlead::chat::slack
