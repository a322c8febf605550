// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/time.hpp"
#include "fairlead/chat/cards.hpp"

/// What a person asks for in words: one grammar for slash commands, mentions, direct messages and the console. Pure.
namespace fairlead::chat {

/// What the parser knows of the world. A word is an app or an environment when it is one of these (in any case), so the reason after it
/// needs no mark.
struct Vocabulary {
  std::vector<std::string> apps, environments;
  bool genova = false;  ///< `compat: genova`: its mention grammar is understood, too
};

enum class Verb {
  picker,
  deploy,
  plan,
  promote,
  status,
  where,
  diff,
  history,
  queue,
  show,
  approve,
  reject,
  break_glass,
  revoke,
  cancel,
  retry,
  rollback,
  logs,
  lock,
  unlock,
  locks,
  freeze,
  unfreeze,
  schedules,
  unschedule,
  subscribe,
  unsubscribe,
  subscriptions,
  link,
  whoami,
  help,
  version,
  redeploy
};

/// A moment as it was said: exact, after some time, or a time of day in a zone.
struct When {
  std::optional<Time> exact;   ///< with an offset or "Z"
  std::optional<Duration> in;  ///< from now
  std::string day;             ///< "2026-11-20", "today", "tomorrow", "mon"; empty: the next time that the clock shows it
  int minute = 0;              ///< of that day
  std::string zone;            ///< as said; empty: the person's
  bool operator==(const When&) const = default;
};

/// Members that a command does not take are empty.
struct Command {
  Verb verb = Verb::help;
  std::string app, environment;     ///< canonical names of the vocabulary; environment "*" of a freeze: all
  std::string from;                 ///< promote: the environment that has what is wanted
  std::string ref, image;           ///< what to deploy: a ref, branch, tag or commit …
  std::string run;                  ///< … or a run: "shop-api#42", "latest:shop-api", an id
  std::string stage, job;           ///< job: "unit", "unit/0"
  std::string reason;
  std::string topic;                ///< help: of which command
  std::string id;                   ///< of a freeze or a schedule
  std::string by, before;           ///< history: only of this person ("me"); rows older than this run
  std::optional<Duration> span;     ///< for 2h
  std::optional<When> at, until;
  std::string cron, zone, calendar; ///< every …; `zone` is empty when it was not said
  std::vector<std::string> events;  ///< subscribe: start, approval, success, failure; empty: all
  bool all = false;                 ///< retry, unsubscribe
  bool confirm = false;             ///< show the plan and ask first
  bool operator==(const Command&) const = default;
};

/// It was not understood: a sentence, what to do, and commands that may have been meant.
struct Misunderstanding {
  std::string sentence, hint;
  std::vector<Choice> choices;
};

/// `text` as Slack sends it (`<@U1|name>`, `&amp;`, smart quotes) or as typed in the console; a leading "/deploy" or mention is passed
/// over. Without any word: Verb::picker.
std::expected<Command, Misunderstanding> parse_command(std::string_view text, const Vocabulary&);

/// A text that parses as this command.
std::string to_text(const Command&);

/// `word` as the parser takes it for one word.
std::string quoted(const std::string& word);

/// The instant; `zone` (IANA, empty: UTC) where the moment does not say one. Error(invalid) for an unknown zone, Error(usage) for a moment
/// that has passed.
Time instant_of(const When&, Time now, const std::string& zone);

/// One line of `help`.
struct CommandHelp {
  Verb verb;
  std::string word, usage, summary;
  std::vector<std::string> synonyms, examples;
};
const std::vector<CommandHelp>& command_help();
/// Of one command by its word or a synonym; nullptr: there is none.
const CommandHelp* help_of(std::string_view word);

/// Up to `most` of the candidates that may have been meant by the word, best first.
std::vector<std::string> similar(std::string_view word, const std::vector<std::string>& candidates, std::size_t most = 5);

}  // namespace fairlead::chat
