// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/chat/grants.hpp"

namespace fairlead::chat {

namespace {

using Kind = Judgement::Kind;
using Why = Judgement::Why;

/// After this long an act that was begun and never settled is taken to have died with the server, and may be begun again: with the same
/// idempotency key, so that what it did is not done twice.
constexpr Duration act_limit = std::chrono::seconds(60);
constexpr std::size_t most_uses = 100;  ///< kept of a button that many may press

Judgement refuse(Why why, std::string text) { return {Kind::refused, why, std::move(text)}; }

/// "<what>@<workspace>/<channel>" (card_key)
bool in_workspace(const std::string& card, const std::string& workspace) {
  const auto at = card.rfind('@');
  return at != std::string::npos && card.compare(at + 1, workspace.size() + 1, workspace + "/") == 0;
}

std::string at_text(Time at) { return " at " + format_time(at).substr(11, 5) + " UTC"; }

/// Of a button that one press uses up, and of this very click.
std::optional<Judgement> used(const Click& click, const KeptGrant& kept, Time now) {
  for (const auto& use : kept.uses) {
    const bool same_click = use.click == click.id;
    if (!same_click && (!kept.grant.once || use.refused)) continue;
    if (!use.done && !use.refused) {
      if (now - use.at >= act_limit) continue;
      return Judgement{Kind::repeated, Why::used, "this is being done already"};
    }
    if (same_click || use.user == click.user)
      return Judgement{Kind::repeated, Why::used, use.text.empty() ? "you did this already" + at_text(use.at) : use.text};
    return refuse(Why::used, "<@" + use.user + "> did this already" + at_text(use.at));
  }
  return std::nullopt;
}

/// Where the click was made against where the button is.
std::optional<Judgement> misplaced(const Click& click, const Found& found) {
  const Grant& grant = found.grant->grant;
  if (grant.card.empty()) return std::nullopt;
  if (!in_workspace(grant.card, click.workspace)) return refuse(Why::moved, "this button belongs to another workspace");
  if (!found.card || found.card->ts.empty()) return refuse(Why::moved, "this card is still being sent; press again in a moment");
  if (click.channel != found.card->channel || click.ts != found.card->ts)
    return refuse(Why::moved, "this is a copy of the card; use the original, which is the one that is kept up to date");
  return std::nullopt;
}

}  // namespace

Judgement judge(const Click& click, const Found& found, Time now) {
  if (!found.grant || click.handle.empty() || click.id.empty())
    return refuse(Why::unknown, "this button is not known here (any more); ask for a new card with `status`");
  const KeptGrant& kept = *found.grant;
  // Buttons of one verb in one block have the action_ids "say", "say#1", …
  if (!click.verb.empty() && click.verb.substr(0, click.verb.find('#')) != kept.grant.verb)
    return refuse(Why::unknown, "this button is not what it says it is");
  if (!found.retired.empty()) return refuse(Why::retired, found.retired);
  if (kept.grant.expires && now >= *kept.grant.expires)
    return refuse(Why::expired, "this button expired at " + format_time(*kept.grant.expires));
  if (auto verdict = used(click, kept, now)) return *verdict;
  if (auto verdict = misplaced(click, found)) return *verdict;
  if (!kept.grant.audience.empty() && kept.grant.audience != click.user)
    return refuse(Why::audience, "this button is for <@" + kept.grant.audience + "> alone");
  if (!kept.grant.card.empty() && kept.revision < found.drawn)
    return refuse(Why::outdated, "this card has changed since you saw it; look at it again");
  return {Kind::act, Why::none, ""};
}

KeptGrant begun(KeptGrant kept, const Click& click, Time now) {
  std::erase_if(kept.uses, [&](const Use& use) { return use.click == click.id || (!use.done && !use.refused && kept.grant.once); });
  if (kept.uses.size() >= most_uses) kept.uses.erase(kept.uses.begin());
  kept.uses.push_back({.click = click.id, .user = click.user, .at = now});
  return kept;
}

KeptGrant settled(KeptGrant kept, const Click& click, bool done, const std::string& text) {
  const auto use = std::ranges::find(kept.uses, click.id, &Use::click);
  if (use == kept.uses.end()) return kept;
  use->done = done;
  use->refused = !done;
  use->text = text;
  return kept;
}

std::string decided_text(const Json& run, const std::string& stage_name) {
  for (const auto& stage : member(run, "stages")) {
    if (text_at(stage, "name") != stage_name) continue;
    const std::string state = text_at(stage, "state");
    for (const auto& gate : member(stage, "gates")) {
      if (text_at(gate, "kind") != "approval") continue;
      if (text_at(gate, "state") == "open") return "";
      if (state == "superseded" || state == "canceled") break;
      const std::string reason = text_at(gate, "reason");
      return stage_name + " is decided already: " + (reason.empty() ? text_at(gate, "state") : reason);
    }
    const std::string reason = text_at(stage, "reason", text_at(run, "reason"));
    return reason.empty() ? stage_name + " is " + state + " already" : reason;
  }
  return "";
}

}  // namespace fairlead::chat
