// SPDX-License-Identifier: Apache-2.0
#include "web/authenticate.hpp"

#include <pwd.h>

#include <array>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "web/sessions.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {

namespace {

std::string user_name(uid_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found) return entry.pw_name;
  return "uid-" + std::to_string(uid);
}

Identity identity_of(const Token& token, const pipeline::ServerConfig& config) {
  Identity who;
  who.apps = token.apps;
  who.environments = token.environments;
  const auto token_id = "token:" + token.name;
  if (token.user.empty()) {
    who.person.id = token_id;
    who.access = access_of_token(who.person, token.access, config);
  } else {
    who.person.id = token.user;
    who.person.aliases.insert(token_id);
    who.access = std::min(token.access, access_of(who.person, config));
  }
  if (who.access < token.access)
    who.limit_reason = config.roles.empty() ? "fairlead.yml has no `roles`, so only local users may act"
                                            : "`roles` in fairlead.yml gives it less than the token";
  return who;
}

Identity identity_of(uid_t uid, const pipeline::ServerConfig& config) {
  Identity who;
  who.person.id = "local:" + user_name(uid);
  who.access = access_of(who.person, config);
  who.via = "cli";
  return who;
}

Awaitable<Identity> of_session(Services& services, const net::Request& request, std::string cookie) {
  const auto session = co_await services.sessions.check(cookie);
  const auto token = co_await services.tokens.still_valid(session.token);
  if (request.method != "GET" && request.method != "HEAD")
    if (const auto why = forged(request, services.parts.public_url, cookie); !why.empty())
      throw Error(ErrorKind::refused, request.method + " " + request.path + " was not asked for by this server's own page: " + why,
                  "reload the page; programs use `Authorization: Bearer <token>`");
  auto who = identity_of(token, services.config);
  who.session = session.id;
  who.via = "console";
  co_return who;
}

}  // namespace

Awaitable<Identity> authenticate(Services& services, const net::Request& request) {
  const auto header = request.headers.get("Authorization");
  constexpr std::string_view scheme = "bearer ";
  if (!header.empty()) {
    if (to_lower(header.substr(0, scheme.size())) != scheme)
      throw Error(ErrorKind::unauthorized, "only `Authorization: Bearer <token>` is known here");
    const auto token = co_await services.tokens.check(std::string(trim(header.substr(scheme.size()))));
    co_return identity_of(token, services.config);
  }
  if (request.peer.uid) co_return identity_of(*request.peer.uid, services.config);
  if (const auto cookie = session_cookie(request); !cookie.empty()) co_return co_await of_session(services, request, cookie);
  throw Error(ErrorKind::unauthorized, "this needs an API token",
              "send `Authorization: Bearer <token>`, or use the unix socket on the server's host; browsers sign in at /chat");
}

void authorize(const Route& route, const Identity& who) {
  if (who.access >= route.access) return;
  auto hint = who.limit_reason;
  if (hint.empty()) hint = "an admin can grant it under `roles` in fairlead.yml";
  throw Error(ErrorKind::refused,
              route.method + " " + route.pattern + " needs the role " + std::string(to_string(route.access)) + "; " + who.person.id +
                  " has " + std::string(to_string(who.access)),
              hint);
}

}  // namespace fairlead::web
