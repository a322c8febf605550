// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/actor.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

namespace {

ApprovalPolicy policy_of(const pipeline::ApprovalConfig& config) {
  ApprovalPolicy policy;
  for (const auto& group : config.require) policy.require.push_back({group.from, group.count});
  policy.self_allowed = config.self_allowed;
  for (const auto exclusion : config.exclude) {
    switch (exclusion) {
      case pipeline::Exclusion::requester: policy.exclude.emplace_back("requester"); break;
      case pipeline::Exclusion::pusher: policy.exclude.emplace_back("pusher"); break;
      case pipeline::Exclusion::commit_authors: policy.exclude.emplace_back("commit-authors"); break;
    }
  }
  policy.approve_reason_required = config.approve_needs_reason;
  policy.reject_reason_required = config.reject_needs_reason;
  policy.expires = config.expires;
  policy.remind = config.remind;
  if (config.break_glass) policy.break_glass = config.break_glass->who;
  return policy;
}

EnvironmentFacts constant_facts(const pipeline::EnvironmentConfig& config) {
  EnvironmentFacts facts;
  facts.known = true;
  if (config.approval) facts.approval = policy_of(*config.approval);
  facts.wait_timer = config.wait_timer;
  facts.queue_latest = config.queue == pipeline::QueueMode::latest;
  facts.branches = config.branches;
  return facts;
}

CalendarRules rules_of(const pipeline::CalendarConfig& config) {
  CalendarRules rules;
  rules.zone = config.zone;
  for (const auto& rule : config.allow) rules.allow.push_back(rule.text);
  for (const auto& rule : config.deny) rules.deny.push_back(rule.text);
  rules.holidays = config.holidays;
  return rules;
}

}  // namespace

Engine::Impl::Impl(Parts given) : parts(std::move(given)), definitions(parts.pool), anything_changed(parts.executor), idle(parts.executor) {
  for (const auto& [name, environment] : parts.config->environments) environments.emplace(name, constant_facts(environment));
  for (const auto& [name, action] : parts.actions) {
    if (action->plans()) planning_actions.insert(name);
  }
  for (const auto& [name, calendar] : parts.config->calendars) {
    calendars.emplace(name, std::make_shared<Calendar>(rules_of(calendar), parts.config_folder));
  }
}

std::shared_ptr<RunActor> Engine::Impl::actor(const RunId& id) const {
  const auto found = actors.find(id.str());
  return found == actors.end() ? nullptr : found->second;
}

Awaitable<std::shared_ptr<RunActor>> Engine::Impl::load(RunId id) {
  if (auto live = actor(id)) co_return live;
  const auto history = co_await parts.store->read([&id](store::View& view) { return view.events(stream_of(id)); });
  if (history.empty()) throw Error(ErrorKind::not_found, "there is no run " + id.str());
  if (auto live = actor(id)) co_return live;  // somebody else was loading it
  co_return std::make_shared<RunActor>(*this, fold(history));
}

void Engine::Impl::start_actor(const std::shared_ptr<RunActor>& live) {
  if (stopping || !actors.emplace(live->state().id.str(), live).second) return;
  live->enter();
  if (deciding) spawn(parts.executor, "run " + label(live->state()), live->live());
}

void Engine::Impl::forget(RunActor& gone) {
  if (stopping) return;
  actors.erase(gone.state().id.str());
  announce(gone.state().id);
}

void Engine::Impl::announce(const RunId& id) {
  anything_changed.notify_all();
  if (const auto waiting = run_changed.find(id.str()); waiting != run_changed.end()) waiting->second->notify_all();
}

void Engine::Impl::wake_later(const RunId& id) { spawn(parts.executor, "wake run " + id.str(), wake(id)); }

Awaitable<void> Engine::Impl::wake(RunId id) {
  if (actor(id) || stopping) co_return;
  auto loaded = co_await load(id);
  if (!is_terminal(loaded->state().state)) start_actor(loaded);
}

SlotQueue& Engine::Impl::slots_for(const std::string& executor) {
  if (const auto found = slots.find(executor); found != slots.end()) return found->second;
  const auto config = parts.config->executors.find(executor);
  const int count = config == parts.config->executors.end() ? 2 : config->second.slots;
  return slots.emplace(executor, SlotQueue(count)).first->second;
}

void Engine::Impl::grant(SlotQueue& queue) {
  for (const auto& key : queue.grant()) {
    const auto slash = key.find('/');
    if (const auto live = actor(RunId(key.substr(0, slash)))) {
      live->slot_granted(key.substr(slash + 1));
    } else {
      queue.withdraw(key);
    }
  }
}

void Engine::Impl::free_slot(const std::string& executor, const std::string& key) {
  SlotQueue& queue = slots_for(executor);
  queue.withdraw(key);
  if (!stopping) grant(queue);
}

}  // namespace fairlead::engine
