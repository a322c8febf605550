// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chat/command/line.hpp"

/// Readers of what follows the first word of a command. Each throws NotUnderstood.
namespace fairlead::chat {

std::string usage_of(Verb);
/// Throws when nothing follows.
void need(const Line&, const Command&, const std::string& what);
/// Throws when something follows.
void no_more(const Line&, const Command&);

// parse_deploy.cpp
void read_deploy(Line&, Command&);
void read_diff(Line&, Command&);
void read_promote(Line&, Command&);
void read_rollback(Line&, Command&);

// parse_run.cpp
void read_vote(Line&, Command&);
void read_show(Line&, Command&);
void read_cancel(Line&, Command&);
void read_retry(Line&, Command&);
void read_logs(Line&, Command&);

// parse_lock.cpp
void read_lock(Line&, Command&);
void read_freeze(Line&, Command&);

}  // namespace fairlead::chat
