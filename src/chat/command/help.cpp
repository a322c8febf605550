// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/chat/command.hpp"

/// The one table of commands.
namespace fairlead::chat {

const std::vector<CommandHelp>& command_help() {
  using enum Verb;
  static const std::vector<CommandHelp> table{
      {deploy,
       "deploy",
       "deploy [APP [to] ENV [@REF | #RUN] [at TIME | every \"CRON\"] [-- reason]]",
       "deploy an app; alone it opens the picker",
       {"ship"},
       {"deploy shop-api staging", "deploy shop-api to production @v1.4 -- fixes the cart", "deploy shop-api production #41",
        "deploy shop-api production at 22:00 Asia/Tokyo", "deploy shop-api staging every \"0 22 * * 1-4\""}},
      {plan, "plan", "plan APP ENV [@REF | #RUN]", "what a deploy would change; touches nothing", {}, {"plan shop-api production @main"}},
      {promote,
       "promote",
       "promote APP FROM [to] ENV [-- reason]",
       "deploy to one environment what another has",
       {},
       {"promote shop-api staging to production"}},
      {status, "status", "status [APP [ENV]]", "what is where, and what goes on", {"st"}, {"status", "status shop-api production"}},
      {where, "where", "where APP", "which version each environment has", {"what", "versions"}, {"where shop-api"}},
      {diff,
       "diff",
       "diff APP ENV [REF]",
       "commits and files between what is deployed and a ref",
       {"compare"},
       {"diff shop-api production main"}},
      {history,
       "history",
       "history [APP] [ENV] [by WHO]",
       "past runs, newest first",
       {"releases"},
       {"history shop-api production", "history by me"}},
      {queue, "queue", "queue [APP]", "what runs and what waits, for whom", {"q", "running"}, {"queue"}},
      {show, "show", "show RUN", "one run", {"run", "info"}, {"show shop-api#42"}},
      {approve,
       "approve",
       "approve RUN [--stage STAGE] [reason]",
       "approve a waiting stage",
       {"accept", "lgtm"},
       {"approve shop-api#42 looks good"}},
      {reject,
       "reject",
       "reject RUN [--stage STAGE] reason",
       "reject a waiting stage",
       {"deny", "decline"},
       {"reject shop-api#42 not today"}},
      {revoke,
       "revoke",
       "revoke RUN [--stage STAGE]",
       "take back your approval before the stage starts",
       {"unapprove"},
       {"revoke shop-api#42"}},
      {break_glass,
       "break-glass",
       "break-glass RUN [--stage STAGE] reason",
       "pass an approval in an emergency; it is announced",
       {"breakglass", "bypass"},
       {"break-glass shop-api#42 the site is down"}},
      {cancel, "cancel", "cancel RUN [reason]", "stop a run", {"stop", "abort", "kill"}, {"cancel shop-api#42"}},
      {retry, "retry", "retry RUN [all]", "run the failed jobs again", {"rerun", "restart"}, {"retry shop-api#42"}},
      {rollback,
       "rollback",
       "rollback APP ENV [to RUN] [-- reason]",
       "deploy again what was there before",
       {"roll-back", "revert", "undo"},
       {"rollback shop-api production", "rollback shop-api production to #39 -- the cart is empty"}},
      {logs, "logs", "logs RUN [JOB[/STEP]]", "the end of a log", {"log", "tail"}, {"logs shop-api#42 unit"}},
      {lock,
       "lock",
       "lock ENV [APP] [for 2h | until TIME] reason",
       "let nothing be deployed there",
       {},
       {"lock production for 2h the database is being moved", "lock staging shop-api load test"}},
      {unlock, "unlock", "unlock ENV [APP]", "take a lock away", {}, {"unlock production"}},
      {locks, "locks", "locks", "locks and freezes that hold", {"freezes"}, {"locks"}},
      {freeze,
       "freeze",
       "freeze ENV|all [APP] [from TIME] [until TIME | for 2d] reason",
       "let no deploy start in that time",
       {},
       {"freeze all until 2027-01-04 09:00 end of the year", "freeze production for 4h incident"}},
      {unfreeze, "unfreeze", "unfreeze ID", "end a freeze; `locks` shows the ids", {"thaw"}, {}},
      {schedules, "schedules", "schedules", "deploys at a time, and recurring ones", {"scheduled", "schedule"}, {"schedules"}},
      {unschedule, "unschedule", "unschedule ID", "remove a schedule; `schedules` shows the ids", {}, {}},
      {subscribe,
       "subscribe",
       "subscribe APP|ENV [start] [approval] [success] [failure]",
       "show its runs in this channel",
       {"sub"},
       {"subscribe shop-api", "subscribe production failure approval"}},
      {unsubscribe, "unsubscribe", "unsubscribe APP|ENV|all", "stop showing them here", {"unsub"}, {"unsubscribe shop-api"}},
      {subscriptions, "subscriptions", "subscriptions", "what is shown in this channel", {"subs"}, {"subscriptions"}},
      {link, "link", "link [CODE]", "tie this account to yours in the dashboard", {"signin", "login"}, {"link"}},
      {whoami, "whoami", "whoami", "who you are taken for, and what you may do", {"me"}, {"whoami"}},
      {help, "help", "help [COMMAND]", "this list, or one command", {"?", "-h", "--help", "commands"}, {"help deploy"}},
      {version, "version", "version", "of the server, and its load", {"about", "doctor"}, {"version"}},
      {redeploy, "redeploy", "redeploy", "your last deploy once more, after a look at its plan", {}, {"redeploy"}},
  };
  return table;
}

const CommandHelp* help_of(std::string_view word) {
  const auto lower = to_lower(word);
  for (const auto& entry : command_help())
    if (entry.word == lower || std::ranges::find(entry.synonyms, lower) != entry.synonyms.end()) return &entry;
  return nullptr;
}

}  // namespace fairlead::chat
