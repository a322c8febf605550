// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/web/access.hpp"
#include "fairlead/web/web.hpp"
#include "web/route.hpp"

namespace fairlead::engine {
struct RunState;
}

namespace fairlead::web {

class EventHub;
class Metrics;
class RateLimiter;
class Sessions;
class Tokens;

/// What the handlers share: one per server.
struct Services {
  Parts parts;
  const pipeline::ServerConfig& config;
  Tokens& tokens;
  Sessions& sessions;
  EventHub& events;
  Metrics& metrics;
  RateLimiter& failures;  ///< wrong credentials, by address

  engine::Engine& engine() const { return *parts.engine; }
  store::Store& store() const { return *parts.store; }
};

/// One authorised request on its way through a handler. Streams outlive it: they copy what they need.
class Call {
 public:
  Call(Services& shared, net::Request& incoming, const Route& matched, Identity caller,
       std::vector<std::pair<std::string_view, std::string>> values);

  Services& services;
  net::Request& request;
  const Route& route;
  const Identity who;

  /// Value of "{name}" in the route's pattern.
  const std::string& parameter(std::string_view name) const;
  std::string query(std::string_view name) const { return request.query.text(name); }
  /// `limit`, 1 to 200. Throws Error(usage).
  int limit(int fallback = 50) const;
  bool wants_events() const;
  /// Of the request's header, empty without one. Keys are the caller's own: two people may use the same. Throws Error(usage).
  std::string idempotency_key() const;

  /// Error(not_found) for an app the token does not cover: it does not even learn that the app exists.
  void require_app(std::string_view app) const;
  /// Error(refused) for an environment the token does not cover.
  void require_environment(std::string_view environment) const;
  /// A token for some environments may not start what is not bound to one.
  void require_all_environments() const;
  /// Refused for a token that is limited to some apps or environments: what is asked for concerns the whole server.
  void require_whole_server() const;
  /// The run in the path ("shop-api#42", id, "latest:shop-api"), which must be of an app the caller may see.
  Awaitable<engine::RunState> run() const;

 private:
  std::vector<std::pair<std::string_view, std::string>> parameters_;
};

}  // namespace fairlead::web
