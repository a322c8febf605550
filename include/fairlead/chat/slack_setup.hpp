// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/secret.hpp"

namespace fairlead::net {
class HttpClient;
}

/// What a person does once, and what can be wrong with it.
namespace fairlead::chat::slack {

/// The app as the dialog "From a manifest" takes it. `public_url` empty: Socket Mode, which needs no address. Pure.
Json manifest(const std::string& public_url, bool oauth);

struct Finding {
  enum class State { good, warning, bad } state = State::good;
  std::string what;  ///< one sentence
  std::string hint;  ///< what to do; empty when it is good
};

struct CheckParts {
  net::HttpClient* http = nullptr;
  std::string base_url;
  bool socket = true;
  Secret bot_token, app_token;
  std::vector<std::string> channels;  ///< as configured: "#deploys", "C123"
  bool groups = false;                ///< some rule names slack:@group
};

/// Asks Slack about tokens, scopes, channels and the clock; posts nothing. Slack's refusals are findings, never errors.
Awaitable<std::vector<Finding>> check(CheckParts);

/// What does not work without a scope. Pure.
std::vector<Finding> judge_scopes(const std::set<std::string>& granted, bool groups);

}  // namespace fairlead::chat::slack
