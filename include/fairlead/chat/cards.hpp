// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/handles.hpp"
#include "fairlead/chat/message.hpp"

/// Every card and view, as pure functions of values: the JSON of the REST API (Run, RunRow, Lock, …: interfaces.md) and what is given here.
/// The clock changes nothing: what runs is drawn with the time it began, so that the same state gives the same bytes but for the
/// block_ids. All results keep within Slack's limits.
///
/// Verbs of the grants and their args: approve {run, stage, plan_digest, break_glass?}, reject {run, stage, plan_digest} · cancel, retry
/// {run} · rollback {app, environment} · answer {run, job, step, choice, asked_at?} · say, page {command} · open-picker {}. The action_id
/// of a button is its verb, with "#1", "#2" … when its block has several of them; that of an address is "link". A menu of a list has the
/// action_id "say" and handles as the values of its options.
namespace fairlead::chat {

/// Turns a grant into a button's value, and remembers it to be stored with the message.
using Granting = std::function<std::string(Grant)>;

struct CardContext {
  std::string public_url;  ///< of the dashboard; links are left out when empty
  Time now{};
  int revision = 0;  ///< of this drawing: part of every block_id
  std::string card;  ///< key of the card, for its grants
  Granting grant;
  std::function<std::string(const std::string&)> mention;  ///< of a person's id; empty: chat::mention
  std::string repository;  ///< of the app, as configured: commits become links when its host is known; may be empty
  std::string deployed;  ///< version that is in the environment of the approval now, for the comparison; may be empty
  bool break_glass = false;  ///< the approval may be bypassed by somebody: offer it
};

/// The one card of a run, edited in place until its end.
Message run_card(const Json& run, const CardContext&);
/// A new message when a stage waits for people: plan, commit, who is needed, buttons; without buttons once it is decided.
Message approval_card(const Json& run, const std::string& stage, const CardContext&);
/// A new message in the thread (production: also in the channel) when it ended badly: reason, exit code, last 20 lines, buttons.
struct LogTail {
  std::string job, step, text;  ///< text already masked
};
Message failure_reply(const Json& run, const std::optional<LogTail>&, const CardContext&);
/// A step asks in the middle of a job (`steps[].question {text, choices[], until}`): a button for each choice (verb `answer`, {run, job,
/// step, choice}); without buttons once the step went on.
Message question_card(const Json& run, const std::string& job, int step, const CardContext&);
/// For the channels of `break-glass: notify`: who went past which approval, and the reason they gave.
Message bypass_note(const Json& run, const std::string& stage, const CardContext&);
/// In the thread of an approval that waits still. `people`: mentions, safe already; may be empty.
Message reminder(const Json& run, const std::string& stage, const std::vector<std::string>& people, const CardContext&);

/// Lists for one person. Each takes the answer of the API route it is named after.
Message status_list(const Json& environments, const std::string& title, const CardContext&);
Message history_list(const Json& rows, const std::string& next_page_command, const CardContext&);
/// Rows, or whole runs: those also say what they wait for.
Message queue_list(const Json& unfinished_runs, const CardContext&);
/// A freeze is known by "freeze": true, by its beginning, or by the environment "*".
Message locks_list(const Json& locks_and_freezes, const CardContext&);
Message schedules_list(const Json& schedules, const CardContext&);
Message plan_text(const Json& plan, const CardContext&);
/// Commits and files of a plan, for `diff`.
Message diff_list(const Json& plan, const CardContext&);
/// `me`: {id, role, apps[], environments[]}; `groups` as far as they could be asked.
Message whoami_text(const Json& me, const std::vector<std::string>& groups, const CardContext&);
/// The end of a log that was asked for.
Message log_text(const Json& run, const LogTail&, const CardContext&);
struct HelpLine {
  std::string usage, what;
};
Message help_text(const std::string& title, const std::vector<HelpLine>&, const CardContext&);

/// A sentence, and buttons that say a command instead of the person: nearest names, the two apps that were meant.
struct Choice {
  std::string label, command;
};
Message choices(const std::string& sentence, const std::vector<Choice>&, const CardContext&);
/// A refusal or an error: what was asked, why not, who can or what to do.
Message refusal(const std::string& sentence, const std::string& hint, const CardContext&);

/// The picker: app → environment → ref → plan → reason. What is not known yet is null; `plan` null: being asked.
struct PickerState {
  std::string handle;  ///< for private_metadata: nothing else goes there
  std::vector<std::string> apps;  ///< offered (at most 100), when short enough for a static list; else external
  std::string app, environment, ref, reason;
  std::vector<std::string> environments;
  std::optional<Json> plan;
  std::string problem;  ///< shown instead of the plan
};
Json picker_view(const PickerState&, const CardContext&);
/// Asks for the reason of a rejection or a break-glass.
Json reason_view(const std::string& title, const std::string& question, bool required, const std::string& handle);
/// Waiting for you, running, your last deploys, locks.
struct HomeState {
  /// `waiting`: whole runs with an open approval. The others: whole runs or rows; locks as of the API.
  Json waiting = Json::array(), running = Json::array(), mine = Json::array(), locks = Json::array();
  std::vector<std::string> warnings;
};
Json home_view(const HomeState&, const CardContext&);

}  // namespace fairlead::chat
