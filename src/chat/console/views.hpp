// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::chat {

/// Triggers and the stacks of modals of open pages, by Slack's rules: a trigger opens one modal, soon; three modals at most lie on one
/// another; an update with an old hash is a conflict. Errors are ApiError(rejected) with Slack's codes. In memory. io thread.
class Views {
 public:
  /// A fresh trigger of this page, good for one view.
  std::string trigger(const std::string& client, Deadline now);

  /// Each answers the view as kept, with its id and hash.
  const Json& open(const std::string& trigger, Json view, Deadline now);
  const Json& push(const std::string& trigger, Json view, Deadline now);
  /// `hash` empty: whatever it is now.
  const Json& update(const std::string& view_id, const std::string& external_id, const std::string& hash, Json view);
  /// As the answer to a submission of that page.
  void push_on(const std::string& client, Json view);
  void close(const std::string& client, const std::string& view_id);
  void clear(const std::string& client);

  /// Null when this page has none of that id.
  const Json& find(const std::string& client, const std::string& view_id) const;
  /// The page that has the view; empty: none.
  std::string client_of(const std::string& view_id) const;
  /// {"revision", "stack"}: what the page shows, the topmost last.
  Json shown(const std::string& client) const;

 private:
  struct Trigger {
    std::string client;
    Deadline until;
  };
  struct Stack {
    std::vector<Json> views;
    std::int64_t revision = 0;
  };
  std::string take(const std::string& trigger, Deadline now, const char* method);
  Json kept(const Stack&, Json view) const;
  Stack& stack(const std::string& client);

  std::map<std::string, Trigger> triggers_;
  std::map<std::string, Stack> stacks_;
  std::int64_t revisions_ = 0;
};

}  // namespace fairlead::chat
