// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
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

/// Slack itself: its Web API, its two transports, its set-up.
namespace fairlead::chat::slack {

/// Answers what came in (Chat::handle).
using Receive = std::function<Awaitable<Json>(Incoming)>;
/// Value of a configured secret, resolved now (it may be rotated); nullopt: there is none.
using TokenOf = std::function<Awaitable<std::optional<Secret>>(std::string workspace)>;

std::unique_ptr<WebApi> connect(net::HttpClient&, std::string base_url, TokenOf bot_token);

/// Is the request Slack's? Pure; `secrets` are tried in order (rotation). Empty: it is; else why not, for the log.
std::string refuse_signature(const std::vector<Secret>& secrets, const net::Headers&, std::string_view raw_body, Time now);

}  // namespace fairlead::chat::slack
