// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "pipeline/decode.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/path.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

const std::vector<std::string> git_fields = {"sha", "short", "branch", "tag", "ref", "message", "author", "pull_request", "before"};
const std::vector<std::string> run_fields = {"id", "number", "url", "actor", "trigger", "reason"};

/// What may be used at one place of the file.
struct Place {
  const Job* job = nullptr;      ///< matrix and jobs before it
  const Stage* stage = nullptr;  ///< jobs of earlier stages
  std::size_t steps = 0;         ///< how many steps of the job are before it
  bool runs = false;             ///< steps, jobs, hashFiles: known only while running
  bool workspace = false;        ///< hashFiles
  bool secret = false;           ///< may be a secret as a whole
  bool condition = false;        ///< success() and the like
  const Texts* env = nullptr;    ///< variables and how they are set
};

class ExpressionCheck {
 public:
  ExpressionCheck(const Definition& definition, Problems& problems) : definition_(definition), problems_(problems), graph_(definition) {}

  void run() {
    Place place;
    place.secret = true;
    check_texts(definition_.env, "env", place);
    for (const auto& stage : definition_.stages) check_stage(stage);
  }

 private:
  void report(const std::string& path, std::string message, std::string near = {}) {
    problems_.push_back(problem_at(definition_, path, std::move(message), std::move(near), offset_));
  }

  void report(const std::string& path, const ExpressionError& error) {
    offset_ = error.offset;
    report(path, error.message, error.nearest);
    offset_ = 0;
  }

  void check_stage(const Stage& stage) {
    Place place;
    place.stage = &stage;
    place.runs = true;
    check_condition(stage.condition, child_path(stage.path, "if"), place);
    for (std::size_t i = 0; i < stage.checks.size(); ++i)
      check_json(stage.checks[i].with, child_path(child_path(child_path(stage.path, "checks"), i), stage.checks[i].kind), place, nullptr);
    for (const auto& job : stage.jobs) check_job(stage, job);
  }

  void check_job(const Stage& stage, const Job& job) {
    Place place;
    place.stage = &stage;
    place.job = &job;
    check_text(job.name, child_path(job.path, "name"), place);
    place.runs = true;
    check_condition(job.condition, child_path(job.path, "if"), place);
    Texts env = definition_.env;
    place.env = &env;
    place.secret = true;
    check_texts(job.env, child_path(job.path, "env"), place);
    put(job.env, env);
    check_containers(job, place);
    check_cache(job, place);
    for (std::size_t i = 0; i < job.steps.size(); ++i) check_step(job.steps[i], i, place);
    check_outputs(job, place);
  }

  void check_containers(const Job& job, Place place) {
    for (const auto& [name, service] : job.services) {
      const std::string path = child_path(child_path(job.path, "services"), name);
      place.secret = true;
      check_texts(service.env, child_path(path, "env"), place);
      place.secret = false;
      check_text(service.image, child_path(path, "image"), place);
    }
    place.secret = false;
    const std::string path = child_path(job.path, "container");
    if (job.container) check_text(job.container->image, child_path(path, "image"), place);
    if (job.container) check_text(job.container->user, child_path(path, "user"), place);
  }

  void check_cache(const Job& job, Place place) {
    place.secret = false;
    place.workspace = true;
    for (std::size_t i = 0; i < job.cache.size(); ++i) {
      const std::string path = child_path(child_path(job.path, "cache"), i);
      check_text(job.cache[i].key, child_path(path, "key"), place);
      for (const auto& each : job.cache[i].paths) check_text(each, child_path(path, "paths"), place);
      for (const auto& each : job.cache[i].restore_keys) check_text(each, child_path(path, "restore-keys"), place);
    }
  }

  void check_outputs(const Job& job, Place place) {
    place.steps = job.steps.size();
    place.secret = false;
    place.workspace = true;
    check_texts(job.outputs, child_path(job.path, "outputs"), place);
  }

  void check_step(const Step& step, std::size_t index, Place place) {
    Place early;
    early.stage = place.stage;
    early.job = place.job;
    check_text(step.name, child_path(step.path, "name"), early);
    place.steps = index;
    place.workspace = true;
    check_texts(step.env, child_path(step.path, "env"), place);
    Texts env = *place.env;
    put(step.env, env);
    place.env = &env;
    place.secret = false;
    check_condition(step.condition, child_path(step.path, "if"), place);
    check_text(step.working_directory, child_path(step.path, "working-directory"), place);
    if (const Shape* shape = action_shape(step.action); shape && step.action != "run")
      check_json(step.with, child_path(step.path, step.action), place, shape);
  }

  static void put(const Texts& more, Texts& env) {
    for (const auto& [name, text] : more) env[name] = text;
  }

