// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::sandbox {

struct ServerOptions {
  std::string listen = "127.0.0.1:0";
  double speed = 1;
  std::filesystem::path faults;  ///< JSON; empty: none
  std::filesystem::path folder;  ///< where processes start and instances live; empty: the current folder
  /// Told of what a person wants to see: load balancers with their url.
  std::function<void(const std::string& line)> announce;
};

/// The local AWS as a server: HTTP endpoint, process and container launcher, health probes, load balancers. Lives on the io thread of
/// its executor; `stop` ends every process that it started. Throws Error(io | invalid) from the constructor.
class Server {
 public:
  Server(asio::any_io_executor, ServerOptions);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:41234"
  std::string url() const;
  Awaitable<void> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::sandbox
