// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::net {
class HttpClient;
}
namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::cli {

/// The server's own REST API in somebody's name (docs/decisions/0008). `web` is asked at the time of the call.
chat::Api act_as(std::function<web::Web&()> web, web::Identity who);

class Secrets;

/// What chat-ops need of the other rooms; all outlive them.
struct ChatWiring {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  engine::Engine* engine = nullptr;
  std::shared_ptr<const pipeline::ServerConfig> config;
  std::string public_url;
  std::function<web::Web&()> web;
  Secrets* secrets = nullptr;
  net::HttpClient* http = nullptr;
  /// The end of a step's log; empty when there is none.
  std::function<Awaitable<std::string>(RunId, std::string job, int attempt, int step)> log_tail;
};

/// Dispatcher, outbox, cards and the browser console, wired together. io thread.
class ChatRooms {
 public:
  explicit ChatRooms(ChatWiring);
  ~ChatRooms();
  ChatRooms(const ChatRooms&) = delete;
  ChatRooms& operator=(const ChatRooms&) = delete;

  /// What Slack calls; empty without Slack over HTTP.
  std::function<Awaitable<net::Response>(std::string part, net::Request&)> slack_door();
  /// What people should know about the connection, a sentence each.
  std::vector<std::string> slack_problems() const;
  /// What the pages call.
  web::ChatDoor door();
  /// Starts to send and to follow the log.
  void start();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::cli
