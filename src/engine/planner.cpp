// SPDX-License-Identifier: Apache-2.0
#include "engine/planner.hpp"

#include "engine/actor.hpp"
#include "engine/conditions.hpp"
#include "engine/reuse.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/events.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// From run.created to run.planned: bring the commit, read the pipeline file at it, filter, resolve, freeze.
namespace fairlead::engine {

namespace {

constexpr int planners = 4;
/// Runs that came while one was planned. More than this, and intake goes first: with all planners at work a burst of deliveries would
/// get half of the machine, and a Git host waits for its answer while a run may wait for its plan.
constexpr int burst = 2;

store::NewEvent not_planned(State state, const std::string& reason, const std::vector<std::string>& errors) {
  const Json payload{{"state", to_string(state)}, {"reason", reason}, {"errors", errors}};
  return {std::string(events::run_finished), dump(payload), "fairlead"};
}

SourceRequest source_request(const RunState& run, const pipeline::AppConfig& app) {
  SourceRequest request;
  request.app = run.app;
  request.ref = run.ref;
  request.sha = run.sha;
  request.before = run.before;
  request.pipeline_path = app.folder.empty() ? app.pipeline : app.folder + "/" + app.pipeline;
  return request;
}

pipeline::TriggerFacts trigger_facts(const RunState& run, const SourceFiles& files, const pipeline::AppConfig& app) {
  pipeline::TriggerFacts facts;
  facts.kind = pipeline::trigger_kind(run.trigger).value_or(pipeline::TriggerKind::command);
  // A deploy of one environment that somebody asked for at a time is not a schedule of the pipeline.
  if (facts.kind == pipeline::TriggerKind::schedule && !run.target_environment.empty()) facts.kind = pipeline::TriggerKind::command;
  facts.branch = run.branch.empty() ? files.branch : run.branch;
  if (facts.kind == pipeline::TriggerKind::pull_request) facts.branch = text_at(member(*run.start, "pull_request"), "base");
  facts.tag = run.tag.empty() ? files.tag : run.tag;
  facts.message = files.message;
  facts.changed_paths = files.changed;
  facts.app_paths = app.paths;
  if (facts.app_paths.empty() && !app.folder.empty()) facts.app_paths.push_back(app.folder + "/**");
  return facts;
}

pipeline::PlanContext plan_context(const RunState& run, const SourceFiles& files, const Engine::Impl& engine) {
  pipeline::PlanContext context;
  context.git.sha = files.sha.str();
  context.git.ref = run.ref;
  context.git.branch = run.branch.empty() ? files.branch : run.branch;
  context.git.tag = run.tag.empty() ? files.tag : run.tag;
  context.git.message = files.message;
  context.git.author = files.author;
  context.git.before = run.before;
  const Json& pull_request = member(*run.start, "pull_request");
  if (pull_request.is_object()) {
    context.git.pull_request = number_at(pull_request, "number");
    context.fork = flag_at(pull_request, "fork");
  }
  context.run = {run.id.str(), run.number, engine.parts.public_url + "/runs/" + run.id.str(), run.actor, run.start_reason};
  context.app = run.app;
  context.trigger = pipeline::trigger_kind(run.trigger).value_or(pipeline::TriggerKind::command);
  if (run.inputs) context.inputs = *run.inputs;
  context.environments.emplace();
  for (const auto& [name, environment] : engine.parts.config->environments) {
    // What a rollback goes back to was let in once; by now it is a commit, and no branch may lead to it any more.
    auto branches = run.trigger == "rollback" ? std::vector<std::string>{} : environment.branches;
    context.environments->emplace(name, pipeline::EnvironmentFacts{std::move(branches)});
  }
  context.only_environment = run.target_environment;
  for (const auto& stage : member(*run.start, "only_stages")) context.only_stages.push_back(stage.get<std::string>());
  return context;
}

}  // namespace

store::NewEvent planned_event(const RunState& run, const Resolved& resolved) {
  const auto& files = resolved.files;
  std::vector<std::string> notes = resolved.notes;
  if (!files.changed_note.empty()) notes.push_back(files.changed_note);
  Json payload{{"sha", files.sha.str()},
               {"branch", run.branch.empty() ? files.branch : run.branch},
               {"tag", run.tag.empty() ? files.tag : run.tag},
               {"message", ellipsize(files.message, 4096)},
               {"author", files.author},
               {"excluded", Json::array()},
               {"digest", plan_digest(*resolved.plan)},
               {"plan", to_json(*resolved.plan)},
               {"default_branch", files.on_default_branch},
               {"notes", notes}};
  if (!files.author_email.empty()) payload["excluded"].push_back("user:" + files.author_email);
  if (resolved.reused.is_object()) payload["reused"] = resolved.reused;
  if (resolved.recorded.is_object()) payload["recorded"] = resolved.recorded;
  return {std::string(events::run_planned), dump(payload), "fairlead"};
}

namespace {

Resolved refused(SourceFiles files, State state, std::string reason, std::vector<std::string> errors) {
  return {.files = std::move(files),
          .plan = {},
          .reused = nullptr,
          .recorded = nullptr,
          .notes = {},
          .state = state,
          .reason = std::move(reason),
          .errors = std::move(errors)};
}

/// The run that was named, or the newest ones of the same commit.
Awaitable<std::vector<RunId>> candidates(Engine::Impl& engine, const RunState& run, const SourceFiles& files) {
  if (!run.reuse.empty()) co_return std::vector{run.reuse};
  constexpr int most_rows = 200;
  constexpr std::size_t most = 5;
  const auto rows = co_await engine.parts.store->read(
      [&](store::View& view) { return view.runs({.app = run.app, .environment = {}, .state = {}, .actor = {}, .limit = most_rows}); });
  std::vector<RunId> found;
  for (const auto& row : rows) {
    if (row.sha == files.sha.str() && row.id != run.id && row.started_at && found.size() < most) found.push_back(row.id);
  }
  co_return found;
}

/// A rollback deploys what was recorded then, whatever has become of images, files and the service since.
Awaitable<void> take_record(Engine::Impl& engine, const RunState& run, Resolved& resolved) {
  if (run.trigger != "rollback" || run.reuse.empty() || run.target_environment.empty()) co_return;
  const auto earlier = co_await engine.load(run.reuse);
  if (earlier->state().app != run.app) co_return;
  resolved.recorded = recorded(earlier->state(), *resolved.plan, run.target_environment);
  for (auto& note : resolved.recorded.value("notes", std::vector<std::string>{})) resolved.notes.push_back(std::move(note));
  resolved.recorded.erase("notes");
  if (resolved.recorded.at("steps").empty()) resolved.recorded = nullptr;
}

/// What a deploy of one environment need not build again. When a run was named and has not everything to give, it is built again, and
/// the run says so.
Awaitable<void> take_over(Engine::Impl& engine, const RunState& run, Resolved& resolved) {
  if (run.target_environment.empty() || !run.image.empty()) co_return;
  const Json given = run.inputs ? *run.inputs : Json::object();
  for (const auto& id : co_await candidates(engine, run, resolved.files)) {
    const auto earlier = co_await engine.load(id);
    const RunState& source = earlier->state();
    if (source.app != run.app || source.sha != resolved.files.sha) continue;
    if (run.reuse.empty() && given != (source.inputs ? *source.inputs : Json::object())) continue;
    // What is recorded needs outputs at most: artifacts that retention took away are no reason to build again.
    const bool outputs_do = resolved.recorded.is_object() && !takes_artifacts(*resolved.plan, run.target_environment);
    resolved.reused = reusable(source, *resolved.plan, run.target_environment, outputs_do ? nullptr : engine.parts.artifacts_kept);
    if (resolved.reused.is_object()) co_return;
    if (!run.reuse.empty()) resolved.notes.push_back("what " + label(source) + " built is not all there, so it is built again");
  }
}

}  // namespace

Awaitable<Resolved> resolve_run(Engine::Impl& engine, const RunState& run) {
  const auto app = engine.parts.config->apps.find(run.app);
  if (app == engine.parts.config->apps.end()) {
    co_return refused({}, State::failed, "app " + run.app + " is no longer in the server's configuration", {});
  }
  auto request = source_request(run, app->second);
  const std::string file = request.pipeline_path;
  SourceFiles files = co_await engine.parts.source->bring(std::move(request));
  if (!files.pipeline) {
    const std::string at = files.sha.str().substr(0, 12);
    co_return refused(std::move(files), State::failed, "there is no " + file + " at " + at,
                      {"Add " + file + " to the repository (fairlead init writes one), or set apps." + run.app + ".pipeline."});
  }
  auto parsed = co_await engine.definitions.get(*files.pipeline, file);
  if (!parsed->definition) {
    const auto count = parsed->problems.size();
    co_return refused(std::move(files), State::failed, file + " has " + std::to_string(count) + " problem" + (count == 1 ? "" : "s"),
                      parsed->problems);
  }
  // A rollback, and what is deployed by name, may be of an old commit of that branch.
  const bool tip = files.on_default_branch && run.trigger != "rollback" && run.target_environment.empty();
  if (tip && engine.parts.branch_read) engine.parts.branch_read(run.app, parsed->definition);
  const auto verdict = match_trigger(*parsed->definition, trigger_facts(run, files, app->second));
  if (!verdict.accepted && !is_automatic_rollback(run))
    co_return refused(std::move(files), State::skipped, "ignored: " + verdict.reason, {});
  auto plan = make_plan(*parsed->definition, plan_context(run, files, engine));
  if (!plan) {
    std::vector<std::string> errors;
    for (const auto& problem : plan.error()) errors.push_back(format(problem));
    co_return refused(std::move(files), State::failed, "the pipeline cannot be resolved for this run", std::move(errors));
  }
  Resolved resolved{.files = std::move(files),
                    .plan = std::move(*plan),
                    .reused = nullptr,
                    .recorded = nullptr,
                    .notes = {},
                    .state = {},
                    .reason = {},
                    .errors = {}};
  if (!verdict.reason.empty()) resolved.notes.push_back(verdict.reason);
  if (!run.image.empty()) {
    if (auto error = pin_image(*resolved.plan, run.target_environment, run.image))
      co_return refused(std::move(resolved.files), State::failed, "the image cannot be deployed", {*error});
  }
  co_await take_record(engine, run, resolved);
  co_await take_over(engine, run, resolved);
  co_return resolved;
}

Awaitable<void> RunActor::plan() {
  auto self = shared_from_this();
  store::NewEvent event;
  try {
    const auto resolved = co_await resolve_run(engine_, state_);
    event = resolved.plan ? planned_event(state_, resolved) : not_planned(resolved.state, resolved.reason, resolved.errors);
  } catch (const Error& error) {
    std::vector<std::string> lines = split_lines(error.message());
    if (!error.hint().empty()) lines.push_back(error.hint());
    event = not_planned(State::failed, "cannot bring " + state_.ref + ": " + (lines.empty() ? "" : lines.front()), lines);
  }
  --engine_.planning;
  planning_ = false;
  engine_.next_plan();
  engine_.arrived = 0;
  // A run that was canceled meanwhile keeps its end.
  auto unless_over = [event = std::move(event)](const RunState& run) {
    return is_terminal(run.state) || run.plan ? std::vector<store::NewEvent>{} : std::vector<store::NewEvent>{event};
  };
  co_await ask(std::move(unless_over));
}

void Engine::Impl::queue_plan(const std::shared_ptr<RunActor>& actor) {
  plan_queue.push_back(actor);
  ++arrived;
  next_plan();
}

void Engine::Impl::next_plan() {
  const int most = arrived > burst ? 1 : planners;
  while (!stopping && planning < most && plan_queue_head < plan_queue.size()) {
    auto next = plan_queue[plan_queue_head++].lock();
    if (!next) continue;
    ++planning;
    next->plan_now();
  }
  if (plan_queue_head == plan_queue.size()) {
    plan_queue.clear();
    plan_queue_head = 0;
  }
}

}  // namespace fairlead::engine
