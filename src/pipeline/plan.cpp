// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/plan.hpp"

#include <algorithm>
#include <set>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"
#include "pipeline/freeze.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/matrix.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

Json contexts_of(const PlanContext& context, Json inputs) {
  const GitFacts& git = context.git;
  Json request = git.pull_request ? Json{{"number", *git.pull_request}} : Json();
  return {{"git",
           {{"sha", git.sha},
            {"short", git.sha.substr(0, 7)},
            {"branch", git.branch},
            {"tag", git.tag},
            {"ref", git.ref},
            {"message", git.message},
            {"author", git.author},
            {"before", git.before},
            {"pull_request", std::move(request)}}},
          {"run",
           {{"id", context.run.id},
            {"number", context.run.number},
            {"url", context.run.url},
            {"actor", context.run.actor},
            {"trigger", to_string(context.trigger)},
            {"reason", context.run.reason}}},
          {"app", context.app},
          {"inputs", std::move(inputs)}};
}

/// "main" or "main or release/*".
std::string alternatives(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

bool allows(const EnvironmentFacts& environment, const GitFacts& git) {
  if (environment.branches.empty()) return true;
  bool allowed = false;
  for (std::string_view pattern : environment.branches) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    const std::string& subject = pattern.starts_with("refs/") ? git.ref : git.branch;
    if (!subject.empty() && glob_match(pattern, subject)) allowed = !negated;
  }
  return allowed;
}

std::string default_name(const Step& step) {
  if (step.action != "run") return step.action;
  for (const auto& line : split_lines(step.with["script"].get<std::string>()))
    if (!trim(line).empty()) return ellipsize(trim(line), 60);
  return "run";
}

/// The key as a file name; the caller makes it unique.
std::string file_name(const std::string& key) {
  std::string out;
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-') || out.ends_with('.')) out.pop_back();
  return out.empty() ? "job" : out.substr(0, 100);
}

class Planner {
 public:
  Planner(const Definition& definition, const PlanContext& context) : definition_(definition), context_(context), graph_(definition) {}

  std::expected<RunPlan, Problems> make() {
    const bool asked_of_people = context_.trigger == TriggerKind::command;
    auto inputs = check_inputs(definition_, context_.inputs, asked_of_people);
    if (!inputs) return std::unexpected(std::move(inputs.error()));
    plan_.concurrency = definition_.concurrency;
    plan_.trusted = !context_.fork;
    plan_.contexts = contexts_of(context_, std::move(*inputs));
    check_selection();
    for (std::size_t i = 0; i < definition_.stages.size(); ++i) add_stage(definition_.stages[i], i);
    if (jobs_ > max_jobs) report("stages", "the run has " + std::to_string(jobs_) + " jobs, " + std::to_string(max_jobs) + " are allowed");
    if (problems_.empty()) return std::move(plan_);
    sort_by_place(problems_);
    return std::unexpected(std::move(problems_));
  }

 private:
  void report(const std::string& path, std::string message, std::string near = {}) {
    problems_.push_back(problem_at(definition_, path, std::move(message), std::move(near)));
  }

  void check_selection() {
    std::vector<std::string> names;
    std::vector<std::string> environments;
    for (const auto& stage : definition_.stages) {
      names.push_back(stage.name);
      if (!stage.environment.empty()) environments.push_back(stage.environment);
    }
    for (const auto& wanted : context_.only_stages)
      if (!is_one_of(wanted, names))
        report("stages", "there is no stage \"" + wanted + "\"; there are " + join(names, ", "), nearest(wanted, names).value_or(""));
    const std::string& wanted = context_.only_environment;
    if (wanted.empty() || is_one_of(wanted, environments)) return;
    report("stages",
           "no stage has the environment \"" + wanted + "\"" + (environments.empty() ? "" : "; there are " + join(environments, ", ")),
           nearest(wanted, environments).value_or(""));
  }

  Scope scope_of(const Stage& stage) const {
    Scope scope;
    scope.contexts = plan_.contexts;
    scope.contexts["environment"] = stage.environment;
    return scope;
  }

