// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <cstring>
#include <memory>

#include "bench/bench.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/store/store.hpp"
#include "web/event_hub.hpp"

/// Live viewers of one run: the server in a child process, so that its memory is its own; the viewers here, in one epoll loop.
namespace fairlead::web {
namespace {

using bench::print, bench::quantile;

constexpr int events_per_second = 20;
constexpr int seconds = 8;

Awaitable<void> produce(store::Store& store) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < events_per_second * seconds; ++i) {
    const auto payload = R"({"job":"unit","sent":)" + std::to_string(to_micros(now())) + "}";
    co_await store.transact([&payload](store::Tx& tx) { tx.append("run:1", -1, {{"step.progress", payload, "fairlead"}}); });
    co_await sleep_until(start + std::chrono::milliseconds(1000 / events_per_second) * (i + 1));
  }
}

Awaitable<void> wait_and_produce(asio::io_context& io, store::Store& store, int go) {
  asio::posix::stream_descriptor start(io, go);
  co_await start.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  co_await produce(store);
}

[[noreturn]] void serve(const std::filesystem::path& folder, int port_pipe, int go) {
  asio::io_context io{1};
  Pool pool{2};
  auto store = store::open_sqlite(io.get_executor(), pool, {.folder = folder});
  const auto hub = std::make_shared<EventHub>(io.get_executor(), *store);
  auto handler = [hub](net::Request&) -> Awaitable<net::Response> {
    co_return net::Response::events([hub](net::BodyWriter& out) {
      return EventHub::follow(hub, {.filter = {.stream = "run:1", .type = {}}, .allowed = {}}, std::nullopt, out);
    });
  };
  net::Server server(io.get_executor(), handler);
  const std::uint16_t port = server.listen_tcp("127.0.0.1:0");
  if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
  spawn(io.get_executor(), "produce", wait_and_produce(io, *store, go));
  io.run();
  std::_Exit(0);
}

double resident_mib(pid_t pid) {
  for (const auto& line : split_lines(read_file("/proc/" + std::to_string(pid) + "/status")))
    if (line.starts_with("VmRSS:")) return static_cast<double>(parse_int(trim(line.substr(6, line.size() - 9))).value_or(0)) / 1024;
  return 0;
}

/// Connections that read events and note how old they are.
class Viewers {
 public:
  Viewers(std::uint16_t port, int count) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (int i = 0; i < count; ++i) open(port);
  }

  /// Reads until every viewer has been greeted (`events` < 0), or until all events came.
  void read(int events) {
    std::vector<epoll_event> ready(512);
    std::size_t greeted = 0;
    const auto all = sockets_.size() * static_cast<std::size_t>(events < 0 ? 1 : events);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while ((events < 0 ? greeted : ages_.size()) < all && std::chrono::steady_clock::now() < end) {
      const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 1000);
      for (int i = 0; i < count; ++i) greeted += receive(ready[static_cast<std::size_t>(i)].data.fd);
    }
  }
  const std::vector<double>& ages() const { return ages_; }

 private:
  void open(std::uint16_t port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 ||
        ::send(fd.get(), request.data(), request.size(), 0) < 0)
      throw errno_error("connect");
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd.get()}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event);
    sockets_.push_back(std::move(fd));
  }

  /// 1 when the greeting came.
  std::size_t receive(int fd) {
    char buffer[65536];
    const auto count = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count <= 0) return 0;
    const std::string_view text(buffer, static_cast<std::size_t>(count));
    const auto time = to_micros(now());
    constexpr std::string_view mark = "\"sent\":";
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
      ages_.push_back(static_cast<double>(time - std::atoll(text.data() + at + mark.size())) / 1000);
    return text.find("event: hello") != std::string_view::npos ? 1 : 0;
  }

  Fd epoll_;
  std::vector<Fd> sockets_;
  std::vector<double> ages_;
};

struct Figures {
  double idle, full, p50, p99;
  std::size_t received;
};

Figures measure(int viewers_count) {
  auto [port_read, port_write] = make_pipe();
  auto [go_read, go_write] = make_pipe();
  const TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) serve(folder.path(), port_write.get(), go_read.release());
  std::uint16_t port = 0;
  if (::read(port_read.get(), &port, sizeof port) != sizeof port) throw errno_error("the server did not start");
  Figures figures{.idle = resident_mib(child), .full = 0, .p50 = 0, .p99 = 0, .received = 0};
  {
    Viewers viewers(port, viewers_count);
    viewers.read(-1);
    if (::write(go_write.get(), "x", 1) != 1) throw errno_error("start");
    viewers.read(events_per_second * seconds);
    figures.full = resident_mib(child);
    figures.received = viewers.ages().size();
    figures.p50 = quantile(viewers.ages(), 0.5);
    figures.p99 = quantile(viewers.ages(), 0.99);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return figures;
}

void run(int count) {
  const auto one = measure(1);
  const auto many = measure(count);
  const auto name = std::to_string(count) + " viewers, " + std::to_string(events_per_second) + " events/s: ";
  print(name + "age of an event p50", many.p50, "ms", one.p50);
  print(name + "age of an event p99", many.p99, "ms", one.p99);
  print(name + "events received", static_cast<double>(many.received), "events", static_cast<double>(one.received) * count);
  print(name + "resident memory", many.full, "MiB", many.idle);
}

}  // namespace
}  // namespace fairlead::web

int main(int argc, char** argv) {
  try {
    fairlead::web::run(argc > 1 ? std::atoi(argv[1]) : 5000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "viewers_bench: %s\n", error.what());
    return 1;
  }
}
