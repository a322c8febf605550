// SPDX-License-Identifier: Apache-2.0
#include "fairlead/web/web.hpp"

#include "fairlead/base/log.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/answers.hpp"
#include "web/authenticate.hpp"
#include "web/event_hub.hpp"
#include "web/handlers.hpp"
#include "web/metrics.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {

struct Web::State {
  explicit State(const Parts& parts)
      : tokens(*parts.store, parts.clock),
        events(std::make_shared<EventHub>(parts.engine->parts().executor, *parts.store)),
        services{.parts = parts, .config = parts.engine->config(), .tokens = tokens, .events = *events, .metrics = metrics} {}

  Tokens tokens;
  std::shared_ptr<EventHub> events;
  Metrics metrics;
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

Awaitable<net::Response> answer(Services& services, net::Request& request, Match match) {
  const auto& route = *match.route;
  Identity who;
  if (route.access != Access::none) {
    who = co_await authenticate(services, request);
    authorize(route, who);
  }
  Call call(services, request, route, std::move(who), std::move(match.parameters));
  co_return co_await route.answer(call);
}

Awaitable<net::Response> handle(std::shared_ptr<Services> services, net::Request& request) {
  const auto started = std::chrono::steady_clock::now();
  auto match = routes().find(request.method, request.segments);
  const auto* route = match.route;
  net::Response response;
  if (!route) {
    response = unrouted(request, match);
  } else {
    try {
      response = co_await answer(*services, request, std::move(match));
    } catch (const Error& error) {
      response = problem_of(error);
      if (response.status == 500) log::error("web.answer", {{"route", route->pattern}, {"error", error.message()}});
    }
  }
  add_common_headers(response, request);
  services->metrics.count(route ? route->method : "-", route ? route->pattern : "-", response.status, std::chrono::steady_clock::now() - started);
  co_return response;
}

}  // namespace

Web::Web(Parts parts) : state_(std::make_shared<State>(parts)) {}

Web::~Web() = default;

net::Handler Web::handler() {
  return [services = std::shared_ptr<Services>(state_, &state_->services)](net::Request& request) { return handle(services, request); };
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
