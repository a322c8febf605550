// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/words.hpp"

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
  blocks.section("🚫 " + escape(sentence)).context(escape(hint));
  return within_limits({.text = escape(sentence + (hint.empty() ? "" : " (" + hint + ")")), .blocks = blocks.take()});
}

}  // namespace fairlead::chat
