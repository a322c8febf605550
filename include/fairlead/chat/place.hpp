// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// Names of where something was said, and by whom, as Slack names them.
namespace fairlead::chat {

/// Workspace of the browser console; it has one channel of the same name.
inline constexpr const char* console = "console";
/// The one workspace whose token stands in fairlead.yml; workspaces that were installed by OAuth have their own ids.
inline constexpr const char* pasted = "slack";

struct Place {
  std::string workspace;  ///< `pasted`, `console`, or of an OAuth installation "T123" ("E123" when it is org-wide)
  std::string channel;    ///< "C…", "G…", "D…"; `console`
  std::string thread;     ///< ts of the root message; empty: not in a thread
};

/// Who said it, from the authenticated payload alone: never from a button's value, a text or private_metadata.
struct Account {
  std::string workspace;  ///< the app's
  std::string home;       ///< the person's own workspace (user.team_id); another than `workspace` in a shared channel
  std::string user;       ///< "U…", "W…"; in the console the person's id
  std::string name;       ///< for display only
};

}  // namespace fairlead::chat
