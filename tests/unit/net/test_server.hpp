// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <optional>
#include <thread>

#include "fairlead/net/server.hpp"

namespace fairlead::net {

/// An io thread of its own, so that the test can be an ordinary blocking client.
class IoThread {
 public:
  IoThread() : work_(asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~IoThread() {
    work_.reset();
    io_.stop();
    thread_.join();
  }
  asio::any_io_executor executor() { return io_.get_executor(); }

  /// The value of a coroutine that runs there.
  template <class T>
  T run(Awaitable<T> task) {
    return asio::co_spawn(io_, std::move(task), asio::use_future).get();
  }
  /// Calls `f` there and waits.
  template <class F>
  auto call(F f) {
    std::packaged_task<std::invoke_result_t<F>()> task(std::move(f));
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// A server on an ephemeral loopback port.
class TestServer {
 public:
  explicit TestServer(Handler handler, ServerOptions options = {}) {
    io.call([&] {
      server.emplace(io.executor(), std::move(handler), std::move(options));
      port = server->listen_tcp("127.0.0.1:0");
    });
  }
  ~TestServer() {
    io.call([this] { server.reset(); });
  }
  Server::Stats stats() {
    return io.call([this] { return server->stats(); });
  }

  IoThread io;
  std::optional<Server> server;
  std::uint16_t port = 0;
};

}  // namespace fairlead::net
