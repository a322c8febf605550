// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/balancer.hpp"

#include <set>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "sandbox/shell/relay.hpp"

namespace fairlead::sandbox::shell {

namespace {

constexpr auto idle_timeout = std::chrono::seconds(60);
constexpr std::size_t largest_body = 64u << 20;

bool is_hop(const std::string& name) {
  const auto lower = to_lower(name);
  return lower == "connection" || lower == "keep-alive" || lower == "transfer-encoding" || lower == "content-length" || lower == "date" ||
         lower == "upgrade" || lower == "te" || lower == "trailer" || lower == "expect";
}

net::Response plain(int status, const std::string& body) {
  return net::Response::text(status, body.empty() ? std::string(net::reason_phrase(status)) + "\n" : body);
}

net::Response own_answer(const Route& route) {
  auto response = plain(route.status, route.body);
  if (!route.type.empty()) response.headers.set("Content-Type", route.type);
  if (!route.location.empty()) response.headers.add("Location", route.location);
  return response;
}

}  // namespace

struct Balancers::State {
  State(asio::any_io_executor executor, Ask asked, std::function<void(Fact)> told)
      : ex(std::move(executor)), ask(std::move(asked)), tell(std::move(told)), client(ex), probes(ex) {}

  asio::any_io_executor ex;
  Ask ask;
  std::function<void(Fact)> tell;
  net::HttpClient client, probes;
  std::map<std::string, std::unique_ptr<net::Server>> servers;
  std::map<std::string, std::unique_ptr<Relay>> relays;
  std::set<std::string> probing;  ///< a target that hangs is not asked again before its answer
};

namespace {

using StatePtr = std::shared_ptr<Balancers::State>;

net::HttpRequest onward(net::Request& request, const Route& route) {
  net::HttpRequest out;
  out.method = request.method;
  out.url = "http://" + route.host + ":" + std::to_string(route.port) + request.target;
  for (const auto& [name, value] : request.headers)
    if (!is_hop(name)) out.headers.add(name, value);
  out.headers.add("X-Forwarded-For", request.peer.address);
  out.headers.add("X-Forwarded-Proto", "http");
  out.body = std::move(request.body);
  out.max_reply = largest_body;
  return out;
}

Awaitable<net::Response> forward(StatePtr state, std::string listener, net::Request& request) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) headers[to_lower(name)] = value;
  const auto route =
      state->ask(listener, std::string(request.headers.get("Host")), request.target.substr(0, request.target.find('?')), headers);
  if (!route.found) co_return own_answer(route);
  auto asked = onward(request, route);
  int failed = 0;
  try {
    const auto reply = co_await state->client.send(std::move(asked), deadline_in(idle_timeout));
    net::Response response;
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers)
      if (!is_hop(name)) response.headers.add(name, value);
    response.body = reply.body;
    co_return response;
  } catch (const Error& error) {
    failed = error.kind() == ErrorKind::timeout ? 504 : 502;
  }
  co_return plain(failed, {});
}

net::ServerOptions options() {
  net::ServerOptions out;
  out.trailing_slash = true;
  out.route_limits = [](const net::Request&) { return net::RouteLimits{largest_body, false}; };
  return out;
}

Awaitable<void> probe_http(StatePtr state, Probe probe) {
  net::HttpRequest request;
  request.url = to_lower(probe.protocol) + "://" + probe.host + ":" + std::to_string(probe.port) + probe.path;
  request.headers.add("User-Agent", "ELB-HealthChecker/2.0");
  ProbeEnded ended{probe.key, 0, {}};
  try {
    ended.status = (co_await state->probes.send(std::move(request), deadline_in(probe.timeout))).status;
  } catch (const Error& error) {
    ended.reason = error.kind() == ErrorKind::timeout ? "timeout" : "failed";
  }
  state->probing.erase(probe.key);
  state->tell(ended);
}

Awaitable<void> probe_tcp(StatePtr state, Probe probe) {
  ProbeEnded ended{probe.key, 0, "failed"};
  try {
    co_await with_deadline(connect_once(probe.host, probe.port), deadline_in(probe.timeout), "the connection");
    ended.status = 200;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::timeout) ended.reason = "timeout";
  }
  state->probing.erase(probe.key);
  state->tell(ended);
}

}  // namespace

Balancers::Balancers(asio::any_io_executor ex, Ask ask, std::function<void(Fact)> tell)
    : state_(std::make_shared<State>(std::move(ex), std::move(ask), std::move(tell))) {}
Balancers::~Balancers() = default;

int Balancers::open(const OpenListener& what) {
  const auto listen = [&](int port) -> int {
    const auto address = "127.0.0.1:" + std::to_string(port);
    if (what.protocol == "TCP" || what.protocol == "TLS") {
      auto relay = std::make_unique<Relay>(state_->ex, [state = state_, name = what.listener] { return state->ask(name, {}, "/", {}); });
      const int opened = relay->listen(port);
      state_->relays[what.listener] = std::move(relay);
      return opened;
    }
    auto server = std::make_unique<net::Server>(
        state_->ex, [state = state_, name = what.listener](net::Request& request) { return forward(state, name, request); }, options());
    const int opened = server->listen_tcp(address);
    state_->servers[what.listener] = std::move(server);
    return opened;
  };
  if (what.port >= 1024) {
    try {
      return listen(what.port);
    } catch (const Error&) {
      // Taken by somebody else: any port does, the overview says which.
    }
  }
  return listen(0);
}

void Balancers::close(const std::string& listener) {
  state_->servers.erase(listener);
  state_->relays.erase(listener);
}

void Balancers::probe(const Probe& what) {
  if (!state_->probing.insert(what.key).second) return;
  spawn(state_->ex, "sandbox probe", what.protocol.starts_with("HTTP") ? probe_http(state_, what) : probe_tcp(state_, what));
}

Awaitable<void> Balancers::stop() {
  for (auto& [_, server] : state_->servers) co_await server->stop(deadline_in(std::chrono::milliseconds(200)));
  state_->servers.clear();
  state_->relays.clear();
}

}  // namespace fairlead::sandbox::shell
