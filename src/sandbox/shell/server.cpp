// SPDX-License-Identifier: Apache-2.0
#include "fairlead/sandbox/server.hpp"

#include <fcntl.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/net/server.hpp"
#include "sandbox/protocol/wire.hpp"
#include "sandbox/shell/balancer.hpp"
#include "sandbox/shell/bytes.hpp"
#include "sandbox/shell/control.hpp"
#include "sandbox/shell/launcher.hpp"
#include "sandbox/shell/scripts.hpp"

namespace fairlead::sandbox {

namespace {

constexpr std::size_t largest_body = 256u << 20;

std::uint64_t seed_now() { return static_cast<std::uint64_t>(to_micros(fairlead::now())); }

/// A reply whose connection ends before its promised length: the caller cannot know what happened.
net::Response broken() {
  auto nothing = std::make_shared<net::FileRange>();
  nothing->file = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  nothing->length = 1024;
  net::Response response;
  response.body = std::move(nothing);
  return response;
}

Times times_of(const ServerOptions& options) {
  Times times;
  if (options.speed > 0) times.speed = options.speed;
  return times;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, ServerOptions given)
      : ex(executor), options(std::move(given)), world(times_of(options), fairlead::now(), seed_now()), alarm(ex) {}

  void start() {
    const auto self = weak_from_this();
    const auto tell = [self](const Fact& fact) {
      if (const auto state = self.lock()) state->told(fact);
    };
    const auto ask = [self](const std::string& listener, const std::string& host, const std::string& path, const auto& headers) {
      const auto state = self.lock();
      if (!state) return Route{};
      auto route = state->world.route(listener, host, path, headers, state->clock.now());
      state->pump();
      return route;
    };
    const auto folder = options.folder.empty() ? std::filesystem::current_path() : options.folder;
    launcher = std::make_unique<shell::Launcher>(ex, folder, tell);
    scripts = std::make_unique<shell::Scripts>(ex, folder, url, tell);
    balancers = std::make_unique<shell::Balancers>(ex, ask, tell);
    net::ServerOptions limits;
    limits.route_limits = [](const net::Request&) { return net::RouteLimits{largest_body, false}; };
    limits.trailing_slash = true;
    limits.limits.body_memory = std::size_t{4} << 30;
    server = std::make_unique<net::Server>(ex, [self](net::Request& request) { return answer(self.lock(), request); }, limits);
    const auto port = server->listen_tcp(options.listen);
    url = "http://" + options.listen.substr(0, options.listen.rfind(':')) + ":" + std::to_string(port);
    launcher->set_registry("127.0.0.1:" + std::to_string(port));
    auto [second, socket] = shell::claim_network();
    world.set_network(second);
    network = std::move(socket);
    if (!options.faults.empty()) world.set_faults(parse_json(read_file(options.faults)));
  }

  static Awaitable<net::Response> answer(std::shared_ptr<State> self, net::Request& request) {
    if (!self) throw Error(ErrorKind::canceled, "the sandbox stops");
    if (!request.segments.empty() && request.segments.front() == "_sandbox") {
      auto response = shell::control(self->world, self->clock, request);
      self->pump();
      co_return response;
    }
    if (auto response = self->registry.answer(self->world, self->clock.now(), request)) co_return std::move(*response);
    if (auto response = shell::answer_s3(self->world, self->clock.now(), request)) co_return std::move(*response);
    const auto reading = wire::read(request, self->clock.now());
    const Answer answer = reading.refusal ? *reading.refusal : self->world.call(reading.call, self->clock.now());
    self->pump();
    if (answer.lost) co_return broken();
    co_return wire::write(reading, answer, new_uuid());
  }

  void told(const Fact& fact) {
    world.tell(fact, clock.now());
    pump();
  }

  /// Performs what the world asks for, then sleeps until its next timer.
  void pump() {
    world.advance(clock.now());
    for (const auto& command : world.take_commands()) std::visit([this](const auto& what) { perform(what); }, command);
    const auto due = world.next_due();
    if (!due || clock.manual || stopping) return;
    const auto wait = std::max<Duration>(*due - clock.now(), Duration{0});
    alarm.expires_after(wait);
    alarm.async_wait([self = weak_from_this()](boost::system::error_code error) {
      const auto state = self.lock();
      if (!error && state) state->pump();
    });
  }

  void perform(const StartContainer& what) { launcher->start(what); }
  void perform(const StopContainer& what) { launcher->stop(what); }
  void perform(const CheckContainer& what) { launcher->check(what); }
  void perform(const RunScript& what) { scripts->run(what); }
  void perform(const EndInstance& what) { scripts->end(what); }
  void perform(const Probe& what) { balancers->probe(what); }
  void perform(const CloseListener& what) { balancers->close(what.listener); }
  void perform(const OpenListener& what) {
    const int port = balancers->open(what);
    world.tell(ListenerOpened{what.listener, port}, clock.now());
    if (options.announce)
      options.announce("load balancer " + what.name + " port " + std::to_string(what.port) + ": http://127.0.0.1:" + std::to_string(port));
  }

  asio::any_io_executor ex;
  ServerOptions options;
  World world;
  shell::SandboxClock clock;
  asio::steady_timer alarm;
  std::unique_ptr<shell::Launcher> launcher;
  std::unique_ptr<shell::Scripts> scripts;
  std::unique_ptr<shell::Balancers> balancers;
  std::unique_ptr<net::Server> server;
  shell::Registry registry;
  Fd network;
  std::string url;
  bool stopping = false;
};

Server::Server(asio::any_io_executor ex, ServerOptions options) : state_(std::make_shared<State>(std::move(ex), std::move(options))) {
  state_->start();
}
Server::~Server() = default;

std::string Server::url() const { return state_->url; }

Awaitable<void> Server::stop() {
  const auto state = state_;
  state->stopping = true;
  state->alarm.cancel();
  state->scripts->stop(false);
  co_await state->launcher->stop_all();
  state->scripts->stop(true);
  co_await state->balancers->stop();
  co_await state->server->stop(deadline_in(std::chrono::milliseconds(500)));
}

}  // namespace fairlead::sandbox
