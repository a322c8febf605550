// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {

namespace {

constexpr auto default_life = std::chrono::hours(24 * 90);
constexpr auto longest_life = std::chrono::hours(24 * 366 * 2);
constexpr std::size_t longest_name = 100;

Json shown(const Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"user", token.user.empty() ? Json(nullptr) : Json(token.user)},
          {"role", to_string(token.access)},
          {"apps", token.apps},
          {"environments", token.environments},
          {"created_by", token.created_by},
          {"created_at", format_time(token.created_at)},
          {"expires_at", time_text(token.expires_at)},
          {"last_used_at", time_text(token.last_used_at)}};
}

std::string checked_name(std::string name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("._@-").contains(c);
  };
  if (name.size() > longest_name || !std::ranges::all_of(name, allowed))
    throw Error(ErrorKind::usage, "the name of a token has letters, digits and . _ @ - only, at most 100");
  return name;
}

std::string checked_user(std::string user) {
  if (!user.empty() && (!user.starts_with("user:") || !pipeline::is_person(user)))
    throw Error(ErrorKind::usage, "\"" + ellipsize(user, 100) + "\" is not a user", "write user:<name or e-mail>");
  return user;
}

Access checked_role(const std::string& text) {
  const auto access = access_from(text);
  if (!access || *access == Access::none)
    throw Error(ErrorKind::usage, "there is no role \"" + ellipsize(text, 40) + "\"", "viewer, approver, deployer or admin");
  return *access;
}

/// Nobody gives away more than they have.
void require_covered(const Call& call, const Token& wanted) {
  const auto covered = [](const std::set<std::string>& own, const std::set<std::string>& given) {
    return own.empty() || (!given.empty() && std::ranges::includes(own, given));
  };
  if (wanted.access > call.who.access || !covered(call.who.apps, wanted.apps) || !covered(call.who.environments, wanted.environments))
    throw Error(ErrorKind::refused, "a token cannot have more rights than " + call.who.person.id + " who creates it");
}

void require_known(const std::set<std::string>& names, const auto& entries, std::string_view noun) {
  for (const auto& name : names)
    if (!entries.contains(name)) throw Error(ErrorKind::not_found, "there is no " + std::string(noun) + " \"" + name + "\"");
}

}  // namespace

Awaitable<net::Response> list_tokens(Call& call) {
  call.require_whole_server();
  const auto tokens = co_await call.services.tokens.list();
  Json list = Json::array();
  for (const auto& token : tokens) list.push_back(shown(token));
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> create_token(Call& call) {
  const Fields body(call.request.body, {"name", "user", "role", "apps", "environments", "expires"});
  Token wanted;
  wanted.name = checked_name(body.required_text("name"));
  wanted.user = checked_user(body.text("user"));
  wanted.access = checked_role(body.text("role", "viewer"));
  wanted.apps = body.texts("apps");
  wanted.environments = body.texts("environments");
  wanted.created_by = call.who.person.id;
  const auto life = body.duration("expires").value_or(default_life);
  if (life > Duration(longest_life)) throw Error(ErrorKind::usage, "a token lives at most two years");
  wanted.expires_at = call.services.parts.clock() + life;
  require_known(wanted.apps, call.services.config.apps, "app");
  require_known(wanted.environments, call.services.config.environments, "environment");
  require_covered(call, wanted);
  const auto [token, secret] = co_await call.services.tokens.create(std::move(wanted));
  auto json = shown(token);
  json["token"] = secret.reveal();
  co_return net::Response::json(201, json);
}

Awaitable<net::Response> revoke_token(Call& call) {
  call.require_whole_server();
  auto id = call.parameter("id");
  co_await call.services.tokens.revoke(std::move(id), call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace fairlead::web
