// SPDX-License-Identifier: Apache-2.0
#include "chat/reader/wanted.hpp"

#include <algorithm>

#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::chat {

namespace {

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

bool ended(const Json& run) { return member(run, "finished_at").is_string(); }
bool ended_badly(const Json& run) { return ended(run) && is_one_of(text_at(run, "state"), {"failed", "lost"}); }

bool needs_approval(const pipeline::ServerConfig& config, const std::string& environment) {
  const auto found = config.environments.find(environment);
  return found != config.environments.end() && found->second.approval.has_value();
}

bool goes_to(const Json& run, const std::string& environment) {
  return std::ranges::any_of(member(run, "stages"), [&](const Json& stage) {
    return text_at(stage, "environment") == environment && text_at(stage, "state") != "skipped";
  });
}

/// The word of a subscription for what the run is at.
std::string event_of(const Json& run) {
  if (ended(run)) return text_at(run, "state") == "succeeded" ? "success" : "failure";
  for (const auto& stage : member(run, "stages"))
    for (const auto& gate : member(stage, "gates"))
      if (text_at(gate, "kind") == "approval" && text_at(gate, "state") == "open") return "approval";
  return "start";
}

bool wants(const Subscription& one, const Json& run) {
  if (!one.app.empty() ? one.app != text_at(run, "app") : !goes_to(run, one.environment)) return false;
  return one.events.empty() || std::ranges::find(one.events, event_of(run)) != one.events.end();
}

void add(std::vector<Place>& places, const Place& place) {
  const auto same = [&place](const Place& other) { return other.workspace == place.workspace && other.channel == place.channel; };
  if (!place.channel.empty() && std::ranges::none_of(places, same)) places.push_back(place);
}

void add_approvals(std::vector<WantedCard>& cards, const std::string& id, const Json& stage, bool run_ended) {
  const auto name = text_at(stage, "name");
  for (const auto& gate : member(stage, "gates")) {
    if (text_at(gate, "kind") != "approval") continue;
    const bool open = text_at(gate, "state") == "open" && !run_ended;
    const auto which = id + "/" + name + "/" + text_at(gate, "opened_at");
    cards.push_back(
        {.kind = WantedCard::Kind::approval, .what = "approval:" + which, .stage = name, .job = {}, .open = open, .last = !open});
    if (text_at(gate, "state") == "bypassed")
      cards.push_back({.kind = WantedCard::Kind::bypass, .what = "bypass:" + which, .stage = name, .job = {}, .open = true, .last = true});
  }
}

void add_questions(std::vector<WantedCard>& cards, const std::string& id, const Json& stage, bool run_ended) {
  for (const auto& job : member(stage, "jobs"))
    for (const auto& step : member(job, "steps")) {
      const bool asks = member(step, "question").is_object();
      const auto& question = member(step, asks ? "question" : "last_question");
      if (!question.is_object()) continue;
      const bool open = asks && !run_ended && text_at(step, "state") == "running";
      const int index = static_cast<int>(number_at(step, "index"));
      const auto what = "question:" + id + "/" + text_at(job, "id") + "/" + std::to_string(number_at(job, "attempt")) + "/" +
                        std::to_string(index) + "/" + text_at(question, "asked_at");
      cards.push_back({.kind = WantedCard::Kind::question,
                       .what = what,
                       .stage = text_at(stage, "name"),
                       .job = text_at(job, "id"),
                       .step = index,
                       .open = open,
                       .last = !open});
    }
}

}  // namespace

Json to_json(const Subscription& one) {
  return {{"workspace", one.place.workspace},
          {"channel", one.place.channel},
          {"app", one.app},
          {"environment", one.environment},
          {"events", one.events}};
}

Subscription subscription_from(const Json& json) {
  Subscription one{.place = {.workspace = text_at(json, "workspace"), .channel = text_at(json, "channel"), .thread = ""},
                   .app = text_at(json, "app"),
                   .environment = text_at(json, "environment"),
                   .events = {}};
  for (const auto& event : member(json, "events"))
    if (event.is_string()) one.events.push_back(event.get<std::string>());
  return one;
}

std::string subscription_key(const Subscription& one) {
  return one.place.workspace + "/" + one.place.channel + "/" + (one.app.empty() ? "environment:" + one.environment : "app:" + one.app);
}

Json to_json(const Origin& origin) {
  return {{"workspace", origin.place.workspace}, {"channel", origin.place.channel}, {"thread", origin.place.thread}, {"user", origin.user}};
}