  void check_texts(const Texts& texts, const std::string& path, const Place& place) {
    for (const auto& [key, text] : texts) check_text(text, child_path(path, key), place);
  }

  void check_json(const Json& value, const std::string& path, Place place, const Shape* shape) {
    if (shape && shape->expressions == Expressions::script) return;
    if (value.is_string()) {
      place.secret = shape && shape->secret;
      return check_text(value.get_ref<const std::string&>(), path, place);
    }
    for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
      check_json(value[i], child_path(path, i), place, shape ? shape->element.get() : nullptr);
    if (!value.is_object()) return;
    for (const auto& [key, item] : value.items()) {
      const Field* field = shape ? shape->field(key) : nullptr;
      check_json(item, child_path(path, key), place, field ? &field->shape : shape ? shape->element.get() : nullptr);
    }
  }

  void check_text(const std::string& text, const std::string& path, const Place& place) {
    if (!has_expression(text)) return;
    const auto parsed = Template::parse(text);
    if (!parsed) return report(path, parsed.error());
    for (const auto& part : parsed->parts())
      if (part.expression) check_expression(*part.expression, path, place, parsed->is_whole(), part.offset);
  }

  void check_condition(const std::string& text, const std::string& path, Place place) {
    if (text.empty()) return;
    place.condition = true;
    const auto parsed = parse_condition(text);
    if (!parsed) return report(path, parsed.error());
    const auto braces = text.find("${{");
    check_expression(*parsed, path, place, false, braces == std::string::npos ? 0 : braces + 3);
  }

  /// `begin`: of the expression within the text at `path`.
  void check_expression(const Expression& expression, const std::string& path, const Place& place, bool whole, std::size_t begin) {
    offset_ = begin;
    for (const auto& name : expression.functions()) {
      if (name == "hashFiles" && !place.workspace) report(path, "hashFiles() needs the workspace, which does not exist yet here");
      if (name == "success" || name == "failure" || name == "always" || name == "canceled")
        if (!place.condition) report(path, name + "() belongs into an if:");
    }
    const bool alone = whole && expression.path().size() == 2;
    for (const auto& reference : expression.references()) {
      offset_ = begin + reference.offset;
      check_reference(reference.path, path, place, alone);
    }
    offset_ = 0;
  }

  void check_reference(const std::vector<std::string>& reference, const std::string& path, const Place& place, bool alone) {
    const std::string& context = reference[0];
    if (context == "git") return check_field(reference, git_fields, path);
    if (context == "run") return check_field(reference, run_fields, path);
    if (context == "inputs") return check_field(reference, input_names(), path);
    if (context == "matrix") return check_matrix(reference, path, place);
    if (context == "env") return check_env(reference, path, place);
    if (context == "jobs") return check_jobs(reference, path, place);
    if (context == "steps") return check_steps(reference, path, place);
    if (context == "environment" && place.stage && place.stage->environment.empty()) return report(path, "this stage has no environment");
    if (context == "secrets") {
      if (reference.size() < 2)
        report(path, "name the secret: ${{ secrets.NAME }}");
      else if (!place.secret || !alone)
        report(path, "a secret may only be the whole value of an env: or a secret field; give it to the step as env: { " + reference[1] +
                         ": \"${{ secrets." + reference[1] + " }}\" }");
    }
  }

  void unknown(const std::vector<std::string>& reference, const std::vector<std::string>& known, const std::string& path,
               const std::string& extra = {}) {
    const auto near = nearest(reference.back(), known);
    std::vector<std::string> full(reference.begin(), reference.end() - 1);
    full.push_back(near.value_or(""));
    report(path,
           "\"" + join(reference, ".") + "\" is not known" + (near || known.empty() ? "" : "; there are " + join(known, ", ")) + extra,
           near ? join(full, ".") : "");
  }

  void check_field(const std::vector<std::string>& reference, const std::vector<std::string>& known, const std::string& path) {
    if (reference.size() < 2 || is_one_of(reference[1], known)) {
      if (reference.size() > 2 && reference[1] == "pull_request" && reference[2] != "number") unknown(reference, {"number"}, path);
      return;
    }
    unknown({reference[0], reference[1]}, known, path);
  }

  std::vector<std::string> input_names() const {
    std::vector<std::string> out;
    for (const auto& input : definition_.inputs) out.push_back(input.name);
    return out;
  }

  void check_matrix(const std::vector<std::string>& reference, const std::string& path, const Place& place) {
    if (!place.job || place.job->matrix.empty())
      return report(path, "\"" + join(reference, ".") + "\" is not known: there is no matrix here");
    std::vector<std::string> known;
    for (const auto& [name, values] : place.job->matrix.axes) known.push_back(name);
    for (const auto& entry : place.job->matrix.include)
      for (const auto& [key, value] : entry.items()) known.push_back(key);
    check_field(reference, known, path);
  }

