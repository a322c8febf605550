// SPDX-License-Identifier: Apache-2.0
#include "web/authenticate.hpp"

#include <pwd.h>

#include <array>
#include <utility>

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

engine::Person person_of(const Token& token) {
  engine::Person person;
  const auto token_id = "token:" + token.name;
  person.id = token.user.empty() ? token_id : token.user;
  if (!token.user.empty()) person.aliases.insert(token_id);
  return person;
}

Awaitable<engine::Person> with_identities(Services& services, engine::Person person) {
  const auto& known = services.parts.people.known;
  if (!known) co_return person;
  co_return co_await known(std::move(person));
}

Identity identity_of(const Token& token, engine::Person person, const pipeline::ServerConfig& config) {
  Identity who;
  who.apps = token.apps;
  who.environments = token.environments;
  who.person = std::move(person);
  who.access =
      token.user.empty() ? access_of_token(who.person, token.access, config) : std::min(token.access, access_of(who.person, config));
  if (who.access < token.access)
    who.limit_reason = config.roles.empty() ? "fairlead.yml has no `roles`, so only local users may act"
                                            : "`roles` in fairlead.yml gives it less than the token";
  return who;
}

/// Whoever uses the unix socket is that first of all: their links say who they are, not what they may do.
Identity local_identity(const std::string& id, engine::Person person, const pipeline::ServerConfig& config) {
  Identity who;
  who.person.id = id;
  who.access = access_of(who.person, config);
  if (person.id != id) person.aliases.insert(std::exchange(person.id, id));
  person.aliases.erase(id);
  who.person = std::move(person);
  who.via = "cli";
  return who;
}

/// "production needs slack:@deployers or github:team:acme/sre": of every environment that needs an approval; empty when none does.
std::string who_approves(const pipeline::ServerConfig& config) {
  std::vector<std::string> lines;
  for (const auto& [name, environment] : config.environments) {
    if (!environment.approval) continue;
    std::vector<std::string> groups;
    for (const auto& rule : environment.approval->require) groups.push_back(join(rule.from, " or "));
    lines.push_back(name + " needs " + join(groups, " and "));
  }
  return join(lines, "; ");
}

Awaitable<Identity> of_session(Services& services, const net::Request& request, std::string cookie) {
  const auto session = co_await services.sessions.check(cookie);
  const auto token = co_await services.tokens.still_valid(session.token);
  if (request.method != "GET" && request.method != "HEAD")
    if (const auto why = forged(request, services.parts.public_url, cookie); !why.empty())
      throw Error(ErrorKind::refused, request.method + " " + request.path + " was not asked for by this server's own page: " + why,
                  "reload the page; programs use `Authorization: Bearer <token>`");
  auto person = co_await with_identities(services, person_of(token));
  auto who = identity_of(token, std::move(person), services.config);
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
    auto person = co_await with_identities(services, person_of(token));
    co_return identity_of(token, std::move(person), services.config);
  }
  if (request.peer.uid) {
    engine::Person person;
    person.id = "local:" + user_name(*request.peer.uid);
    const std::string id = person.id;
    co_return local_identity(id, co_await with_identities(services, std::move(person)), services.config);
  }
  if (const auto cookie = session_cookie(request); !cookie.empty()) co_return co_await of_session(services, request, cookie);
  throw Error(ErrorKind::unauthorized, "this needs an API token",
              "send `Authorization: Bearer <token>`, or use the unix socket on the server's host; browsers sign in at /chat");
}

void authorize(const Route& route, const Identity& who, const pipeline::ServerConfig& config) {
  if (who.access >= route.access) return;
  auto hint = who.limit_reason;
  if (hint.empty() && route.access == Access::approver) hint = who_approves(config);
  if (hint.empty()) hint = "an admin can grant it under `roles` in fairlead.yml";
  throw Error(ErrorKind::refused,
              route.method + " " + route.pattern + " needs the role " + std::string(to_string(route.access)) + "; " + who.person.id +
                  " has " + std::string(to_string(who.access)),
              hint);
}

}  // namespace fairlead::web