Origin origin_from(const Json& json) {
  return {.place = {.workspace = text_at(json, "workspace"), .channel = text_at(json, "channel"), .thread = text_at(json, "thread")},
          .user = text_at(json, "user")};
}

bool deserves_card(const Json& run, const std::string& main_branch, bool asked_in_chat) {
  if (text_at(run, "state") == "skipped") return false;
  if (asked_in_chat) return true;
  const auto& stages = member(run, "stages");
  if (stages.empty()) return ended_badly(run) && text_at(run, "branch") == main_branch && text_at(run, "trigger") == "push";
  return std::ranges::any_of(
      stages, [](const Json& stage) { return !text_at(stage, "environment").empty() && text_at(stage, "state") != "skipped"; });
}

std::vector<Place> places_of(const Json& run, const pipeline::ServerConfig& config, const std::optional<Origin>& origin,
                             const std::vector<Subscription>& subscriptions, const std::vector<std::string>& workspaces) {
  const auto connected = [&workspaces](const std::string& workspace) {
    return std::ranges::find(workspaces, workspace) != workspaces.end();
  };
  std::vector<Place> places;
  if (origin && connected(origin->place.workspace)) add(places, origin->place);
  const auto app = config.apps.find(text_at(run, "app"));
  auto channel = app == config.apps.end() ? std::string() : app->second.channel;
  if (channel.empty() && config.slack) channel = config.slack->channel;
  // With several workspaces the channel is looked for in the first: ids ("C…") are unique, names may not be.
  for (const auto& workspace : workspaces) {
    if (workspace == console) continue;
    add(places, {.workspace = workspace, .channel = channel, .thread = ""});
    break;
  }
  for (const auto& one : subscriptions)
    if (connected(one.place.workspace) && wants(one, run)) add(places, one.place);
  if (connected(console)) add(places, {.workspace = console, .channel = console, .thread = ""});
  return places;
}

std::vector<WantedCard> cards_of(const Json& run, const pipeline::ServerConfig& config) {
  const auto id = text_at(run, "id");
  const bool over = ended(run);
  std::vector<WantedCard> cards{{.kind = WantedCard::Kind::run, .what = "run:" + id, .stage = {}, .job = {}, .open = true, .last = over}};
  bool careful = false;
  for (const auto& stage : member(run, "stages")) {
    add_approvals(cards, id, stage, over);
    add_questions(cards, id, stage, over);
    careful = careful || (text_at(stage, "state") == "failed" && needs_approval(config, text_at(stage, "environment")));
  }
  if (ended_badly(run))
    cards.push_back({.kind = WantedCard::Kind::failure,
                     .what = "failure:" + id + "/" + text_at(run, "finished_at"),
                     .stage = {},
                     .job = {},
                     .open = true,
                     .last = true,
                     .broadcast = careful});
  return cards;
}

std::vector<Place> more_places(const WantedCard& card, const Json& run, const pipeline::ServerConfig& config,
                               const std::vector<std::string>& workspaces) {
  std::vector<Place> places;
  if (card.kind != WantedCard::Kind::bypass) return places;
  const auto workspace = std::ranges::find_if(workspaces, [](const std::string& one) { return one != console; });
  for (const auto& stage : member(run, "stages")) {
    const auto found = config.environments.find(text_at(stage, "environment"));
    if (text_at(stage, "name") != card.stage || workspace == workspaces.end() || found == config.environments.end()) continue;
    const auto& approval = found->second.approval;
    if (!approval || !approval->break_glass) continue;
    for (const auto& to : approval->break_glass->notify)
      if (to.starts_with('#') || to.starts_with('C')) add(places, {.workspace = *workspace, .channel = to, .thread = ""});
  }
  return places;
}

std::string phase_of(const Json& run) {
  std::string phase = text_at(run, "state");
  for (const auto& stage : member(run, "stages")) {
    phase += "|" + text_at(stage, "state");
    for (const auto& gate : member(stage, "gates")) phase += "," + text_at(gate, "state") + std::to_string(member(gate, "votes").size());
  }
  return phase;
}

std::optional<FailedStep> failed_step(const Json& run) {
  for (const auto& stage : member(run, "stages"))
    for (const auto& job : member(stage, "jobs"))
      for (const auto& step : member(job, "steps"))
        if (is_one_of(text_at(step, "state"), {"failed", "lost"}))
          return FailedStep{.job = text_at(job, "id"),
                            .name = text_at(step, "name"),
                            .attempt = static_cast<int>(number_at(job, "attempt", 1)),
                            .step = static_cast<int>(number_at(step, "index"))};
  return std::nullopt;
}

}  // namespace fairlead::chat