  void check_env(const std::vector<std::string>& reference, const std::string& path, const Place& place) {
    if (!place.env) return report(path, "env is not known here");
    if (reference.size() < 2 || reference[1] == "CI" || reference[1].starts_with("FAIRLEAD")) return;
    if (const auto found = place.env->find(reference[1]); found != place.env->end()) {
      if (is_secret(found->second))
        report(path, "\"" + join(reference, ".") + "\" is a secret; give it to what needs it: " + found->second);
      return;
    }
    const auto before = place.job->steps.begin() + static_cast<std::ptrdiff_t>(place.steps);
    const bool written = std::any_of(place.job->steps.begin(), before, [](const Step& step) {
      const ActionInfo* action = find_action(step.action);
      return action && action->open_outputs;
    });
    if (written) return;
    std::vector<std::string> known;
    for (const auto& [name, text] : *place.env) known.push_back(name);
    unknown({"env", reference[1]}, known, path);
  }

  static std::string first_of(const std::vector<std::string>& path) { return path.empty() ? "" : path.front(); }

  static bool is_secret(const std::string& text) {
    const auto parsed = Template::parse(text);
    return parsed && parsed->is_whole() && first_of(parsed->parts()[0].expression->path()) == "secrets";
  }

  void check_jobs(const std::vector<std::string>& reference, const std::string& path, const Place& place) {
    if (!place.runs || !place.stage) return report(path, "outputs of jobs are not known here yet");
    if (reference.size() < 2) return;
    const std::string& id = reference[1];
    const Job* job = graph_.job(id);
    if (!job) return unknown({"jobs", id}, graph_.job_ids(), path);
    if (graph_.is_repeated(id)) return report(path, Graph::ambiguous(id));
    if (!is_before(id, place)) return report(path, Graph::not_before(id));
    if (reference.size() < 3 || reference[2] == "result") return;
    if (reference[2] != "outputs") return unknown({"jobs", id, reference[2]}, {"outputs", "result"}, path);
    if (reference.size() < 4 || job->outputs.contains(reference[3])) return;
    std::vector<std::string> known;
    for (const auto& [name, value] : job->outputs) known.push_back(name);
    if (known.empty())
      return report(path, "the job \"" + id + "\" has no outputs; write outputs: { " + reference[3] + ": \"${{ steps.ID.outputs." +
                              reference[3] + " }}\" } there");
    unknown({"jobs", id, "outputs", reference[3]}, known, path);
  }

  bool is_before(const std::string& id, const Place& place) const {
    if (place.job) return graph_.precedes(id, *place.job);
    const auto other = graph_.stage_of(id);
    return other && &definition_.stages[*other] < place.stage;
  }

  void check_steps(const std::vector<std::string>& reference, const std::string& path, const Place& place) {
    if (!place.runs || !place.job || place.steps == 0) return report(path, "there is no step before this");
    if (reference.size() < 2) return;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < place.steps; ++i)
      if (!place.job->steps[i].id.empty()) known.push_back(place.job->steps[i].id);
    const auto step = std::ranges::find(place.job->steps, reference[1], &Step::id);
    if (step == place.job->steps.end() && known.empty()) return report(path, "no step before this has an id:");
    if (step == place.job->steps.end()) return unknown({"steps", reference[1]}, known, path);
    if (!is_one_of(reference[1], known)) return report(path, "the step \"" + reference[1] + "\" comes later");
    if (reference.size() < 3 || reference[2] == "result") return;
    if (reference[2] != "outputs") return unknown({"steps", reference[1], reference[2]}, {"outputs", "result"}, path);
    if (reference.size() > 3) check_step_output(*step, reference, path);
  }

  void check_step_output(const Step& step, const std::vector<std::string>& reference, const std::string& path) {
    const ActionInfo* action = find_action(step.action);
    if (!action || action->open_outputs) return;
    std::vector<std::string> known;
    for (const auto& output : action->outputs) known.push_back(output.name);
    if (known.empty()) return report(path, step.action + " has no outputs");
    if (!is_one_of(reference[3], known)) unknown({"steps", reference[1], "outputs", reference[3]}, known, path);
  }

  const Definition& definition_;
  Problems& problems_;
  Graph graph_;
  std::size_t offset_ = 0;  ///< of what is looked at, within its text
};

}  // namespace

void check_expressions(const Definition& definition, Problems& problems) { ExpressionCheck(definition, problems).run(); }

}  // namespace fairlead::pipeline
