// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/chat/slack.hpp"

namespace fairlead::net {
class HttpClient;
}
namespace fairlead::pipeline {
struct ServerConfig;
}
namespace fairlead::store {
class Store;
}

namespace fairlead::cli {

class Secrets;

/// What Slack needs of the other rooms; all outlive it.
struct SlackWiring {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  Secrets* secrets = nullptr;
  net::HttpClient* http = nullptr;
  std::shared_ptr<const pipeline::ServerConfig> config;  ///< has `slack`
  std::string public_url;
  chat::slack::Receive receive;
};

/// Slack's Web API and the configured transport. io thread. That Slack is down stops nothing: it is connected when it is back.
class SlackRooms {
 public:
  /// Throws Error(invalid) for a signing secret that is empty: anybody could sign with it.
  explicit SlackRooms(SlackWiring);
  ~SlackRooms();
  SlackRooms(const SlackRooms&) = delete;
  SlackRooms& operator=(const SlackRooms&) = delete;

  /// Null: not connected.
  chat::WebApi* api(const std::string& workspace);
  std::vector<std::string> workspaces() const;
  /// For web::Parts::slack; empty with Socket Mode.
  std::function<Awaitable<net::Response>(std::string part, net::Request&)> door();
  void start();
  /// What people should know, a sentence each.
  std::vector<std::string> problems() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::cli
