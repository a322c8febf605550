// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/installation.hpp"

#include "fairlead/base/error.hpp"

namespace fairlead::chat::slack {

namespace {

std::string must(const Json& answer, const char* name) {
  auto value = text_at(answer, name);
  if (value.empty()) throw Error(ErrorKind::invalid, std::string("Slack's answer to the installation has no ") + name);
  return value;
}

}  // namespace

const std::vector<std::string>& wanted_scopes() {
  static const std::vector<std::string> scopes{"commands",         "chat:write",      "app_mentions:read", "im:history", "users:read",
                                               "users:read.email", "usergroups:read", "channels:read",     "groups:read"};
  return scopes;
}

std::string Tokens::sealed_text() const {
  Json text{{"access", access.reveal()}, {"refresh", refresh.reveal()}};
  if (renew_at != Time::max()) text["renew_at"] = to_micros(renew_at);
  return dump(text);
}

Tokens Tokens::from(const std::string& sealed_text) {
  const Json text = parse_json(sealed_text);
  Tokens tokens;
  tokens.access = Secret(text_at(text, "access"));
  tokens.refresh = Secret(text_at(text, "refresh"));
  if (const auto at = time_at(text, "renew_at")) tokens.renew_at = *at;
  return tokens;
}

Installation installation_in(const Json& answer) {
  const auto team = text_at(member(answer, "team"), "id");
  const auto enterprise = text_at(member(answer, "enterprise"), "id");
  Installation made;
  made.workspace = flag_at(answer, "is_enterprise_install") ? enterprise : team;
  if (made.workspace.empty()) throw Error(ErrorKind::invalid, "Slack's answer to the installation names no workspace");
  made.about = Json{{"team", text_at(member(answer, "team"), "name")},
                    {"enterprise", enterprise},
                    {"app", text_at(answer, "app_id")},
                    {"bot_user", text_at(answer, "bot_user_id")},
                    {"scopes", text_at(answer, "scope")},
                    {"by", text_at(member(answer, "authed_user"), "id")}};
  return made;
}

Tokens tokens_in(const Json& answer, Time now) {
  Tokens tokens;
  tokens.access = Secret(must(answer, "access_token"));
  const auto lives = number_at(answer, "expires_in");
  if (lives <= 0) return tokens;
  tokens.refresh = Secret(must(answer, "refresh_token"));
  tokens.renew_at = now + std::max<Duration>(std::chrono::seconds(lives) - std::chrono::minutes(30), std::chrono::seconds(lives) / 2);
  return tokens;
}

}  // namespace fairlead::chat::slack
