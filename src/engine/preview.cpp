// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "engine/impl.hpp"
#include "engine/planner.hpp"
#include "engine/rows.hpp"
#include "engine/stage_plan.hpp"
#include "fairlead/base/strings.hpp"

/// What a deploy would do, told before anything is recorded: `fairlead plan`, `--dry-run`, `diff`.
namespace fairlead::engine {

Awaitable<SourceChanges> Source::changes(std::string, Sha, Sha) {
  co_return SourceChanges{.commits = {}, .total = 0, .behind = 0, .files = {}, .note = "this source keeps no history"};
}

Awaitable<std::optional<std::string>> Source::file(std::string, Sha, std::string) { co_return std::nullopt; }

namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json changes_json(const SourceChanges& changes) {
  Json commits = Json::array();
  for (const auto& commit : changes.commits) {
    commits.push_back({{"sha", commit.sha.str()}, {"subject", commit.subject}, {"author", commit.author}, {"at", format_time(commit.at)}});
  }
  return {{"commits", std::move(commits)},
          {"total", changes.total},
          {"behind", changes.behind},
          {"files", changes.files},
          {"note", or_null(changes.note)}};
}

Json steps_json(const pipeline::PlanJob& job) {
  Json steps = Json::array();
  for (const auto& step : job.steps) {
    steps.push_back({{"index", step.index}, {"name", step.name}, {"action", step.action}, {"skip", or_null(step.skip)}});
  }
  return steps;
}

Json stages_json(const Resolved& resolved) {
  const Json& taken = member(resolved.reused, "jobs");
  Json stages = Json::array();
  for (const auto& stage : resolved.plan->stages) {
    Json jobs = Json::array();
    bool reused = false;
    for (const auto& job : stage.jobs) {
      const Json& from = member(taken, job.key);
      reused = reused || from.is_object();
      jobs.push_back({{"id", job.key},
                      {"needs", job.needs},
                      {"skip", or_null(job.skip)},
                      {"taken_from", from.is_object() ? from.at("run") : Json(nullptr)},
                      {"steps", steps_json(job)}});
    }
    stages.push_back({{"name", stage.name},
                      {"environment", or_null(stage.environment)},
                      {"skip", or_null(stage.skip)},
                      {"built_by", reused ? resolved.reused.at("label") : Json(nullptr)},
                      {"if", or_null(stage.condition)},
                      {"jobs", std::move(jobs)}});
  }
  return stages;
}

std::string approval_text(const ApprovalPolicy& policy) {
  std::vector<std::string> rules;
  for (const auto& rule : policy.require) rules.push_back(std::to_string(rule.count) + " of " + join(rule.from, ", "));
  return "approval by " + join(rules, ", and by ");
}

/// What the stage would wait for if it came to its environment now, in the order in which it would meet it.
Json waits_json(const EnvironmentFacts& facts) {
  Json waits = Json::array();
  const auto add = [&waits](const char* kind, const std::string& reason, const std::optional<Time>& until) {
    waits.push_back({{"kind", kind}, {"reason", reason}, {"until", until ? Json(format_time(*until)) : Json(nullptr)}});
  };
  if (facts.approval) add("approval", approval_text(*facts.approval), std::nullopt);
  if (facts.wait_timer > Duration::zero()) add("wait", "wait timer of " + format_duration(facts.wait_timer), std::nullopt);
  if (facts.lock) add("lock", *facts.lock, facts.lock_until);
  if (facts.calendar_closed) add("calendar", *facts.calendar_closed, facts.calendar_changes_at);
  if (facts.holder) add("queue", *facts.holder + " deploys here now", std::nullopt);
  return waits;
}

Json deployed_json(const std::vector<store::DeploymentRow>& rows) {
  if (rows.empty()) return nullptr;
  const auto& row = rows.front();
  return {{"version", row.version},
          {"run", row.run.str()},
          {"actor", row.actor},
          {"since", row.finished_at ? Json(format_time(*row.finished_at)) : Json(nullptr)}};
}

}  // namespace

namespace {

/// What its steps would do, beside each of them; and why that is not known.
void add_plans(Json& stage, const PlanFact& fact) {
  if (!fact.known) stage["plan_error"] = fact.why;
  for (const auto& plan : *fact.steps) {
    for (auto& job : stage["jobs"]) {
      if (job["id"] != plan["job"]) continue;
      Json& shown = job["steps"][plan["step"].get<std::size_t>()]["plan"];
      for (const char* key : {"lines", "problems", "details", "digest"}) shown[key] = plan[key];
    }
  }
}

/// Asks the actions of the environment's own stages; builds that have not run leave holes, which the plans name.
Awaitable<void> plan_steps(Engine::Impl& engine, RunState run, const Resolved& resolved, Json& stages) {
  apply(run, as_event(run.id, run.version + 1, planned_event(run, resolved)));
  for (std::size_t s = 0; s < run.plan->stages.size(); ++s) {
    const auto& stage = run.plan->stages[s];
    if (stage.environment.empty() || stage.environment != run.target_environment || !stage.skip.empty()) continue;
    add_plans(stages[s], co_await plan_stage(engine, run, s));
  }
}

}  // namespace

Awaitable<Json> Engine::preview(StartRequest request) {
  // Younger than any other, so that no run of now would push it aside.
  const RunState run = impl_->draft(request, RunId("plan"), std::numeric_limits<std::int64_t>::max());
  const Resolved resolved = co_await resolve_run(*impl_, run);
  const auto rows = co_await impl_->parts.store->read([&](store::View& view) {
    return view.deployments({.app = run.app, .environment = run.target_environment, .state = "succeeded", .before = {}, .limit = 1});
  });
  Json json{{"app", run.app},
            {"environment", or_null(run.target_environment)},
            {"ref", run.ref},
            {"sha", or_null(resolved.files.sha.str())},
            {"message", or_null(resolved.files.message)},
            {"author", or_null(resolved.files.author)},
            {"deployed", deployed_json(rows)},
            {"changes", nullptr},
            {"stages", Json::array()},
            {"waits", Json::array()},
            {"notes", resolved.notes},
            {"reason", or_null(resolved.reason)},
            {"errors", resolved.errors},
            {"digest", nullptr}};
  if (!rows.empty() && is_sha(rows.front().version) && !resolved.files.sha.empty()) {
    json["changes"] = changes_json(co_await impl_->parts.source->changes(run.app, Sha(rows.front().version), resolved.files.sha));
  }
  if (!resolved.plan) co_return json;
  json["stages"] = stages_json(resolved);
  co_await plan_steps(*impl_, run, resolved, json["stages"]);
  json["digest"] = pipeline::plan_digest(*resolved.plan);
  if (!run.target_environment.empty()) json["waits"] = waits_json(impl_->facts(run.target_environment, run));
  co_return json;
}

}  // namespace fairlead::engine
