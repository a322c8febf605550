// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/net/client.hpp"

namespace fairlead::chat {

/// Teams of GitHub, asked by its REST API. io thread.
class GithubTeams {
 public:
  using Send = std::function<Awaitable<net::HttpReply>(net::HttpRequest, Deadline)>;
  using Token = std::function<Awaitable<Secret>()>;
  /// `api_url` empty: api.github.com.
  GithubTeams(Send, Token, std::string api_url);

  /// Is the login an active member of "github:team:org/team" now? Throws Error(unavailable) when GitHub cannot be asked.
  Awaitable<bool> has(std::string team, std::string login, Deadline deadline);
  /// Logins of the team, at most 100.
  Awaitable<std::vector<std::string>> members(std::string team, Deadline deadline);

 private:
  Awaitable<net::HttpReply> get(std::string path, Deadline deadline);

  Send send_;
  Token token_;
  std::string api_url_;
};

}  // namespace fairlead::chat