  void add_stage(const Stage& stage, std::size_t index) {
    const Freezer freezer(definition_, scope_of(stage), !context_.fork, problems_);
    PlanStage out;
    out.index = index;
    out.name = stage.name;
    out.environment = stage.environment;
    out.on_failure = stage.on_failure;
    auto decision = freezer.condition(stage.condition, child_path(stage.path, "if"));
    out.condition = std::move(decision.condition);
    out.skip = skip_reason(stage, index);
    if (out.skip.empty()) out.skip = std::move(decision.skip);
    for (std::size_t i = 0; i < stage.checks.size(); ++i)
      out.checks.push_back(
          {{"kind", stage.checks[i].kind}, {"with", freezer.tree(stage.checks[i].with, child_path(child_path(stage.path, "checks"), i))}});
    for (const auto& job : stage.jobs) add_jobs(stage, job, out);
    plan_.stages.push_back(std::move(out));
  }

  std::string skip_reason(const Stage& stage, std::size_t index) {
    if (!context_.only_stages.empty() && !is_one_of(stage.name, context_.only_stages))
      return "only " + join(context_.only_stages, ", ") + " was asked for";
    if (const std::string reason = selection_reason(stage, index); !reason.empty()) return reason;
    if (stage.environment.empty()) return {};
    // The number too: whatever started this run again, the commit is still that of a pull request.
    if (context_.trigger == TriggerKind::pull_request || context_.git.pull_request || context_.fork)
      return "runs of pull requests have no environment";
    if (!context_.environments) return {};
    const auto found = context_.environments->find(stage.environment);
    if (found == context_.environments->end()) {
      unknown_environment(stage);
      return {};
    }
    if (allows(found->second, context_.git)) return {};
    const std::string ref = context_.git.branch.empty() ? context_.git.ref : context_.git.branch;
    return stage.environment + " needs " + alternatives(found->second.branches) + ", ref is " + ref;
  }

  std::string selection_reason(const Stage& stage, std::size_t index) const {
    const std::string& wanted = context_.only_environment;
    if (wanted.empty() || stage.environment == wanted) return {};
    if (!stage.environment.empty()) return "only " + wanted + " was asked for";
    const bool comes_after = std::ranges::none_of(definition_.stages.begin() + static_cast<std::ptrdiff_t>(index), definition_.stages.end(),
                                                  [&](const Stage& later) { return later.environment == wanted; });
    return comes_after ? "only " + wanted + " and what comes before it was asked for" : "";
  }

  void unknown_environment(const Stage& stage) {
    std::vector<std::string> names;
    for (const auto& [name, facts] : *context_.environments) names.push_back(name);
    report(child_path(stage.path, "environment"),
           "the server has no environment \"" + stage.environment + "\"" +
               (names.empty() ? "; it has none at all" : "; it has " + join(names, ", ")),
           nearest(stage.environment, names).value_or(""));
  }

  void add_jobs(const Stage& stage, const Job& job, PlanStage& out) {
    for (auto& combination : expand(job.matrix)) {
      if (++jobs_ > max_jobs) continue;
      std::vector<std::string> labels;
      if (graph_.is_repeated(job.id)) labels.push_back(stage.name);
      if (!combination.label.empty()) labels.push_back(combination.label);
      out.jobs.push_back(make_job(stage, job, std::move(combination.values), join(labels, ", ")));
    }
  }

  PlanJob make_job(const Stage& stage, const Job& job, Json matrix, const std::string& label) {
    Scope scope = scope_of(stage);
    scope.contexts["matrix"] = matrix;
    const Freezer freezer(definition_, scope, !context_.fork, problems_);
    PlanJob out;
    out.key = unique(keys_, label.empty() ? job.id : job.id + " (" + label + ")", " #");
    out.folder = unique(folders_, file_name(out.key), "-");
    out.id = job.id;
    out.name = job.name.empty() ? out.key : to_text(freezer.text(job.name, child_path(job.path, "name")));
    out.needs = job.needs;
    auto decision = freezer.condition(job.condition, child_path(job.path, "if"));
    out.condition = std::move(decision.condition);
    out.skip = std::move(decision.skip);
    out.executor = job.executor;
    out.matrix = std::move(matrix);
    out.max_parallel = job.matrix.max_parallel;
    out.fail_fast = job.matrix.fail_fast;
    out.env = freezer.texts(definition_.env, "env");
    out.env.update(freeze_job_env(job, std::move(scope), out.env));
    freeze_surroundings(job, freezer, out);
    out.timeout = job.timeout;
    out.no_output_timeout = job.no_output_timeout;
    out.retry = retry_of(stage, job);
    out.artifacts = job.artifacts;
    out.artifacts_from = job.artifacts_from;
    out.reports = job.reports;
    out.outputs = freezer.texts(job.outputs, child_path(job.path, "outputs"));
    for (std::size_t i = 0; i < job.steps.size(); ++i) out.steps.push_back(make_step(job.steps[i], i, freezer));
    return out;
  }

