// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/command/readers.hpp"
#include "fairlead/base/strings.hpp"

/// deploy, plan, diff, promote, rollback.
namespace fairlead::chat {

namespace {

/// APP [to] ENV, in either order.
void read_place(Line& line, Command& command) {
  need(line, command, "the app");
  if (!line.is_app() && line.is_environment() && line.is_app(1)) {
    command.environment = line.environment();
    command.app = line.app();
    return;
  }
  command.app = line.app();
  line.accept({"to", "on", "in", "into"});
  if (line.empty() || line.at_reason() || line.peek().text.starts_with('@') || line.is_run()) {
    std::vector<Choice> choices;
    for (const auto& name : line.known().environments)
      if (choices.size() < 10) choices.push_back({name, line.with_before(name)});
    line.fail("which environment of " + command.app + "?", usage_of(command.verb), choices);
  }
  command.environment = line.environment();
}

void set_ref(Line& line, Command& command, std::string ref) {
  if (!command.ref.empty() || !command.run.empty() || !command.image.empty())
    line.fail("there are two answers to what to deploy: \"" + ellipsize(ref, 80) + "\" and another before it", usage_of(command.verb));
  if (ref.empty()) line.fail("the ref after @ is missing", usage_of(command.verb));
  command.ref = std::move(ref);
}

/// "@REF", "ref:REF", "--ref REF", "--ref=REF".
bool read_ref(Line& line, Command& command) {
  const auto& text = line.peek().text;
  const auto lower = line.keyword();
  if (lower == "@" || lower == "--ref" || lower == "ref:") {
    line.take();
    need(line, command, "the ref");
    set_ref(line, command, line.take().text);
    return true;
  }
  for (const std::string_view prefix : {"ref:", "--ref=", "@"}) {
    if (!lower.starts_with(prefix)) continue;
    auto ref = text.substr(prefix.size());
    line.take();
    set_ref(line, command, std::move(ref));
    return true;
  }
  return false;
}

bool read_run(Line& line, Command& command) {
  if (line.accept({"--run"})) need(line, command, "the run");
  if (!line.is_run()) return false;
  auto run = line.run(command.app);
  if (!command.ref.empty() || !command.run.empty()) line.fail("give a ref or a run, not both", usage_of(command.verb));
  command.run = std::move(run);
  return true;
}

bool is_cron_field(const std::string& text) {
  return !text.empty() && text.size() <= 40 && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '*' || c == ',' || c == '/' || c == '-' || c == '?' || c == '#';
  });
}

void read_zone(Line& line, Command& command) {
  if (line.accept({"--zone", "zone"}))
    command.zone = line.take().text;
  else if (is_zone(line.peek().text))
    command.zone = line.take().text;
}

/// every "0 22 * * 1-4" [ZONE], also without the quotes; every @daily.
void read_every(Line& line, Command& command) {
  need(line, command, "the cron expression");
  if (line.peek().quoted || line.peek().text.starts_with('@')) {
    command.cron = std::string(trim(line.take().text));
  } else {
    std::vector<std::string> fields;
    while (fields.size() < 5 && is_cron_field(line.peek().text)) fields.push_back(line.take().text);
    command.cron = join(fields, " ");
  }
  const auto fields = split(command.cron, ' ');
  const auto written = std::ranges::count_if(fields, [](const std::string& field) { return !field.empty(); });
  if (written != 5 && !(written == 1 && command.cron.starts_with('@')))
    line.fail("\"" + ellipsize(command.cron, 80) + "\" is no cron expression",
              "write five fields: every \"0 22 * * 1-4\", or every @daily");
  read_zone(line, command);
}

bool read_timing(Line& line, Command& command) {
  if (line.accept({"at", "--at"})) {
    need(line, command, "the time");
    command.at = read_when(line);
    return true;
  }
  if (line.accept({"every", "--cron"})) {
    read_every(line, command);
    return true;
  }
  if (line.keyword() == "in" && duration_at(line, 1)) {
    line.take();
    command.at = When{.exact = {}, .in = parse_duration(line.take().text), .day = {}, .minute = 0, .zone = {}};
    return true;
  }
  if (line.accept({"--calendar", "calendar"})) {
    need(line, command, "the calendar");
    command.calendar = line.take().text;
    return true;
  }
  if (line.accept({"--zone", "zone"})) {
    need(line, command, "the zone");
    command.zone = line.take().text;
    return true;
  }
  return false;
}

/// What may follow APP ENV of a deploy, in any order; the reason is last.
void read_deploy_tail(Line& line, Command& command) {
  while (!line.empty()) {
    if (line.at_reason()) {
      command.reason = line.reason();
      return;
    }
    if (read_ref(line, command) || read_run(line, command) || read_timing(line, command) || line.accept({"now", "please"})) continue;
    if (line.accept({"--dry-run", "--plan"})) {
      command.verb = Verb::plan;
    } else if (line.accept({"--image", "image"})) {
      need(line, command, "the image");
      command.image = line.take().text;
    } else if (command.ref.empty() && command.run.empty() && (line.left() == 1 || line.at_reason(1))) {
      set_ref(line, command, line.take().text);
    } else {
      line.fail("I do not know what to do with \"" + ellipsize(line.peek().text, 80) + "\"",
                "a reason goes after `--`: " + usage_of(command.verb), {{"it is the reason", line.with_before("--")}});
    }
  }
  if (command.at && !command.cron.empty()) line.fail("give a time or a recurring one, not both", usage_of(command.verb));
}

}  // namespace

void read_deploy(Line& line, Command& command) {
  if (line.empty()) {
    command.verb = Verb::picker;
    return;
  }
  read_place(line, command);
  read_deploy_tail(line, command);
}

void read_diff(Line& line, Command& command) {
  read_place(line, command);
  while (!line.empty()) {
    if (read_ref(line, command) || read_run(line, command)) continue;
    set_ref(line, command, line.take().text);
  }
}

void read_promote(Line& line, Command& command) {
  need(line, command, "the app");
  command.app = line.app();
  line.accept({"from"});
  need(line, command, "the environment to take from");
  command.from = line.environment();
  line.accept({"to", "into", "on"});
  need(line, command, "the environment to deploy to");
  command.environment = line.environment();
  if (!line.empty() && !line.at_reason())
    line.fail("a reason goes after `--`", usage_of(command.verb), {{"it is the reason", line.with_before("--")}});
  command.reason = line.reason();
}

void read_rollback(Line& line, Command& command) {
  read_place(line, command);
  line.accept({"to", "--to"});
  if (!line.empty() && !line.at_reason()) command.run = line.run(command.app);
  if (!line.empty() && !line.at_reason())
    line.fail("a reason goes after `--`", usage_of(command.verb), {{"it is the reason", line.with_before("--")}});
  command.reason = line.reason();
}

}  // namespace fairlead::chat
