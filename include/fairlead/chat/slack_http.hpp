// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "fairlead/chat/slack.hpp"

namespace fairlead::chat::slack {

struct HttpParts {
  /// Resolved for every request: a rotated secret needs no restart. Tried in order.
  std::function<Awaitable<std::vector<Secret>>()> signing_secrets;
  Receive receive;
  /// Which installation a payload is for (Place.workspace); "": none that is connected.
  std::function<std::string(const Json& payload)> workspace;
  Clock clock = now;
};

/// Slack's requests as they come over HTTP (research: Slack's pages "Verifying requests", "Events API", "Interactivity"). Slash commands,
/// interactions, options and events are told apart by their bodies, so all may come to one path. 401 and nothing else for what Slack did
/// not sign, what is older or newer than 5 minutes, and what came before. io thread.
class HttpTransport {
 public:
  explicit HttpTransport(HttpParts);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  Awaitable<net::Response> answer(net::Request&);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::chat::slack
