// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/locks_list.hpp"

#include "chat/cards/run_buttons.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/command.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_locks = 20;

/// A freeze has a beginning; a lock begins when it is taken.
bool is_freeze(const Json& lock) {
  return flag_at(lock, "freeze") || text_at(lock, "environment") == "*" || member(lock, "from").is_string();
}

Json unlock_button(const CardContext& context, const Json& lock) {
  if (is_freeze(lock)) return say_button(context, "Remove", to_text({.verb = Verb::unfreeze, .id = text_at(lock, "id")}));
  return say_button(context, "Unlock",
                    to_text({.verb = Verb::unlock, .app = text_at(lock, "app"), .environment = text_at(lock, "environment")}));
}

}  // namespace

std::string lock_line(const CardContext& context, const Json& lock) {
  const auto environment = text_at(lock, "environment");
  const auto app = text_at(lock, "app");
  std::string text = std::string(is_freeze(lock) ? "❄" : "🔒") + " *" + (environment == "*" ? "every environment" : line(environment, 80)) +
                     "*" + (app.empty() ? "" : " for " + line(app, 80)) + ": " + line(text_at(lock, "reason"), 300);
  std::vector<std::string> more{(flag_at(lock, "automatic") ? "by itself" : "by " + person(context, text_at(lock, "owner")))};
  if (const auto at = date_of(lock, "since"); !at.empty()) more.push_back("since " + at);
  if (const auto at = date_of(lock, "from"); !at.empty()) more.push_back("from " + at);
  const auto until = date_of(lock, "until");
  more.push_back(until.empty() ? "until somebody unlocks it" : "until " + until);
  return text + "\n      " + join(more, " · ");
}

Message locks_list(const Json& locks_and_freezes, const CardContext& context) {
  Blocks blocks("locks", context.revision);
  blocks.header("Locks and freezes");
  std::size_t shown = 0;
  for (const auto& lock : locks_and_freezes) {
    if (shown++ == most_locks) break;
    blocks.section(lock_line(context, lock), unlock_button(context, lock));
  }
  if (locks_and_freezes.size() > most_locks) blocks.context("… and " + std::to_string(locks_and_freezes.size() - most_locks) + " more");
  if (shown == 0) blocks.section("Nothing is locked.");
  const auto count = locks_and_freezes.size();
  return within_limits(
      {.text = count == 0 ? "Nothing is locked" : std::to_string(count) + (count == 1 ? " lock or freeze" : " locks and freezes"),
       .blocks = blocks.take()});
}

Message schedules_list(const Json& schedules, const CardContext& context) {
  Blocks blocks("schedules", context.revision);
  blocks.header("Schedules");
  std::size_t shown = 0;
  for (const auto& schedule : schedules) {
    if (shown++ == most_locks) break;
    const auto environment = text_at(schedule, "environment");
    const auto cron = text_at(schedule, "cron");
    const auto paused = text_at(schedule, "paused_by");
    std::string text = std::string(paused.empty() ? "🕒" : "⏸") + " *" + line(text_at(schedule, "app"), 80) + "*" +
                       (environment.empty() ? "" : " → " + line(environment, 80));
    if (const auto ref = ref_name(text_at(schedule, "ref")); !ref.empty()) text += " from " + line(ref, 100);
    text +=
        cron.empty() ? " · once " + date_of(schedule, "at") : " · every “" + line(cron, 100) + "” " + line(text_at(schedule, "zone"), 60);
    std::vector<std::string> more;
    if (!paused.empty()) more.push_back("paused by " + person(context, paused));
    if (const auto next = date_of(schedule, "next"); !next.empty()) more.push_back("next " + next);
    if (const auto calendar = text_at(schedule, "calendar"); !calendar.empty()) more.push_back("within " + line(calendar, 80));
    if (const auto who = text_at(schedule, "created_by"); !who.empty()) more.push_back("by " + person(context, who));
    if (const auto why = line(text_at(schedule, "reason"), 200); !why.empty()) more.push_back("“" + why + "”");
    text += "\n      " + join(more, " · ");
    const bool from_file = text_at(schedule, "origin") == "pipeline";
    blocks.section(text,
                   from_file ? Json() : say_button(context, "Remove", to_text({.verb = Verb::unschedule, .id = text_at(schedule, "id")})));
  }
  if (schedules.size() > most_locks) blocks.context("… and " + std::to_string(schedules.size() - most_locks) + " more");
  if (shown == 0) blocks.section("Nothing is scheduled.");
  const auto count = schedules.size();
  return within_limits({.text = count == 0 ? "Nothing is scheduled" : std::to_string(count) + (count == 1 ? " schedule" : " schedules"),
                        .blocks = blocks.take()});
}

}  // namespace fairlead::chat
