// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "deploy/ec2/balancer.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr auto call_time = std::chrono::seconds(5);
constexpr auto reload_time = std::chrono::seconds(30);
constexpr std::size_t most_answer = 8u << 20;

template <class Socket>
Awaitable<std::string> exchange(Socket& socket, std::string command) {
  co_await asio::async_write(socket, asio::buffer(command), asio::use_awaitable);
  std::string answer;
  std::array<char, 16384> buffer;
  while (answer.size() < most_answer) {
    boost::system::error_code error;
    const auto count = co_await socket.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    answer.append(buffer.data(), count);
  }
  co_return answer;
}

class Haproxy : public Balancer {
 public:
  Haproxy(asio::any_io_executor executor, std::string socket, std::string backend)
      : executor_(std::move(executor)), socket_(std::move(socket)), backend_(std::move(backend)) {}

  std::string describe() const override { return "HAProxy backend " + backend_; }
  std::vector<std::string> resources() const override { return {"haproxy:" + socket_ + "/" + backend_}; }

  Awaitable<std::map<std::string, Traffic>> look(std::vector<Host> hosts) override {
    const auto servers = co_await list();
    std::map<std::string, Traffic> map;
    for (const auto& host : hosts)
      if (const auto* server = of(servers, host)) map[host.id] = traffic_of(*server);
    co_return map;
  }

  Awaitable<void> take_out(Host host) override { co_await set(std::move(host), "drain"); }
  Awaitable<void> put_in(Host host) override { co_await set(std::move(host), "ready"); }

  Awaitable<std::optional<int>> connections(Host host) override {
    const auto servers = co_await list();
    const auto* server = of(servers, host);
    co_return server ? std::optional(server->sessions) : std::optional(0);
  }

 private:
  static const HaproxyServer* of(const std::vector<HaproxyServer>& servers, const Host& host) {
    for (const auto& server : servers) {
      const auto address = server.address.substr(0, server.address.rfind(':'));
      if (server.name == host.id || (!address.empty() && (address == host.address || address == host.id))) return &server;
    }
    return nullptr;
  }

  Awaitable<std::vector<HaproxyServer>> list() {
    const auto answer = co_await command("show stat");
    auto servers = parse_haproxy_stat(answer, backend_);
    if (servers.empty()) {
      const auto others = haproxy_backends(answer);
      throw Error(ErrorKind::invalid,
                  "HAProxy at " + socket_ + " has no backend \"" + backend_ + "\" with servers" +
                      (others.empty() ? ", nor any other: " + ellipsize(answer, 200) : "; it has " + join(others, ", ")),
                  "check load-balancer.haproxy in the step");
    }
    co_return servers;
  }

  /// While HAProxy is reloaded, its socket is away for a moment.
  Awaitable<std::vector<HaproxyServer>> patiently_list() {
    const auto until = deadline_in(reload_time);
    while (true) {
      try {
        co_return co_await list();
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable || Deadline::clock::now() > until) throw;
      }
      co_await sleep_for(std::chrono::seconds(1));
    }
  }

  Awaitable<void> set(Host host, std::string state) {
    const auto servers = co_await patiently_list();
    const auto* server = of(servers, host);
    if (!server)
      throw Error(ErrorKind::invalid, "backend " + backend_ + " of HAProxy has no server for " + host.id,
                  "name it as the host, or give it its address");
    const auto answer = co_await command("set server " + backend_ + "/" + server->name + " state " + state);
    if (!trim(answer).empty())
      throw Error(ErrorKind::refused, "HAProxy did not set " + server->name + " to " + state + ": " + std::string(trim(answer)),
                  "the runtime socket needs `level admin`");
  }

  Awaitable<std::string> command(std::string text) {
    std::string failure;
    try {
      co_return co_await with_deadline(send(text + "\n"), deadline_in(call_time), "HAProxy's runtime socket " + socket_);
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      failure = error.code().message();
    }
    throw Error(ErrorKind::unavailable, "HAProxy's runtime socket " + socket_ + " does not answer: " + failure,
                "is HAProxy running, with `stats socket … level admin`?");
  }

  Awaitable<std::string> send(std::string text) {
    if (socket_.starts_with('/')) {
      asio::local::stream_protocol::socket socket(executor_);
      co_await socket.async_connect(asio::local::stream_protocol::endpoint(socket_), asio::use_awaitable);
      co_return co_await exchange(socket, std::move(text));
    }
    const auto colon = socket_.rfind(':');
    if (colon == std::string::npos) throw Error(ErrorKind::invalid, "\"" + socket_ + "\" is neither a path nor host:port");
    asio::ip::tcp::resolver resolver(executor_);
    const auto found = co_await resolver.async_resolve(socket_.substr(0, colon), socket_.substr(colon + 1), asio::use_awaitable);
    asio::ip::tcp::socket socket(executor_);
    co_await asio::async_connect(socket, found, asio::use_awaitable);
    co_return co_await exchange(socket, std::move(text));
  }

  asio::any_io_executor executor_;
  std::string socket_, backend_;
};

}  // namespace

namespace {

/// `row` for every server: the cell by its column's name.
template <class F>
void each_server(const std::string& csv, F row) {
  std::map<std::string, std::size_t> columns;
  for (const auto& line : split(csv, '\n')) {
    const auto cells = split(std::string(trim(line)), ',');
    if (line.starts_with("# ")) {
      for (std::size_t i = 0; i < cells.size(); ++i) columns[i == 0 ? cells[i].substr(2) : cells[i]] = i;
      continue;
    }
    const auto cell = [&](const char* name) {
      const auto found = columns.find(name);
      return found == columns.end() || found->second >= cells.size() ? std::string() : cells[found->second];
    };
    if (cell("type") == "2") row(cell);
  }
}

}  // namespace

std::vector<HaproxyServer> parse_haproxy_stat(const std::string& csv, const std::string& backend) {
  std::vector<HaproxyServer> servers;
  each_server(csv, [&](const auto& cell) {
    if (cell("pxname") != backend) return;
    servers.push_back({.name = cell("svname"),
                       .address = cell("addr"),
                       .status = cell("status"),
                       .check = cell("check_status"),
                       .last_check = cell("last_chk"),
                       .sessions = static_cast<int>(parse_int(cell("scur")).value_or(0))});
  });
  return servers;
}

std::vector<std::string> haproxy_backends(const std::string& csv) {
  std::set<std::string> names;
  each_server(csv, [&](const auto& cell) { names.insert(cell("pxname")); });
  return {names.begin(), names.end()};
}

Traffic traffic_of(const HaproxyServer& server) {
  using Kind = Traffic::Kind;
  const auto why = server.status + (server.check.empty() ? "" : ", check " + server.check) +
                   (server.last_check.empty() ? "" : " (" + server.last_check + ")");
  if (server.status.starts_with("MAINT")) return {.kind = Kind::out, .reason = why};
  if (server.status.starts_with("DRAIN")) return {.kind = server.sessions == 0 ? Kind::out : Kind::draining, .reason = why};
  if (server.status.starts_with("UP") || server.status == "no check") return {.kind = Kind::serving, .reason = {}};
  if (server.status.starts_with("DOWN ")) return {.kind = Kind::starting, .reason = why};
  return {.kind = Kind::unhealthy, .reason = why};
}

std::unique_ptr<Balancer> make_haproxy(asio::any_io_executor executor, std::string socket, std::string backend) {
  return std::make_unique<Haproxy>(std::move(executor), std::move(socket), std::move(backend));
}

}  // namespace fairlead::deploy::ec2
