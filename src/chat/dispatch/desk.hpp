// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "chat/dispatch/once.hpp"
#include "chat/dispatch/turn.hpp"

namespace fairlead::chat {

/// A picker that somebody has open.
struct OpenPicker {
  Place place;             ///< where it was asked for
  std::string app;         ///< chosen last: options of refs are its
  std::uint64_t asked = 0; ///< number of the newest plan that is asked for
  int revision = 0;
};

/// Shared by everything that is on its way; outlives `Chat` until the last of it has ended.
struct Desk {
  explicit Desk(Parts given);

  Parts parts;
  Grants grants;
  Once once;
  std::map<std::string, OpenPicker> pickers;  ///< by view id
};

// commands.cpp: what was said.
Awaitable<Reply> say(Turn&, std::string text);
Awaitable<Reply> perform(Turn&, Command);

// One file a family.
Awaitable<Reply> deploy_command(Turn&, Command);
Awaitable<Reply> plan_command(Turn&, Command);
Awaitable<Reply> promote_command(Turn&, Command);
Awaitable<Reply> rollback_command(Turn&, Command);
Awaitable<Reply> redeploy_command(Turn&);

Awaitable<Reply> vote_command(Turn&, Command);
Awaitable<Reply> cancel_command(Turn&, Command);
Awaitable<Reply> retry_command(Turn&, Command);
Awaitable<Reply> show_command(Turn&, Command);
Awaitable<Reply> logs_command(Turn&, Command);

Awaitable<Reply> status_command(Turn&, Command);
Awaitable<Reply> history_command(Turn&, Command);
Awaitable<Reply> queue_command(Turn&, Command);

Awaitable<Reply> lock_command(Turn&, Command);
Awaitable<Reply> schedules_command(Turn&, Command);

Awaitable<Reply> subscribe_command(Turn&, Command);
Awaitable<Reply> self_command(Turn&, Command);
Reply help_reply(const Command&);

// interactions.cpp
/// What block_actions, shortcuts and closed views do; they are acknowledged at once.
Awaitable<Reply> interact(Turn&);

/// A submitted view: how it is acknowledged (null: it closes), and what is said then.
struct Submitted {
  Json acknowledgement;
  Reply reply;
};
Awaitable<Submitted> submit(Turn&);
/// Of `block_id`, the first input of the view when it is empty; null when there is none to show it at.
Json shown_in(const Json& view, std::string block_id, const std::string& problem);

// reasons.cpp
/// Asks in a modal for the reason of the vote that the grant stands for.
Awaitable<Reply> open_reason(Turn&, Grant);
Awaitable<Submitted> submit_reason(Turn&);
/// Posts the vote of {run, stage, plan_digest, break_glass}.
Awaitable<Reply> vote(Turn&, std::string verb, Json args, std::string reason);

// picker.cpp
Awaitable<Reply> open_picker(Turn&, PickerState start);
Awaitable<Reply> change_picker(Turn&);
Awaitable<Submitted> submit_picker(Turn&);

// options.cpp
/// {"options"} or {"option_groups"} for what was typed into a select.
Awaitable<Json> offer(Turn&);

// events.cpp
Awaitable<Reply> take_event(Turn&);

// home.cpp
Awaitable<void> publish_home(Turn&);

}  // namespace fairlead::chat
