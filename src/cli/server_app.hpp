// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

struct ServerSettings {
  std::filesystem::path config_file;
  std::shared_ptr<const pipeline::ServerConfig> config;
  std::filesystem::path data;
  std::string listen;  ///< overrides the file's `server.listen`; empty: the file's
};

/// The server, wired together: every room once. io thread. Order of start and stop: architecture.md §6.
class ServerApp {
 public:
  ServerApp(asio::any_io_executor, ServerSettings);
  ~ServerApp();
  ServerApp(const ServerApp&) = delete;
  ServerApp& operator=(const ServerApp&) = delete;

  /// Opens the store, listens, resumes what is unfinished, then decides. Throws Error when it cannot.
  Awaitable<void> start();
  /// Stops accepting and deciding; steps go on in their supervisors.
  Awaitable<void> stop();
  /// Addresses it listens on: {"http://127.0.0.1:7070", "unix:/…/fairlead.sock"}.
  const std::vector<std::string>& addresses() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::cli
