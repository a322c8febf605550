// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/web_api.hpp"
#include "fairlead/net/http.hpp"

namespace fairlead::net {
class HttpClient;
}

/// Slack itself: its Web API, its two transports (slack_http.hpp, slack_socket.hpp), its set-up (slack_setup.hpp).
namespace fairlead::chat::slack {

/// Answers what came in (Chat::handle).
using Receive = std::function<Awaitable<Json>(Incoming)>;
/// Value of a configured secret, resolved now (it may be rotated); nullopt: there is none.
using TokenOf = std::function<Awaitable<std::optional<Secret>>(std::string workspace)>;

inline constexpr const char* default_base_url = "https://slack.com/api";

/// `base_url`: default_base_url, "https://slack-gov.com/api", or a fake's. Arguments go as a form, composed ones as JSON text, as Slack's
/// own SDK sends them. `http` outlives it.
std::unique_ptr<WebApi> connect(net::HttpClient& http, std::string base_url, TokenOf bot_token);

/// One answer of the Web API with its header fields: what set-up and Socket Mode need of it.
struct Reply {
  Json body;  ///< without "ok"
  net::Headers headers;
};
/// Without a token when it is empty. Throws ApiError.
Awaitable<Reply> ask(net::HttpClient& http, std::string base_url, Secret token, std::string method, Json arguments, Deadline);

/// Whether a payload's response_url may be called at all: Slack's own hosts, or the host of a base_url that is not Slack's. Pure.
bool may_respond_to(std::string_view response_url, std::string_view base_url);

/// Is the request Slack's? Pure; `secrets` are tried in order (rotation), an empty one never fits. Empty: it is; else why not, for the log.
/// Algorithm: v0, HMAC-SHA256 over "v0:<timestamp>:<raw body>"; 300 s to both sides.
std::string refuse_signature(const std::vector<Secret>& secrets, const net::Headers&, std::string_view raw_body, Time now);

}  // namespace fairlead::chat::slack
