// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/sandbox/server.hpp"

namespace fairlead::cli {

namespace {

void print_line(const std::string& line) {
  std::printf("%s\n", strip_control(line).c_str());
  std::fflush(stdout);
}

Awaitable<void> stop_on_signal(asio::signal_set& signals, sandbox::Server& server, asio::io_context& io) {
  co_await signals.async_wait(asio::use_awaitable);
  co_await server.stop();
  io.stop();
}

}  // namespace

int sandbox_server(const Globals& globals, const SandboxOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context io(1);
  // Before anybody can know of us: a signal that follows the first line ends us in order.
  asio::signal_set signals(io, SIGTERM, SIGINT);
  sandbox::ServerOptions settings;
  settings.listen = options.listen;
  settings.speed = options.speed;
  settings.faults = options.faults;
  if (!globals.json && !globals.quiet) settings.announce = print_line;
  sandbox::Server server(io.get_executor(), settings);
  if (globals.json) {
    print_line(dump(Json{{"url", server.url()}}));
  } else {
    print_line(server.url());
    if (!globals.quiet)
      print_line("export AWS_ENDPOINT_URL=" + server.url() +
                 " AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=sandbox AWS_REGION=us-east-1");
  }
  spawn(io.get_executor(), "sandbox signals", stop_on_signal(signals, server, io));
  io.run();
  return Exit::done;
}

}  // namespace fairlead::cli
