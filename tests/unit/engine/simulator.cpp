// SPDX-License-Identifier: Apache-2.0
#include "simulator.hpp"

#include <algorithm>

#include "simulator_run.hpp"

namespace fairlead::engine::test {

Simulator::Simulator(std::uint64_t seed, const std::vector<std::string>& plans, Tally& tally)
    : seed_(seed), plans_(plans), tally_(tally), random_(seed), now_(at_minute(0)), slots_(std::make_unique<SlotQueue>(2)) {
  auto& staging = environments_["staging"].facts;
  staging.known = true;
  auto& production = environments_["production"].facts;
  production.known = true;
  production.queue_latest = true;
  production.branches = {"main", "release/*"};
  ApprovalPolicy policy;
  policy.require = {{{"slack:@deployers"}, 1}, {{"slack:@sre"}, 1}};
  policy.exclude = {"requester", "pusher"};
  policy.reject_reason_required = false;
  policy.expires = std::chrono::hours(4);
  policy.remind = {std::chrono::minutes(30)};
  policy.break_glass = {"slack:@leads"};
  production.approval = policy;
  production.wait_timer = std::chrono::minutes(seed % 3);
}

Simulator::~Simulator() = default;

void Simulator::violation(const Run& run, const std::string& text) {
  violations_.push_back("seed " + std::to_string(seed_) + ", " + run.label() + " after event " + std::to_string(run.state.version) + ": " +
                        text);
}

// ---- the shell ----

void Simulator::append(Run& run, const store::NewEvent& event) {
  store::Event row;
  row.stream = "run:" + run.label();
  row.version = run.state.version + 1;
  row.type = event.type;
  row.at = event.at.value_or(now_);
  row.actor = event.actor;
  row.payload = event.payload;
  apply(run.state, row);
  ++tally_.folds;
  check_event(run, row);
  run.log.push_back(std::move(row));
  run.dirty = true;
}

World Simulator::world_of(const Run& run, bool stale) {
  World world;
  world.now = now_;
  world.slots = run.slots;
  world.checks = run.checks;
  world.plans = run.plans;
  if (seed_ % 3 != 0) world.planning = {"run"};
  if (run.over()) return world;
  for (const auto& [name, environment] : environments_) {
    EnvironmentFacts facts = environment.facts;
    const auto hold = holds_.find({name, run.state.app});
    if (!stale && hold != holds_.end() && hold->second != &run) facts.holder = hold->second->label();
    for (const auto& other : runs_) {
      if (other->state.app != run.state.app || !other->waits_at(name)) continue;
      if (other->state.number < run.state.number) ++facts.ahead;
      if (other->state.number > run.state.number) facts.newer = other->label();
    }
    world.environments.emplace(name, std::move(facts));
  }
  for (const auto& other : runs_) {
    if (other->state.app != run.state.app || other->over() || other->state.ref != run.state.ref) continue;
    if (!other->state.target_environment.empty() || other->state.trigger == "rollback") continue;
    if (other->state.number > run.state.number) world.superseded_by = other->label();
    if (other->state.number < run.state.number && !world.behind) world.behind = other->label();
  }
  return world;
}

/// One decision, appended or void. True when there is more to decide.
bool Simulator::round(Run& run, bool stale) {
  const World world = world_of(run, stale);
  Decision decision = decide(run.state, world);
  ++tally_.decisions;
  for (const auto& claim : decision.claims) {
    const auto hold = holds_.find({claim.environment, run.state.app});
    if (hold != holds_.end() && hold->second != &run) {
      if (!stale) violation(run, "claims " + claim.environment + ", which is held");
      return true;  // the transaction is refused; the next decision sees the holder
    }
  }
  if (chance(2) && decide(run.state, world).events.size() != decision.events.size()) violation(run, "decide is not a function");
  for (const auto& claim : decision.claims) holds_[{claim.environment, run.state.app}] = &run;
  for (const auto& event : decision.events) append(run, event);
  for (const auto& release : decision.releases) {
    if (holds_.erase({release.environment, run.state.app}) == 0) violation(run, "releases " + release.environment + " without holding it");
  }
  const bool more = !decision.events.empty();
  if (!more) perform(run, decision);
  return more;
}

void Simulator::settle(Run& run) {
  bool stale = chance(5);
  for (int i = 0; i < 300; ++i) {
    if (!round(run, std::exchange(stale, false))) return;
  }
  violation(run, "deciding does not come to an end");
}

void Simulator::perform(Run& run, const Decision& decision) {
  check_decision(run, decision);
  run.last = decision;
  std::set<std::string> wanted;
  for (const auto& want : decision.wants) {
    if (const auto* slot = std::get_if<WantSlot>(&want)) {
      wanted.insert(slot->job);
      slots_->request({run.slot_key(slot->job), run.state.app, slot->band, run.state.number});
    } else if (const auto* reminder = std::get_if<WantReminder>(&want)) {
      append(run, {.type = std::string(events::gate_reminded),
                   .payload = dump({{"stage", reminder->stage}, {"times", reminder->times}}),
                   .actor = "sim"});
    } else if (const auto* rollback = std::get_if<WantRollback>(&want)) {
      append(run, {.type = std::string(events::stage_rolled_back),
                   .payload = dump({{"stage", rollback->stage}, {"label", chance(50) ? "shop#0" : ""}}),
                   .actor = "sim"});
    }
  }
  for (const auto& job : run.asked) {
    if (!wanted.contains(job) && !run.slots.contains(job)) slots_->withdraw(run.slot_key(job));
  }
  run.asked = std::move(wanted);
}

/// Those to whom something happened; `everyone`: also those whose world may have changed.
void Simulator::settle_all(bool everyone) {
  for (bool again = true; again;) {
    again = false;
    for (auto& run : runs_) {
      if (run->over() || !(std::exchange(run->dirty, false) || everyone)) continue;
      const auto before = run->state.version;
      settle(*run);
      again = again || run->state.version != before;
    }
    everyone = false;
    for (const auto& key : slots_->grant()) {
      const auto owner = std::ranges::find_if(runs_, [&](const auto& run) { return key.starts_with(run->label() + "/"); });
      (*owner)->slots.insert(key.substr((*owner)->label().size() + 1));
      (*owner)->dirty = true;
      again = true;
    }
  }
}

Simulator::Run* Simulator::pick(bool (*wanted)(const Run&)) {
  std::vector<Run*> fitting;
  for (auto& run : runs_) {
    if (wanted(*run)) fitting.push_back(run.get());
  }
  return fitting.empty() ? nullptr : fitting[static_cast<std::size_t>(below(static_cast<int>(fitting.size())))];
}

// ---- what happens ----

void Simulator::create_run() {
  auto run = std::make_unique<Run>();
  const std::string app = chance(70) ? "shop" : "blog";
  const std::vector<std::string> triggers{"push", "push", "push", "command", "pull-request", "schedule", "rollback"};
  Json payload = created({{"app", app},
                          {"number", ++numbers_[app]},
                          {"ref", chance(80) ? "refs/heads/main" : "refs/heads/wip"},
                          {"trigger", triggers[static_cast<std::size_t>(below(static_cast<int>(triggers.size())))]},
                          {"actor", people[static_cast<std::size_t>(below(4))].id},
                          {"excluded", Json::array({people[static_cast<std::size_t>(below(4))].id})}});
  if (chance(10)) payload["environment"] = "staging";
  if (payload["trigger"] == "rollback" && chance(50)) payload["actor"] = "fairlead";
  run->state.app = app;
  run->state.number = numbers_[app];
  append(*run, {.type = std::string(events::run_created), .payload = dump(payload), .actor = "sim"});
  ++tally_.runs;
  runs_.push_back(std::move(run));
}

void Simulator::plan_run(Run& run) {
  if (chance(5)) {
    append(run, {.type = std::string(events::run_finished),
                 .payload = dump({{"state", "failed"}, {"reason", "cannot bring main"}, {"errors", {"no such ref"}}}),
                 .actor = "sim"});
    return;
  }
  append(run, {.type = std::string(events::run_planned),
               .payload = plans_[static_cast<std::size_t>(below(static_cast<int>(plans_.size())))],
               .actor = "sim"});
}

namespace {
std::vector<std::pair<const JobState*, bool>> running_jobs(const Decision& last, const RunState& state) {
  std::vector<std::pair<const JobState*, bool>> jobs;
  for (const auto& want : last.wants) {
    const auto* running = std::get_if<WantRunning>(&want);
    if (running == nullptr) continue;
    const bool canceled = std::ranges::any_of(last.wants, [&](const Want& other) {
      const auto* cancel = std::get_if<WantCancel>(&other);
      return cancel != nullptr && cancel->job == running->job;
    });
    jobs.emplace_back(state.job(running->job), canceled);
  }
  return jobs;
}
}  // namespace

void Simulator::finish_job(Run& run) {
  const auto jobs = running_jobs(run.last, run.state);
  if (jobs.empty()) return;
  const auto [job, canceled] = jobs[static_cast<std::size_t>(below(static_cast<int>(jobs.size())))];
  AttemptEnd end;
  const int dice = below(100);
  if (canceled && dice < 80)
    end.state = State::canceled;
  else if (dice < 70)
    end.state = State::succeeded;
  else if (dice < 80)
    end.state = State::lost;
  else
    end = {State::failed, dice < 90 ? 75 : 1, false};
  const std::string key = job->id;
  Json payload{{"job", key}, {"attempt", job->attempt}, {"state", to_string(end.state)}};
  if (end.state != State::succeeded)
    payload["reason"] = end.exit_code ? "exit " + std::to_string(*end.exit_code) : std::string(to_string(end.state));
  if (end.state == State::succeeded) payload["outputs"] = {{"uri", key}};
  if (const auto again = retry_at(run.state, key, end, now_)) payload["retry_at"] = to_micros(*again);
  append(run, {.type = std::string(events::job_finished), .payload = dump(payload), .actor = "sim"});
  run.slots.erase(key);
  slots_->withdraw(run.slot_key(key));
}

void Simulator::report_step(Run& run) {
  const auto jobs = running_jobs(run.last, run.state);
  if (jobs.empty()) return;
  const JobState& job = *jobs[static_cast<std::size_t>(below(static_cast<int>(jobs.size())))].first;
  const bool late = chance(10) && job.attempt > 1;  // of an attempt that is over
  const auto step = std::ranges::find_if(job.steps, [](const StepState& s) { return !is_terminal(s.state); });
  if (step == job.steps.end()) return finish_job(run);
  Json payload{{"job", job.id}, {"attempt", late ? job.attempt - 1 : job.attempt}, {"index", step->index}};
  if (step->state == State::running && chance(40)) {
    payload["healthy"] = below(10);
    append(run, {.type = std::string(events::step_progress), .payload = dump(payload), .actor = "sim"});
  } else if (step->state == State::queued) {
    append(run, {.type = std::string(events::step_started), .payload = dump(payload), .actor = "sim"});
  } else {
    payload.update({{"state", "succeeded"}, {"exit_code", 0}});
    append(run, {.type = std::string(events::step_finished), .payload = dump(payload), .actor = "sim"});
  }
}

void Simulator::cast_vote(Run& run) {
  Ballot ballot;
  ballot.person = people[static_cast<std::size_t>(below(4))];
  if (chance(10)) ballot.person.groups.clear();  // the look-up failed
  ballot.approve = chance(95);
  ballot.break_glass = chance(3);
  ballot.reason = chance(50) ? "fine" : "";
  const StageState* stage = nullptr;
  for (const auto& one : run.state.stages) {
    if (one.environment == "production" && one.state == State::waiting) stage = &one;
  }
  const GateState* gate = stage == nullptr ? nullptr : stage->gate("approval");
  const std::string shown = gate == nullptr ? run.state.plan_digest : gate->plan_digest;
  ballot.plan_digest = chance(90) ? shown : "another";
  const auto result = vote(run.state, "", *environments_["production"].facts.approval, ballot, now_);
  if (result.kind != VoteResult::Kind::accepted && !result.events.empty()) violation(run, "a refused ballot has events");
  if (!result.events.empty() && ballot.plan_digest != shown) violation(run, "a ballot for another plan counts (I10)");
  if (!result.events.empty() && ballot.approve && !ballot.break_glass && !gate->plan_error.empty())
    violation(run, "an unknown plan is approved (I10)");
  if (result.text.empty()) violation(run, "a ballot without an answer");
  for (const auto& event : result.events) append(run, event);
  if (!result.events.empty()) run.groups_at_vote[ballot.person.id] = ballot.person.groups;
  if (!result.events.empty()) run.digest_at_vote[ballot.person.id] = shown;
}

void Simulator::take_back_vote(Run& run) {
  const auto result = revoke(run.state, "", *environments_["production"].facts.approval, people[static_cast<std::size_t>(below(4))], now_);
  for (const auto& event : result.events) append(run, event);
}

void Simulator::answer_checks(Run& run) {
  for (const auto& want : run.last.wants) {
    if (const auto* check = std::get_if<WantCheck>(&want)) run.checks[check->stage + "/" + check->key] = {chance(70), "answered 503", now_};
  }
}

void Simulator::answer_plans(Run& run, bool faults) {
  for (const auto& want : run.last.wants) {
    const auto* asked = std::get_if<WantStagePlan>(&want);
    if (asked == nullptr) continue;
    PlanFact& fact = run.plans[asked->stage];
    fact = {};
    fact.at = now_;
    fact.known = !faults || chance(80);
    if (!fact.known) fact.why = "throttled";
    fact.digest = "does " + std::to_string(truth_[run.state.app]);
    if (fact.known) fact.steps = std::make_shared<const Json>(Json::array({{{"job", "j"}, {"lines", Json::array({fact.digest})}}}));
  }
}

void Simulator::cancel_run(Run& run) {
  append(run, {.type = std::string(events::run_cancel_requested),
               .payload = dump({{"by", "user:ann"}, {"reason", "why not"}, {"as", "canceled"}}),
               .actor = "sim"});
  run.canceled = run.state.cancel.has_value();
}

void Simulator::retry_run(Run& run) {
  try {
    append(run, retry_event(run.state, "user:ann", chance(30)));
    run.canceled = false;
  } catch (const Error& refusal) {
    if (refusal.kind() != ErrorKind::refused) throw;
  }
}

void Simulator::park_run(Run& run) {
  append(run, {.type = std::string(events::run_parked), .payload = dump({{"reason", "it crashed three times"}}), .actor = "sim"});
}

/// The memory is gone: states are folded from the log, slots and facts are asked for anew, running jobs are adopted.
void Simulator::crash() {
  slots_ = std::make_unique<SlotQueue>(2);
  for (auto& run : runs_) {
    if (run->over()) continue;
    run->state = check_refold(*run);
    run->dirty = true;
    run->slots.clear();
    run->asked.clear();
    run->checks.clear();
    run->plans.clear();
    run->last = {};
    for (const auto& stage : run->state.stages) {
      for (const auto& job : stage.jobs) {
        if (job.state != State::running) continue;
        run->slots.insert(job.id);
        slots_->occupy(run->slot_key(job.id));
      }
    }
  }
}

void Simulator::change_environment() {
  auto& facts = environments_[chance(50) ? "staging" : "production"].facts;
  if (chance(50)) {
    facts.lock = facts.lock ? std::nullopt : std::optional<std::string>("locked by user:ann: move");
  } else {
    facts.calendar_closed = facts.calendar_closed ? std::nullopt : std::optional<std::string>("outside mon-fri");
    facts.calendar_changes_at = facts.calendar_closed ? std::optional<Time>(now_ + std::chrono::hours(1)) : std::nullopt;
  }
}

void Simulator::step() {
  const auto alive = [](const Run& run) { return !run.over(); };
  const auto planned = [](const Run& run) { return !run.over() && run.state.plan != nullptr; };
  const auto working = [](const Run& run) {
    return !run.over() && std::ranges::any_of(run.last.wants, [](const Want& w) { return std::holds_alternative<WantRunning>(w); });
  };
  const auto unplanned = [](const Run& run) { return !run.over() && run.state.plan == nullptr && run.state.parked == 0; };
  const auto ended = [](const Run& run) { return run.over(); };
  const auto parked = [](const Run& run) { return !run.over() && run.state.parked > 0; };
  const auto waits = [](const Run& run) { return run.waits_at("production"); };
  const auto with = [&](bool (*wanted)(const Run&), void (Simulator::*what)(Run&)) {
    if (Run* run = pick(wanted)) (this->*what)(*run);
  };
  const int dice = below(100);
  const auto live_runs = std::ranges::count_if(runs_, [](const auto& run) { return !run->over(); });
  if (dice < 8 && live_runs < 5)
    create_run();
  else if (dice < 16)
    with(unplanned, &Simulator::plan_run);
  else if (dice < 30)
    with(working, &Simulator::finish_job);
  else if (dice < 65)
    with(working, &Simulator::report_step);
  else if (dice < 77)
    with(waits, &Simulator::cast_vote);
  else if (dice < 79)
    with(waits, &Simulator::take_back_vote);
  else if (dice < 87) {
    with(planned, &Simulator::answer_checks);
    if (Run* run = pick(planned)) answer_plans(*run, true);
  } else if (dice < 89)
    with(alive, &Simulator::cancel_run);
  else if (dice < 91)
    with(ended, &Simulator::retry_run);
  else if (dice == 91)
    with(alive, &Simulator::park_run);
  else if (dice < 94)
    with(parked, &Simulator::retry_run);
  else if (dice == 94 && chance(50))
    crash();
  else if (dice < 97)
    change_environment();
  if (chance(6)) ++truth_[chance(70) ? "shop" : "blog"];
  now_ += chance(1) ? std::chrono::hours(5) : std::chrono::seconds(below(60));
  settle_all(chance(20));
}

void Simulator::live(int steps) {
  for (int i = 0; i < steps && violations_.empty(); ++i) step();
  if (violations_.empty()) drain();
  for (auto& run : runs_) {
    if (chance(40)) check_refold(*run);
    ++tally_.ends[std::string(to_string(run->state.state))];
  }
}

/// Faults stop: doors open, people approve, checks hold, jobs end. Then every run has to end (I17).
void Simulator::drain() {
  for (auto& [name, environment] : environments_) {
    environment.facts.lock.reset();
    environment.facts.calendar_closed.reset();
  }
  for (int i = 0; i < 3000; ++i) {
    bool open = false;
    for (auto& run : runs_) {
      if (run->over()) continue;
      open = true;
      if (run->state.parked > 0) retry_run(*run);
      if (run->state.plan == nullptr) plan_run(*run);
      if (!run->over()) finish_job(*run);
      if (run->waits_at("production")) cast_vote(*run);
      for (auto& want : run->last.wants) {
        if (const auto* check = std::get_if<WantCheck>(&want)) run->checks[check->stage + "/" + check->key] = {true, "", now_};
      }
      answer_plans(*run, false);
    }
    if (!open) return;
    now_ += std::chrono::seconds(5 + below(60));
    settle_all(true);
  }
  for (auto& run : runs_) {
    if (!run->over()) violation(*run, "does not come to an end: " + run_json(run->state)["explain"].dump());
  }
}

}  // namespace fairlead::engine::test
