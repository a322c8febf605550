// SPDX-License-Identifier: Apache-2.0
#include "chat/command/readers.hpp"
#include "fairlead/base/strings.hpp"

/// What is about one run.
namespace fairlead::chat {

namespace {

/// RUN, or an app whose run is meant, or nothing when it can be asked for.
void read_which_run(Line& line, Command& command) {
  if (line.empty() || line.at_reason()) return;
  if (line.is_run() || parse_int(line.peek().text)) {
    command.run = line.run();
  } else if (line.is_app()) {
    command.app = line.app();
  } else {
    std::vector<Choice> choices;
    for (const auto& app : similar(line.peek().text, line.known().apps)) choices.push_back({app, line.with(app)});
    line.fail("\"" + ellipsize(line.peek().text, 80) + "\" is no run", "write it as shop-api#42: " + usage_of(command.verb), choices);
  }
}

void read_stage(Line& line, Command& command) {
  if (line.accept({"--stage", "stage"})) {
    need(line, command, "the stage");
    command.stage = line.take().text;
  } else if (line.keyword().starts_with("--stage=") || line.keyword().starts_with("stage:")) {
    const auto text = line.take().text;
    command.stage = text.substr(text.find_first_of("=:") + 1);
  }
}

}  // namespace

void read_vote(Line& line, Command& command) {
  read_which_run(line, command);
  read_stage(line, command);
  command.reason = line.reason();
}

void read_show(Line& line, Command& command) {
  need(line, command, "the run");
  command.run = line.run();
  no_more(line, command);
}

void read_cancel(Line& line, Command& command) {
  read_which_run(line, command);
  command.reason = line.reason();
}

void read_retry(Line& line, Command& command) {
  read_which_run(line, command);
  command.all = line.accept({"all", "--all"});
  no_more(line, command);
}

void read_logs(Line& line, Command& command) {
  need(line, command, "the run");
  if (line.is_app()) {
    const auto app = line.app();
    command.run = parse_int(line.peek().text) ? app + "#" + line.take().text : "latest:" + app;
  } else {
    command.run = line.run();
  }
  if (!line.empty()) command.job = line.take().text;
  no_more(line, command);
}

}  // namespace fairlead::chat
