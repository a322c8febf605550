// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "pipeline/decode.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/matrix.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

class GraphCheck {
 public:
  GraphCheck(const Definition& definition, Problems& problems) : definition_(definition), problems_(problems), graph_(definition) {}

  void run() {
    check_inputs_of_definition();
    check_schedules();
    std::set<std::string> stage_names;
    for (const auto& stage : definition_.stages) {
      check_stage(stage, stage_names);
      for (const auto& job : stage.jobs) check_job(stage, job);
      check_cycle(stage);
    }
    if (definition_.stages.empty() && has("stages")) report("stages", "a pipeline needs at least one stage");
  }

 private:
  void report(const std::string& path, std::string message, std::string near = {}) {
    problems_.push_back(problem_at(definition_, path, std::move(message), std::move(near)));
  }

  /// What is missing altogether has been told by validate().
  bool has(const std::string& path) const { return definition_.marks.contains(path); }

  void check_inputs_of_definition() {
    for (const auto& input : definition_.inputs) {
      const std::string path = child_path("inputs", input.name);
      if (input.type == InputType::choice && input.options.empty()) report(path, "a choice needs options: [ … ]");
      if (input.type != InputType::choice && !input.options.empty()) report(child_path(path, "options"), "options belong to type: choice");
      if (!input.fallback) continue;
      if (const auto problem = input_problem(input, *input.fallback); !problem.empty()) report(child_path(path, "default"), problem);
    }
  }

  void check_schedules() {
    for (std::size_t i = 0; i < definition_.on.schedules.size(); ++i) {
      const auto& schedule = definition_.on.schedules[i];
      const bool single = !has("on.schedule[0]");
      const std::string path = child_path(single ? "on.schedule" : child_path("on.schedule", i), "inputs");
      for (const auto& [name, value] : schedule.inputs) {
        const auto found = std::ranges::find(definition_.inputs, name, &Input::name);
        if (found == definition_.inputs.end())
          report(child_path(path, name), "there is no input \"" + name + "\"");
        else if (const auto problem = input_problem(*found, value); !problem.empty())
          report(child_path(path, name), problem);
      }
    }
  }

  void check_stage(const Stage& stage, std::set<std::string>& names) {
    if (stage.name.empty())
      report(stage.path, "a stage needs a name or an environment");
    else if (!names.insert(stage.name).second)
      report(child_path(stage.path, "name"), "there is another stage named \"" + stage.name + "\"");
    if (stage.jobs.empty() && has(child_path(stage.path, "jobs"))) report(child_path(stage.path, "jobs"), "a stage needs at least one job");
    if (stage.environment.empty() && stage.on_failure.kind == OnFailure::Kind::rollback)
      report(child_path(stage.path, "on-failure"), "only a stage with an environment can be rolled back");
  }

  void check_job(const Stage& stage, const Job& job) {
    if (job.steps.empty() && has(child_path(job.path, "steps"))) report(child_path(job.path, "steps"), "a job needs at least one step");
    for (std::size_t i = 0; i < job.needs.size(); ++i) check_need(stage, job, i);
    for (std::size_t i = 0; i < job.artifacts_from.size(); ++i) check_artifacts_from(job, i);
    if (const auto problem = matrix_problem(job.matrix); !problem.empty()) report(child_path(job.path, "matrix"), problem);
    if (!stage.environment.empty() && job.retry && job.retry->on_lost && has(child_path(job.path, "retry") + ".on"))
      report(child_path(job.path, "retry") + ".on",
             "a lost job is never tried again by itself in a stage with an environment: it may have changed something");
    std::set<std::string> ids;
    for (const auto& step : job.steps) {
      if (!step.id.empty() && !ids.insert(step.id).second)
        report(child_path(step.path, "id"), "there is another step \"" + step.id + "\" in this job");
      const ActionInfo* action = find_action(step.action);
      if (action && action->needs_environment && stage.environment.empty())
        report(child_path(step.path, step.action), "needs an environment: give the stage environment: NAME");
    }
  }

  std::string path_of_item(const std::string& path, std::size_t index) const {
    const std::string item = child_path(path, index);
    return has(item) ? item : path;
  }

  void check_need(const Stage& stage, const Job& job, std::size_t index) {
    const std::string& need = job.needs[index];
    const std::string path = path_of_item(child_path(job.path, "needs"), index);
    if (need == job.id) return report(path, "a job cannot need itself");
    if (std::ranges::find(stage.jobs, need, &Job::id) != stage.jobs.end()) return;
    if (const auto other = graph_.stage_of(need))
      return report(path, "the job \"" + need + "\" is in the stage \"" + definition_.stages[*other].name +
                              "\"; needs: names jobs of the same stage, stages run in order anyway");
    std::vector<std::string> ids;
    for (const auto& each : stage.jobs)
      if (each.id != job.id) ids.push_back(each.id);
    report(path, "there is no job \"" + need + "\" in this stage", nearest(need, ids).value_or(""));
  }

  void check_artifacts_from(const Job& job, std::size_t index) {
    const std::string& from = job.artifacts_from[index];
    const std::string path = path_of_item(child_path(job.path, "artifacts-from"), index);
    const Job* other = graph_.job(from);
    if (!other) return report(path, "there is no job \"" + from + "\"", nearest(from, graph_.job_ids()).value_or(""));
    if (graph_.is_repeated(from)) return report(path, Graph::ambiguous(from));
    if (!graph_.precedes(from, job)) return report(path, Graph::not_before(from));
    if (other->artifacts.empty()) report(path, "the job \"" + from + "\" keeps no artifacts");
  }

  void check_cycle(const Stage& stage) {
    const auto cycle = find_cycle(stage);
    if (cycle.empty()) return;
    const auto first = std::ranges::find(stage.jobs, cycle.front(), &Job::id);
    report(child_path(first->path, "needs"), "jobs need one another in a circle: " + join(cycle, " → "));
  }

  const Definition& definition_;
  Problems& problems_;
  Graph graph_;
};

}  // namespace

void check_graph(const Definition& definition, Problems& problems) { GraphCheck(definition, problems).run(); }

}  // namespace fairlead::pipeline
