// SPDX-License-Identifier: Apache-2.0
#include "engine/stage_plan.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/actor.hpp"
#include "engine/conditions.hpp"
#include "engine/plan_index.hpp"
#include "engine/reuse.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/action.hpp"
#include "fairlead/engine/source.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::engine {

namespace {

constexpr std::size_t most_lines = 60;
constexpr std::size_t longest_line = 300;
constexpr auto patience = std::chrono::seconds(15);  ///< a person waits for the answer

/// Outputs of jobs and steps are there once they have run; a variable may still come from a step before.
bool is_known(const pipeline::Reference& reference, const Json& contexts) {
  const std::string& context = reference.path.front();
  if (context == "secrets") return true;
  if (!contexts.contains(context)) return false;
  if (context != "jobs" && context != "steps" && context != "env") return true;
  return reference.path.size() < 2 || contexts[context].contains(reference.path[1]);
}

bool is_known(const pipeline::Template& text, const Json& contexts) {
  return std::ranges::all_of(text.parts(), [&](const pipeline::Template::Part& part) {
    if (!part.expression) return true;
    const auto functions = part.expression->functions();
    if (std::ranges::find(functions, "hashFiles") != functions.end()) return false;
    return std::ranges::all_of(part.expression->references(), [&](const auto& reference) { return is_known(reference, contexts); });
  });
}

/// A step of a job that does not run yet.
class StepPlanContext : public PlanContext {
 public:
  StepPlanContext(Engine::Impl& engine, const RunState& run, const PlanIndex::Stage& stage, const PlanIndex::Job& job)
      : engine_(engine), run_(run), stage_(stage), job_(job) {}

  void look_at(const pipeline::PlanStep& step) {
    step_ = &step;
    pipeline::Scope scope;
    scope.contexts = stage_contexts(run_, stage_.plan->index);
    scope.contexts["matrix"] = job_.plan->matrix;
    scope.contexts["steps"] = Json::object();
    scope.contexts["env"] = Json::object();
    for (const Json* env : {&job_.plan->env, &step.env}) {
      const Json known = resolve_known(*env, scope);
      for (const auto& [name, value] : known.items()) {
        if (!value.is_object()) scope.contexts["env"][name] = value;
      }
    }
    with_ = resolve_known(step.with, scope);
    contexts_ = std::move(scope.contexts);
  }

  const std::string& environment() const override { return stage_.plan->environment; }
  const Json& with() const override { return with_; }
  const Json& contexts() const override { return contexts_; }
  const Json& recorded() const override { return record_of(run_, job_.plan->key, step_->index); }

  Awaitable<std::optional<std::string>> file(std::string path) override {
    const auto app = engine_.parts.config->apps.find(run_.app);
    const std::string folder = app == engine_.parts.config->apps.end() ? "" : app->second.folder;
    const auto inside = (std::filesystem::path(folder) / path).lexically_normal();
    if (inside.is_absolute() || *inside.begin() == "..") co_return std::nullopt;
    co_return co_await engine_.parts.source->file(run_.app, run_.sha, inside.string());
  }

  bool early() const override {
    const auto waits = [](const JobState& job) { return !is_terminal(job.state); };
    const auto open_before = [&](const StageState& one) { return std::ranges::any_of(one.jobs, waits); };
    const auto here = run_.stages.begin() + static_cast<std::ptrdiff_t>(stage_.plan->index);
    return step_->index > 0 || !job_.needs.empty() || !job_.plan->artifacts_from.empty() ||
           std::any_of(run_.stages.begin(), here, open_before);
  }

 private:
  Engine::Impl& engine_;
  const RunState& run_;
  const PlanIndex::Stage& stage_;
  const PlanIndex::Job& job_;
  const pipeline::PlanStep* step_ = nullptr;
  Json with_, contexts_;
};

bool is_passing(ErrorKind kind) { return kind == ErrorKind::unavailable || kind == ErrorKind::timeout; }

ActionPlan only_problem(const Error& error) {
  ActionPlan plan;
  plan.problems.push_back({true, error.message(), error.hint()});
  plan.digest = sha256_hex("problem\n" + error.message());
  return plan;
}

Json plan_json(const pipeline::PlanJob& job, const pipeline::PlanStep& step, const ActionPlan& plan) {
  Json lines = Json::array(), problems = Json::array();
  for (const auto& line : plan.lines) {
    if (lines.size() < most_lines) lines.push_back(ellipsize(strip_control(line), longest_line));
  }
  if (plan.lines.size() > most_lines) lines.back() = "and " + std::to_string(plan.lines.size() - most_lines + 1) + " lines more";
  for (const auto& problem : plan.problems) {
    problems.push_back({{"fatal", problem.fatal},
                        {"text", ellipsize(strip_control(problem.text), 1000)},
                        {"advice", ellipsize(strip_control(problem.advice), 1000)}});
  }
  return {{"job", job.key},
          {"step", step.index},
          {"name", step.name},
          {"action", step.action},
          {"lines", std::move(lines)},
          {"problems", std::move(problems)},
          {"digest", plan.digest},
          {"details", plan.details ? *plan.details : Json(nullptr)}};
}

Awaitable<ActionPlan> ask(Action& action, StepPlanContext& context, const pipeline::PlanStep& step) {
  try {
    context.look_at(step);
    co_return co_await with_deadline(action.plan(context), deadline_in(patience), "the plan of " + step.name);
  } catch (const Error& error) {
    if (is_passing(error.kind()) || error.kind() == ErrorKind::internal || error.kind() == ErrorKind::canceled) throw;
    co_return only_problem(error);
  }
}

}  // namespace

