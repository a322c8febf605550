// SPDX-License-Identifier: Apache-2.0
#include "fairlead/web/web.hpp"

#include "fairlead/base/log.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/answers.hpp"
#include "web/authenticate.hpp"
#include "web/event_hub.hpp"
#include "web/handlers.hpp"
#include "web/metrics.hpp"
#include "web/rate_limit.hpp"
#include "web/sessions.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {

namespace {

struct Limiters {
  RateLimiter failures{20, 0.5};  ///< wrong credentials, by address
  RateLimiter changes{600, 50};   ///< whatever is not a GET, by person; the unix socket is not limited
};

}  // namespace

struct Web::State {
  explicit State(const Parts& parts)
      : tokens(*parts.store, parts.clock),
        sessions(*parts.store, parts.clock),
        events(std::make_shared<EventHub>(parts.engine->parts().executor, *parts.store)),
        services{.parts = parts,
                 .config = parts.engine->config(),
                 .tokens = tokens,
                 .sessions = sessions,
                 .events = *events,
                 .metrics = metrics,
                 .failures = limiters.failures} {}

  Tokens tokens;
  Sessions sessions;
  std::shared_ptr<EventHub> events;
  Metrics metrics;
  Limiters limiters;
  Services services;
};

namespace {

void add_common_headers(net::Response& response, const net::Request& request) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (!response.headers.has("Cache-Control")) response.headers.add("Cache-Control", "no-store");
  if (request.peer.secure) response.headers.set("Strict-Transport-Security", "max-age=31536000");
}

net::Response unrouted(const net::Request& request, const Match& match) {
  if (match.allow.empty()) return net::problem(404, "there is nothing at this path", "GET /api/v1/openapi.json lists every route");
  auto response = net::problem(405, request.method + " is not a method of this path", "allowed: " + match.allow);
  response.headers.add("Allow", match.allow);
  return response;
}

net::Response too_many(int seconds, std::string_view what) {
  auto response = net::problem(429, what, "try again in " + std::to_string(seconds) + " s");
  response.headers.add("Retry-After", std::to_string(seconds));
  return response;
}

Awaitable<net::Response> answer(Services& services, Limiters& limiters, net::Request& request, Match match, std::optional<Identity> known) {
  const auto& route = *match.route;
  Identity who;
  if (known) {
    who = *std::move(known);
    if (route.access != Access::none) authorize(route, who, services.config);
  } else if (route.access != Access::none) {
    const auto time = std::chrono::steady_clock::now();
    try {
      who = co_await authenticate(services, request);
    } catch (const Error& error) {
      const auto wait = error.kind() == ErrorKind::unauthorized ? limiters.failures.take(request.peer.address, time) : std::nullopt;
      if (wait) co_return too_many(*wait, "too many wrong credentials from this address");
      throw;
    }
    authorize(route, who, services.config);
    if (route.method != "GET" && !request.peer.uid)
      if (const auto wait = limiters.changes.take(who.person.id, time)) co_return too_many(*wait, "too many changes by " + who.person.id);
  }
  Call call(services, request, route, std::move(who), std::move(match.parameters));
  co_return co_await route.answer(call);
}

Awaitable<net::Response> handle(std::shared_ptr<Services> services, Limiters& limiters, net::Request& request,
                                std::optional<Identity> known = std::nullopt) {
  const auto started = std::chrono::steady_clock::now();
  auto match = routes().find(request.method, request.segments);
  const auto* route = match.route;
  net::Response response;
  if (!route) {
    response = unrouted(request, match);
  } else {
    try {
      response = co_await answer(*services, limiters, request, std::move(match), std::move(known));
    } catch (const Error& error) {
      response = problem_of(error);
      if (response.status == 500) log::error("web.answer", {{"route", route->pattern}, {"error", error.message()}});
    }
  }
  add_common_headers(response, request);
  services->metrics.count(route ? route->method : "-", route ? route->pattern : "-", response.status,
                          std::chrono::steady_clock::now() - started);
  co_return response;
}

}  // namespace

Web::Web(Parts parts) : state_(std::make_shared<State>(parts)) {}

Web::~Web() = default;

net::Handler Web::handler() {
  return [state = state_](net::Request& request) {
    return handle(std::shared_ptr<Services>(state, &state->services), state->limiters, request);
  };
}

Awaitable<net::Response> Web::call(Identity who, net::Request request) {
  const auto state = state_;
  co_return co_await handle(std::shared_ptr<Services>(state, &state->services), state->limiters, request, std::move(who));
}

std::function<net::RouteLimits(const net::Request&)> Web::route_limits() {
  return [](const net::Request& request) {
    const auto match = routes().find(request.method, request.segments);
    return match.route ? match.route->limits : net::RouteLimits{.body_bytes = 64u << 10};
  };
}

Awaitable<void> Web::stop() {
  const auto events = state_->events;
  events->stop();
  co_await events->stopped();
}

}  // namespace fairlead::web