  /// The pipeline's variables are known by now, so the job's may be made of them.
  Json freeze_job_env(const Job& job, Scope scope, const Json& pipeline_env) {
    Json& env = scope.contexts["env"] = Json::object();
    for (const auto& [name, value] : pipeline_env.items())
      if (value.is_string()) env[name] = value;
    return Freezer(definition_, std::move(scope), !context_.fork, problems_).texts(job.env, child_path(job.path, "env"));
  }

  void freeze_surroundings(const Job& job, const Freezer& freezer, PlanJob& out) {
    if (job.container) {
      const std::string path = child_path(job.path, "container");
      out.container = {{"image", freezer.text(job.container->image, path)},
                       {"options", job.container->options},
                       {"user", freezer.text(job.container->user, path)},
                       {"network", job.container->network}};
    }
    for (const auto& [name, service] : job.services) {
      const std::string path = child_path(child_path(job.path, "services"), name);
      out.services[name] = {{"image", freezer.text(service.image, path)},
                            {"env", freezer.texts(service.env, child_path(path, "env"))},
                            {"ready", service.ready},
                            {"options", service.options}};
    }
    for (std::size_t i = 0; i < job.cache.size(); ++i) {
      const std::string path = child_path(child_path(job.path, "cache"), i);
      out.cache.push_back({{"key", freezer.text(job.cache[i].key, path)},
                           {"paths", freezer.texts(job.cache[i].paths, path)},
                           {"restore-keys", freezer.texts(job.cache[i].restore_keys, path)}});
    }
  }

  /// A lost job may have changed something: only builds are tried again by themselves.
  static Retry retry_of(const Stage& stage, const Job& job) {
    Retry retry;
    if (job.retry)
      retry = *job.retry;
    else if (stage.environment.empty())
      retry = {2, false, true, false, {}};
    if (!stage.environment.empty()) retry.on_lost = false;
    return retry;
  }

  static PlanStep make_step(const Step& step, std::size_t index, const Freezer& freezer) {
    PlanStep out;
    out.index = index;
    out.id = step.id;
    out.name = step.name.empty() ? default_name(step) : to_text(freezer.text(step.name, child_path(step.path, "name")));
    out.action = step.action;
    out.with = step.action == "run" ? step.with : freezer.tree(step.with, child_path(step.path, step.action));
    out.env = freezer.texts(step.env, child_path(step.path, "env"));
    auto decision = freezer.condition(step.condition, child_path(step.path, "if"));
    out.condition = std::move(decision.condition);
    out.skip = std::move(decision.skip);
    out.timeout = step.timeout;
    out.no_output_timeout = step.no_output_timeout;
    out.continue_on_error = step.continue_on_error;
    out.shell = step.shell;
    out.working_directory = freezer.text(step.working_directory, child_path(step.path, "working-directory"));
    return out;
  }

  static std::string unique(std::set<std::string>& taken, const std::string& wanted, const char* separator) {
    std::string name = wanted;
    for (int i = 2; !taken.insert(name).second; ++i) name = wanted + separator + std::to_string(i);
    return name;
  }

  const Definition& definition_;
  const PlanContext& context_;
  Graph graph_;
  RunPlan plan_;
  Problems problems_;
  std::set<std::string> keys_;
  std::set<std::string> folders_;
  std::size_t jobs_ = 0;
};

}  // namespace

std::expected<RunPlan, Problems> make_plan(const Definition& definition, const PlanContext& context) {
  return Planner(definition, context).make();
}

const PlanJob* find_job(const RunPlan& plan, std::string_view key) {
  for (const auto& stage : plan.stages)
    for (const auto& job : stage.jobs)
      if (job.key == key) return &job;
  return nullptr;
}

std::string plan_digest(const RunPlan& plan) { return sha256_hex(dump(to_json(plan))); }

}  // namespace fairlead::pipeline
