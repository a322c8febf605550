// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

/// Does it change anything? Then who it is is asked now, groups and all.
bool acts(Verb verb) {
  using enum Verb;
  switch (verb) {
    case status:
    case where:
    case diff:
    case plan:
    case history:
    case queue:
    case show:
    case logs:
    case locks:
    case schedules:
    case subscriptions:
    case help:
    case version:
    case picker:
    case redeploy: return false;
    default: return true;
  }
}

}  // namespace

Awaitable<Reply> say(Turn& turn, std::string text) {
  auto understood = parse_command(text, vocabulary(*turn.desk));
  if (understood) co_return co_await perform(turn, std::move(*understood));
  co_await identify(turn, false);
  const auto& why = understood.error();
  const auto told = why.sentence + (why.hint.empty() ? "" : (why.sentence.ends_with('?') ? " " : ". ") + why.hint);
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) {
    return why.choices.empty() ? refusal(why.sentence, why.hint, context) : choices(told, why.choices, context);
  }));
}

Awaitable<Reply> perform(Turn& turn, Command command) {
  using enum Verb;
  if (command.verb == help) co_return help_reply(command);
  if (command.verb == picker) co_return co_await open_picker(turn, {});
  co_await identify(turn, acts(command.verb));
  switch (command.verb) {
    case picker:
    case help: break;
    case deploy: co_return co_await deploy_command(turn, std::move(command));
    case plan:
    case diff: co_return co_await plan_command(turn, std::move(command));
    case promote: co_return co_await promote_command(turn, std::move(command));
    case rollback: co_return co_await rollback_command(turn, std::move(command));
    case redeploy: co_return co_await redeploy_command(turn);
    case status:
    case where: co_return co_await status_command(turn, std::move(command));
    case history: co_return co_await history_command(turn, std::move(command));
    case queue: co_return co_await queue_command(turn, std::move(command));
    case show: co_return co_await show_command(turn, std::move(command));
    case approve:
    case reject:
    case revoke:
    case break_glass: co_return co_await vote_command(turn, std::move(command));
    case cancel: co_return co_await cancel_command(turn, std::move(command));
    case retry: co_return co_await retry_command(turn, std::move(command));
    case logs: co_return co_await logs_command(turn, std::move(command));
    case lock:
    case unlock:
    case locks:
    case freeze:
    case unfreeze: co_return co_await lock_command(turn, std::move(command));
    case schedules:
    case unschedule: co_return co_await schedules_command(turn, std::move(command));
    case subscribe:
    case unsubscribe:
    case subscriptions: co_return co_await subscribe_command(turn, std::move(command));
    case link:
    case whoami:
    case version: co_return co_await self_command(turn, std::move(command));
  }
  throw Error(ErrorKind::internal, "a command without an answer: " + to_text(command));
}

Reply help_reply(const Command& command) {
  std::string text;
  if (const auto* entry = command.topic.empty() ? nullptr : help_of(command.topic)) {
    text = "`" + escape(entry->usage) + "`\n" + escape(entry->summary);
    for (const auto& example : entry->examples) text += "\n• `" + escape(example) + "`";
    if (!entry->synonyms.empty()) text += "\nalso: " + escape(join(entry->synonyms, ", "));
    return to_asker(sentence(std::move(text)));
  }
  std::vector<HelpLine> lines;
  for (const auto& entry : command_help()) lines.push_back({entry.usage, entry.summary});
  return to_asker(help_text("What can be said; `help COMMAND` tells more", lines, CardContext{}));
}

}  // namespace fairlead::chat