Json resolve_known(const Json& value, const pipeline::Scope& scope) {
  if (value.is_object() && value.size() == 1 && value.contains("$expr")) {
    const auto text = pipeline::Template::parse(value["$expr"].get_ref<const std::string&>());
    return text && !is_known(*text, scope.contexts) ? value : pipeline::resolve(value, scope);
  }
  if (!value.is_structured() || (value.is_object() && value.size() == 1 && value.contains("$secret"))) return value;
  Json out = value;
  for (auto& item : out) item = resolve_known(item, scope);
  return out;
}

Awaitable<PlanFact> plan_stage(Engine::Impl& engine, RunState run, std::size_t index) {
  const auto& stage = run.index->stages[index];
  Json steps = Json::array();
  PlanFact fact;
  try {
    for (const auto& job : stage.jobs) {
      if (!job.plan->skip.empty()) continue;
      StepPlanContext context(engine, run, stage, job);
      for (const auto& step : job.plan->steps) {
        const auto action = engine.parts.actions.find(step.action);
        if (!step.skip.empty() || action == engine.parts.actions.end() || !action->second->plans()) continue;
        const ActionPlan plan = co_await ask(*action->second, context, step);
        steps.push_back(plan_json(*job.plan, step, plan));
      }
    }
    fact.known = true;
  } catch (const Error& error) {
    if (!is_passing(error.kind())) throw;
    fact.why = ellipsize(strip_control(error.message()), 500);
  }
  std::string digests;
  for (const auto& step : steps) digests += text_at(step, "job") + "\n" + dump(step["step"]) + "\n" + text_at(step, "digest") + "\n";
  fact.digest = sha256_hex(digests);
  fact.steps = std::make_shared<const Json>(std::move(steps));
  fact.at = engine.now();
  co_return fact;
}

void RunActor::run_stage_plan(const std::string& stage) {
  if (asking_.insert(stage).second) spawn(engine_.parts.executor, "plan of " + stage + " of " + label(state_), ask_plan(stage));
}

/// An error that is no answer of the outside is one too: the gate says so, and it is asked again.
Awaitable<void> RunActor::ask_plan(std::string stage) {
  auto self = shared_from_this();
  PlanFact fact;
  const auto found = std::ranges::find(state_.stages, stage, &StageState::name);
  try {
    fact = co_await plan_stage(engine_, state_, static_cast<std::size_t>(found - state_.stages.begin()));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    fact.why = error.message();
    fact.at = engine_.now();
  }
  plans_[stage] = std::move(fact);
  asking_.erase(stage);
  nudge();
}

Awaitable<void> RunActor::look_again(std::string stage) {
  constexpr auto at_most = std::chrono::seconds(10);
  auto self = shared_from_this();
  const auto found = std::ranges::find(state_.stages, stage, &StageState::name);
  try {
    PlanFact fact = co_await with_deadline(plan_stage(engine_, state_, static_cast<std::size_t>(found - state_.stages.begin())),
                                           deadline_in(at_most), "looking again at what " + stage + " would do");
    if (fact.known) plans_[stage] = std::move(fact);
  } catch (const Error& error) {
    if (!is_passing(error.kind())) throw;
    log::info("gate.not-asked-again", {{"run", label(state_)}, {"stage", stage}, {"why", error.message()}});
  }
  nudge();
}

bool RunActor::is_outdated(const StageState& stage) const {
  const auto fact = plans_.find(stage.name);
  const GateState* gate = stage.gate("approval");
  return fact != plans_.end() && fact->second.known && gate != nullptr && gate->is_open() && !gate->steps_digest.empty() &&
         gate->steps_digest != fact->second.digest;
}

}  // namespace fairlead::engine
