// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::chat {

/// User groups of Slack. io thread.
class SlackGroups {
 public:
  /// Slack ids of the members of "slack:@name" or "slack:S123". `fresh`: asked now, else at most 60 s old. The id behind a name may always
  /// be that old. Throws Error(unavailable) when Slack cannot be asked or knows no such group.
  Awaitable<std::set<std::string>> members(WebApi& api, std::string workspace, std::string team, std::string group, bool fresh,
                                           Deadline deadline);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Names {
    std::map<std::string, std::string> ids;  ///< by handle, lower case
    Moment until{};
  };
  struct Members {
    std::set<std::string> users;
    Moment until{};
  };
  Awaitable<std::string> id_of(WebApi& api, std::string workspace, std::string team, std::string group, Deadline deadline);

  std::map<std::string, Names> names_;  ///< by workspace
  std::map<std::pair<std::string, std::string>, Members> members_;  ///< by workspace and id
};

}  // namespace fairlead::chat
