// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "chat/command/readers.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

std::string usage_of(Verb verb) {
  const auto entry = std::ranges::find(command_help(), verb, &CommandHelp::verb);
  return entry == command_help().end() ? "help" : entry->usage;
}

void need(const Line& line, const Command& command, const std::string& what) {
  if (line.empty()) line.fail(what + " is missing", usage_of(command.verb));
}

void no_more(const Line& line, const Command& command) {
  if (!line.empty()) line.fail("\"" + ellipsize(line.peek().text, 80) + "\" is one word too many", usage_of(command.verb));
}

namespace {

constexpr std::size_t longest = 8000;
constexpr std::array<std::string_view, 4> event_names{"start", "approval", "success", "failure"};

void read_status(Line& line, Command& command) {
  if (line.is_run()) {
    command.verb = Verb::show;
    command.run = line.run();
    return no_more(line, command);
  }
  if (line.empty()) return;
  if (!line.is_app() && line.is_environment()) {
    command.environment = line.environment();
    if (!line.empty()) command.app = line.app();
  } else {
    command.app = line.app();
    line.accept({"on", "in", "to"});
    if (!line.empty()) command.environment = line.environment();
  }
  no_more(line, command);
}

void read_where(Line& line, Command& command) {
  line.accept({"is"});
  need(line, command, "the app");
  command.app = line.app();
  no_more(line, command);
}

void read_history(Line& line, Command& command) {
  while (!line.empty()) {
    if (line.accept({"by", "--by"})) {
      need(line, command, "the person");
      const auto word = line.take();
      command.by = to_lower(word.text) == "me" ? "me" : word.account.empty() ? word.text : "slack:" + word.account;
    } else if (line.accept({"before", "--before"})) {
      need(line, command, "the run");
      command.before = line.run(command.app);
    } else if (command.app.empty() && (line.is_app() || !line.is_environment())) {
      command.app = line.app();
    } else if (command.environment.empty()) {
      line.accept({"on", "in", "to"});
      command.environment = line.environment();
    } else {
      no_more(line, command);
    }
  }
}

void read_queue(Line& line, Command& command) {
  if (!line.empty()) command.app = line.app();
  no_more(line, command);
}

void read_id(Line& line, Command& command) {
  need(line, command, "the id");
  command.id = line.take().text;
  no_more(line, command);
}

void read_schedules(Line& line, Command& command) {
  line.accept({"list", "next"});
  if (line.accept({"remove", "delete"})) {
    command.verb = Verb::unschedule;
    return read_id(line, command);
  }
  no_more(line, command);
}

void read_subject(Line& line, Command& command) {
  need(line, command, "the app or environment");
  line.accept({"to", "from"});
  if (command.verb == Verb::unsubscribe && line.accept({"all", "*", "everything"}))
    command.all = true;
  else if (!line.is_app() && line.is_environment())
    command.environment = line.environment();
  else
    command.app = line.app();
}

void read_subscribe(Line& line, Command& command) {
  read_subject(line, command);
  const std::vector<std::string> names(event_names.begin(), event_names.end());
  while (!line.empty()) {
    for (const auto& part : split(line.peek().text, ',')) {
      if (part.empty()) continue;
      const auto name = exact_name(part, names);
      const auto known = name ? name : similar(part, names, 1).empty() ? std::nullopt : std::optional(similar(part, names, 1).front());
      if (!known) line.fail("there is no event \"" + ellipsize(part, 80) + "\"", "there are: " + join(names, ", "));
      if (std::ranges::find(command.events, *known) == command.events.end()) command.events.push_back(*known);
    }
    line.take();
  }
}

void read_unsubscribe(Line& line, Command& command) {
  read_subject(line, command);
  no_more(line, command);
}

void read_help(Line& line, Command& command) {
  if (!line.empty()) {
    const auto word = line.take().text;
    const auto* entry = help_of(word);
    if (!entry) {
      std::vector<std::string> words;
      for (const auto& known : command_help()) words.push_back(known.word);
      std::vector<Choice> choices;
      for (const auto& near : similar(word, words, 3)) choices.push_back({"help " + near, "help " + near});
      line.fail("there is no command \"" + ellipsize(word, 80) + "\"", "`help` shows all", choices);
    }
    command.topic = entry->word;
  }
  no_more(line, command);
}

/// The code is typed in the console.
void read_link(Line& line, Command& command) {
  if (!line.empty()) command.id = line.take().text;
  no_more(line, command);
}

void read_nothing(Line& line, Command& command) { no_more(line, command); }

using Reader = void (*)(Line&, Command&);
Reader reader_of(Verb verb) {
  using enum Verb;
  switch (verb) {
    case deploy:
    case picker: return read_deploy;
    case plan:
    case diff: return read_diff;
    case promote: return read_promote;
    case status: return read_status;
    case where: return read_where;
    case history: return read_history;
    case queue: return read_queue;
    case show: return read_show;
    case approve:
    case reject:
    case revoke:
    case break_glass: return read_vote;
    case cancel: return read_cancel;
    case retry: return read_retry;
    case rollback: return read_rollback;
    case logs: return read_logs;
    case lock:
    case unlock: return read_lock;
    case freeze: return read_freeze;
    case unfreeze:
    case unschedule: return read_id;
    case schedules: return read_schedules;
    case subscribe: return read_subscribe;
    case unsubscribe: return read_unsubscribe;
    case help: return read_help;
    case link: return read_link;
    case locks:
    case subscriptions:
    case whoami:
    case version:
    case redeploy: return read_nothing;
  }
  return read_nothing;
}

[[noreturn]] void unknown(const Line& line) {
  const auto& word = line.peek().text;
  std::vector<std::string> words;
  for (const auto& entry : command_help()) {
    words.push_back(entry.word);
    words.insert(words.end(), entry.synonyms.begin(), entry.synonyms.end());
  }
  words.insert(words.end(), line.known().apps.begin(), line.known().apps.end());
  std::vector<Choice> choices;
  for (const auto& near : similar(word, words, 4)) choices.push_back({near, line.with(near)});
  line.fail("I do not know \"" + ellipsize(word, 80) + "\"" + (choices.empty() ? "" : "; did you mean one of these?"),
            "`help` shows every command", choices);
}

Command read_command(Line& line) {
  if (line.known().genova)
    if (auto command = read_genova(line)) return *command;
  Command command;
  if (line.empty()) {
    command.verb = Verb::picker;
    return command;
  }
  if (line.keyword() == "roll" && line.keyword(1) == "back") line.take();
  const auto* entry = line.peek().quoted ? nullptr : line.keyword() == "back" ? help_of("rollback") : help_of(line.peek().text);
  if (entry) {
    line.take();
    command.verb = entry->verb;
  } else if (line.is_app() || (line.is_environment() && line.is_app(1))) {
    command.verb = Verb::deploy;
  } else {
    unknown(line);
  }
  reader_of(command.verb)(line, command);
  return command;
}

/// The text after a leading mention of the bot and a leading "/deploy".
std::string_view without_address(std::string_view text) {
  for (int i = 0; i < 2; ++i) {
    const auto words = words_of(text);
    if (words.empty()) return {};
    const auto& first = words.front();
    const bool mention = !first.account.empty() && first.text.starts_with('@');
    const bool slash = !first.quoted && first.text.size() > 1 && first.text.starts_with('/');
    if (!mention && !slash) break;
    text = text.substr(first.end);
  }
  return trim(text);
}

}  // namespace

std::expected<Command, Misunderstanding> parse_command(std::string_view text, const Vocabulary& known) {
  if (text.size() > longest)
    return std::unexpected(Misunderstanding{"this is longer than any command", "say it in fewer than 8000 bytes", {}});
  Line line(without_address(text), known);
  try {
    return read_command(line);
  } catch (NotUnderstood& problem) {
    return std::unexpected(std::move(problem.why));
  }
}

}  // namespace fairlead::chat
