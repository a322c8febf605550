// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::chat {

namespace {

/// Everybody whom a rule of the environment names.
std::vector<std::string> named(const pipeline::ServerConfig& config, const std::string& environment) {
  std::vector<std::string> who;
  const auto found = config.environments.find(environment);
  if (found == config.environments.end() || !found->second.approval) return who;
  for (const auto& rule : found->second.approval->require) who.insert(who.end(), rule.from.begin(), rule.from.end());
  return who;
}

/// Will a vote of theirs be of no use?
bool done_with(const engine::RunState& run, const engine::GateState& gate, const Reachable& one) {
  const auto is = [&](const std::string& who) {
    const auto id = to_lower(who);
    return id == to_lower(one.person) || id == to_lower("slack:" + one.user);
  };
  return is(run.actor) || std::ranges::any_of(gate.votes, [&](const engine::Vote& vote) { return is(vote.person); });
}

}  // namespace

Awaitable<std::vector<std::string>> approvers(engine::Engine& engine, People& people, RunId id, std::string stage_name,
                                              std::string workspace, int limit) {
  const auto run = co_await engine.state(id);
  std::vector<std::string> mentions;
  const auto* stage = run.stage(stage_name);
  const auto* gate = stage == nullptr ? nullptr : stage->gate("approval");
  if (gate == nullptr || !gate->is_open()) co_return mentions;
  for (const auto& one : co_await people.eligible_people(std::move(workspace), named(engine.config(), stage->environment))) {
    if (static_cast<int>(mentions.size()) >= limit) break;
    if (!done_with(run, *gate, one)) mentions.push_back("<@" + one.user + ">");
  }
  co_return mentions;
}

}  // namespace fairlead::chat
