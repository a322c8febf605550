// SPDX-License-Identifier: Apache-2.0
#include "cli/serve.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "cli/find_config.hpp"
#include "cli/server_app.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::cli {

namespace {

Awaitable<void> start(ServerApp& app, bool announce) {
  co_await app.start();
  for (const auto& address : app.addresses()) {
    log::info("server.listening", {{"at", address}});
    if (announce) std::printf("%s\n", address.c_str());
  }
  std::fflush(stdout);
}

Awaitable<void> stop_on_signal(ServerApp& app) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
  const int signal = co_await signals.async_wait(asio::use_awaitable);
  log::info("server.stopping", {{"signal", signal}});
  co_await app.stop();
  // Coroutines of running jobs wait for supervisors that go on without us: nothing of theirs needs an orderly end.
  std::fflush(nullptr);
  std::_Exit(0);
}

}  // namespace

int serve(const ServeOptions& options) {
  ServerSettings settings;
  if (options.config.empty()) {
    const auto found = find_config();
    if (!found)
      throw Error(ErrorKind::not_found, "there is no fairlead.yml here or above", "fairlead init writes one, or name it with --config");
    settings.config_file = *found;
  } else {
    settings.config_file = std::filesystem::absolute(options.config);
  }
  settings.config = load_config(settings.config_file);
  settings.data = data_folder(*settings.config, settings.config_file);
  settings.listen = options.listen;
  std::signal(SIGPIPE, SIG_IGN);

  asio::io_context io(1);
  ServerApp app(io.get_executor(), std::move(settings));
  std::exception_ptr error;
  spawn(io.get_executor(), "start", start(app, options.announce), [&](std::exception_ptr e) {
    error = std::move(e);
    io.stop();
  });
  spawn(io.get_executor(), "signals", stop_on_signal(app));
  io.run();
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const Error& known) {
      std::fprintf(stderr, "fairlead serve: %s\n", known.message().c_str());
      if (!known.hint().empty()) std::fprintf(stderr, "  %s\n", known.hint().c_str());
      std::fflush(nullptr);
      std::_Exit(exit_code(known.kind()));
    }
  }
  return Exit::done;
}

}  // namespace fairlead::cli
