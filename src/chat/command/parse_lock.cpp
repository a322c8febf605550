// SPDX-License-Identifier: Apache-2.0
#include "chat/command/readers.hpp"
#include "fairlead/base/strings.hpp"

/// Locks and freezes.
namespace fairlead::chat {

namespace {

/// Options of locks and freezes where they stand; false: something else begins.
bool read_span(Line& line, Command& command) {
  if ((line.keyword() == "for" || line.keyword() == "--for") && duration_at(line, 1)) {
    line.take();
    command.span = parse_duration(to_lower(line.take().text));
    return true;
  }
  if (line.accept({"until", "--until"})) {
    command.until = read_when(line);
    return true;
  }
  if (command.verb == Verb::freeze && line.accept({"from", "--from"})) {
    command.at = read_when(line);
    return true;
  }
  return false;
}

void read_closing_reason(Line& line, Command& command) {
  while (read_span(line, command)) continue;
  const bool marked = line.at_reason();
  const auto left = line.left();
  if (!marked && left >= 3 && !command.span && !command.until && line.keyword(left - 2) == "for" && duration_at(line, left - 1)) {
    command.reason = line.reason_before(2);
    read_span(line, command);
  } else {
    command.reason = line.reason();
  }
  if (command.reason.empty()) line.fail("why? Say it, so that others know whom to ask", usage_of(command.verb));
  if (command.span && command.until) line.fail("give `for` or `until`, not both", usage_of(command.verb));
}

}  // namespace

void read_lock(Line& line, Command& command) {
  need(line, command, "the environment");
  if (!line.is_environment() && line.is_app() && line.is_environment(1)) {
    command.app = line.app();
    command.environment = line.environment();
  } else {
    command.environment = line.environment();
    if (line.is_app()) command.app = line.app();
  }
  if (command.verb == Verb::unlock) return no_more(line, command);
  read_closing_reason(line, command);
}

void read_freeze(Line& line, Command& command) {
  if (line.empty() || line.accept({"list"})) {
    command.verb = Verb::locks;
    return no_more(line, command);
  }
  if (line.accept({"remove", "end", "delete"})) {
    command.verb = Verb::unfreeze;
    need(line, command, "the id of the freeze");
    command.id = line.take().text;
    return no_more(line, command);
  }
  line.accept({"add"});
  need(line, command, "the environment");
  if (line.accept({"*", "all", "everything"}))
    command.environment = "*";
  else
    command.environment = line.environment();
  if (line.is_app()) command.app = line.app();
  read_closing_reason(line, command);
}

}  // namespace fairlead::chat
