// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

/// Answers that are a sentence and what to do next.
namespace fairlead::chat {

namespace {
constexpr std::size_t most_choices = 10;
}

Message choices(const std::string& sentence, const std::vector<Choice>& list, const CardContext& context) {
  Blocks blocks("choices", context.revision);
  blocks.section(escape(sentence));
  std::vector<Json> buttons;
  for (const auto& choice : list) {
    if (buttons.size() == most_choices) break;
    buttons.push_back(say_button(context, choice.label, choice.command));
  }
  blocks.actions(std::move(buttons));
  if (list.size() > most_choices) blocks.context("… and " + std::to_string(list.size() - most_choices) + " more");
  return within_limits({.text = escape(sentence), .blocks = blocks.take()});
}

Message refusal(const std::string& sentence, const std::string& hint, const CardContext& context) {
  Blocks blocks("refusal", context.revision);
  const auto said = with_people(context, sentence);
  const auto advice = with_people(context, hint);
  blocks.section("🚫 " + said).context(advice);
  return within_limits({.text = advice.empty() ? said : said + " (" + advice + ")", .blocks = blocks.take()});
}

Message help_text(const std::string& title, const std::vector<HelpLine>& list, const CardContext& context) {
  Blocks blocks("help", context.revision);
  blocks.header(title);
  std::vector<std::string> lines;
  for (const auto& entry : list) lines.push_back("`" + replace_all(line(entry.usage, 200), "`", "'") + "`  " + line(entry.what, 300));
  blocks.section(join(lines, "\n"));
  return within_limits({.text = lines.size() == 1 ? line(list.front().usage, 200) + ": " + line(list.front().what, 300) : escape(title),
                        .blocks = blocks.take()});
}

Message whoami_text(const Json& me, const std::vector<std::string>& groups, const CardContext& context) {
  const auto names = [&](const char* key, const char* all) {
    std::vector<std::string> list;
    for (const auto& name : member(me, key))
      if (name.is_string()) list.push_back(line(name.get<std::string>(), 80));
    return list.empty() ? std::string(all) : join(list, ", ");
  };
  std::vector<std::string> shown;
  for (const auto& group : groups) shown.push_back(person(context, group));
  const auto id = text_at(me, "id");
  const auto said = "You are " + line(id, 120) + " with the role " + line(text_at(me, "role", "none"), 40);
  Blocks blocks("whoami", context.revision);
  blocks.section("You are *" + line(id, 120) + "* with the role *" + line(text_at(me, "role", "none"), 40) + "*.");
  blocks.fields({"*Apps*\n" + names("apps", "all"), "*Environments*\n" + names("environments", "all"),
                 "*Groups*\n" + (shown.empty() ? std::string("none that are known") : join(shown, ", "))});
  return within_limits({.text = said, .blocks = blocks.take()});
}

}  // namespace fairlead::chat
