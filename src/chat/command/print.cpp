// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/command/line.hpp"
#include "fairlead/base/strings.hpp"

/// Commands as text: what a button says instead of a person.
namespace fairlead::chat {

namespace {

class Text {
 public:
  explicit Text(std::string first) : text_(std::move(first)) {}
  Text& word(const std::string& value) { return value.empty() ? *this : plain(quoted(value)); }
  Text& plain(const std::string& value) {
    text_ += (text_.empty() ? "" : " ") + value;
    return *this;
  }
  Text& option(const std::string& name, const std::string& value) { return value.empty() ? *this : plain(name).word(value); }
  Text& mark(const std::string& sign, const std::string& value) { return value.empty() ? *this : plain(sign + quoted(value)); }
  Text& reason(const std::string& value) { return value.empty() ? *this : plain("-- " + quoted(value)); }
  std::string done() { return std::move(text_); }

 private:
  std::string text_;
};

std::string when_text(const When& when) {
  if (when.exact) return format_time(*when.exact);
  const auto pad = [](int value) { return std::string(value < 10 ? "0" : "") + std::to_string(value); };
  return (when.day.empty() ? "" : when.day + " ") + pad(when.minute / 60) + ":" + pad(when.minute % 60) +
         (when.zone.empty() ? "" : " " + when.zone);
}

void add_moment(Text& text, const std::string& name, const std::optional<When>& when) {
  if (!when) return;
  if (when->in)
    text.plain("in " + format_duration(*when->in));
  else
    text.plain(name + " " + when_text(*when));
}

std::string word_of(Verb verb) {
  const auto entry = std::ranges::find(command_help(), verb, &CommandHelp::verb);
  return entry == command_help().end() ? "deploy" : entry->word;
}

}  // namespace

std::string to_text(const Command& command) {
  Text text(word_of(command.verb));
  if (command.verb == Verb::help) return text.word(command.topic).done();
  if (command.verb == Verb::lock || command.verb == Verb::unlock || command.verb == Verb::freeze) {
    text.plain(command.environment == "*" ? "all" : quoted(command.environment)).word(command.app);
  } else {
    text.word(command.app).word(command.from);
    if (!command.environment.empty()) text.word(command.environment);
  }
  text.word(command.id);
  if (command.all) text.plain("all");
  if (command.verb == Verb::rollback)
    text.option("to", command.run);
  else
    text.word(command.run);
  text.word(command.job).mark("@", command.ref).option("--image", command.image).option("--stage", command.stage);
  for (const auto& event : command.events) text.plain(event);
  text.option("by", command.by).option("before", command.before);
  if (command.span) text.plain("for " + format_duration(*command.span));
  add_moment(text, command.verb == Verb::freeze ? "from" : "at", command.at);
  add_moment(text, "until", command.until);
  if (!command.cron.empty()) text.plain("every \"" + command.cron + "\"");
  text.option("--zone", command.zone).option("--calendar", command.calendar);
  return text.reason(command.reason).done();
}

}  // namespace fairlead::chat
