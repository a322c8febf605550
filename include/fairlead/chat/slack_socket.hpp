// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>

#include "fairlead/chat/slack.hpp"

namespace fairlead::chat::slack {

struct SocketParts {
  asio::any_io_executor executor;
  net::HttpClient* http = nullptr;
  std::string base_url = default_base_url;  ///< with http://, the WebSocket may be ws://, too (tests)
  std::function<Awaitable<Secret>()> app_token;
  Receive receive;
  std::function<std::string(const Json& payload)> workspace;  ///< as in HttpParts
  Clock clock = now;
};

/// The app id that an app-level token names ("xapp-1-A012345-…"); empty when it has another form. Pure.
std::string app_of_token(const std::string& app_token);

/// Socket Mode: connections that we open, so that Slack needs no way in. One works as long as Slack can be reached: the next is opened
/// before the old one ends, and nothing that an old one brings is lost. io thread. `http` outlives it.
class SocketTransport {
 public:
  explicit SocketTransport(SocketParts);
  ~SocketTransport();
  SocketTransport(const SocketTransport&) = delete;
  SocketTransport& operator=(const SocketTransport&) = delete;

  /// Until `stop`, or until something is wrong that only a person can mend; `alarms` says what.
  Awaitable<void> run();
  void stop();

  bool connected() const;
  /// What people should know, by a short code: "fatal", "shared", "link-disabled", "too-many", "foreign-app", "unreachable".
  const std::map<std::string, std::string>& alarms() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::chat::slack
