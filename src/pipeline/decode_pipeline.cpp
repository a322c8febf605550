// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "pipeline/decode.hpp"
#include "pipeline/path.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

void collect_marks(const Value& value, const std::string& path, std::map<std::string, Mark>& marks) {
  marks[path] = value.mark();
  for (std::size_t i = 0; i < value.items().size(); ++i) collect_marks(value.items()[i], child_path(path, i), marks);
  for (const auto& member : value.members()) collect_marks(member.value, child_path(path, member.key), marks);
}

bool wanted(const Value* value) { return value && !(value->kind() == Value::Kind::boolean && !bool_of(value, true)); }

PushTrigger decode_filter(const Value& value) {
  if (!value.is_map()) return {value.kind() == Value::Kind::boolean ? std::vector<std::string>{} : texts_of(&value), {}, {}};
  return {texts_of(value.find("branches")), texts_of(value.find("paths")), texts_of(value.find("ignore-paths"))};
}

ScheduleTrigger decode_schedule(const Value& value) {
  ScheduleTrigger out;
  out.cron = text_of(value.find("cron"));
  out.zone = text_of(value.find("zone"), "UTC");
  out.calendar = text_of(value.find("calendar"));
  out.late = duration_of(value.find("late"));
  const std::string missed = text_of(value.find("missed"));
  out.missed = missed == "once" ? Missed::once : missed == "all" ? Missed::all : Missed::skip;
  out.inputs = text_map_of(value.find("inputs"));
  return out;
}

Triggers decode_triggers(const Value* on) {
  Triggers out;
  if (!on) {
    out.push.emplace();
    out.pull_request.emplace();
    return out;
  }
  for (const auto& name : on->is_map() ? std::vector<std::string>{} : texts_of(on)) {
    if (name == "push") out.push.emplace();
    if (name == "tag") out.tag.emplace();
    if (name == "pull-request") out.pull_request.emplace();
  }
  if (const Value* push = on->find("push"); wanted(push)) out.push = decode_filter(*push);
  if (const Value* request = on->find("pull-request"); wanted(request)) out.pull_request = decode_filter(*request);
  if (const Value* tag = on->find("tag"); wanted(tag)) out.tag = TagTrigger{decode_filter(*tag).branches};
  if (const Value* schedule = on->find("schedule")) {
    if (schedule->is_map()) out.schedules.push_back(decode_schedule(*schedule));
    for (const auto& item : schedule->items()) out.schedules.push_back(decode_schedule(item));
  }
  if (const Value* http = on->find("http")) out.http_secret = text_of(http->find("secret"));
  if (const Value* sqs = on->find("sqs")) out.sqs_queue = text_of(sqs->find("queue"));
  out.command = bool_of(on->find("command"), true);
  return out;
}

Container decode_container(const Value& value) {
  if (value.is_scalar()) return {value.text(), {}, {}, {}};
  return {text_of(value.find("image")), text_of(value.find("options")), text_of(value.find("user")), text_of(value.find("network"))};
}

Service decode_service(const Value& value) {
  if (value.is_scalar()) return {value.text(), {}, {}, {}};
  return {text_of(value.find("image")), text_map_of(value.find("env")), text_of(value.find("ready")), text_of(value.find("options"))};
}

Retry decode_retry(const Value& value) {
  Retry out;
  out.attempts = static_cast<int>(number_of(value.is_map() ? value.find("attempts") : &value).value_or(1));
  const Value* on = value.find("on");
  if (!on) out.on_failure = out.on_lost = out.on_timeout = true;
  for (const auto& cause : texts_of(on)) {
    if (cause == "failure") out.on_failure = true;
    if (cause == "lost") out.on_lost = true;
    if (cause == "timeout") out.on_timeout = true;
    if (cause.starts_with("exit "))
      if (const auto code = parse_int(trim(std::string_view(cause).substr(5)))) out.on_exit.push_back(static_cast<int>(*code));
  }
  return out;
}

std::map<std::string, std::vector<std::string>> decode_file_lists(const Value* value) {
  std::map<std::string, std::vector<std::string>> out;
  if (!value) return out;
  for (const auto& member : value->members()) out[member.key] = texts_of(&member.value);
  return out;
}

/// A list of lines is one script.
Json decode_with(const std::string& action, const Value& value) {
  Json with = normalise(value, *action_shape(action));
  if (action != "run") return with.is_null() ? Json::object() : with;
  const Value* script = value.is_map() ? value.find("script") : &value;
  return {{"script", join(texts_of(script), "\n")}};
}

class Decoder {
 public:
  Decoder(std::string file, Problems& problems) : problems_(problems) { out_.file = std::move(file); }

  Definition decode(const Value& root) {
    collect_marks(root, "", out_.marks);
    out_.on = decode_triggers(root.find("on"));
    decode_inputs(root.find("inputs"));
    out_.env = text_map_of(root.find("env"));
    const std::string concurrency = text_of(root.find("concurrency"));
    out_.concurrency = concurrency == "queue"      ? Concurrency::queue
                       : concurrency == "parallel" ? Concurrency::parallel
                                                   : Concurrency::latest;
    if (const Value* stages = root.find("stages"))
      for (std::size_t i = 0; i < stages->items().size(); ++i) decode_stage(stages->items()[i], child_path("stages", i));
    if (const Value* jobs = root.find("jobs"); jobs && !root.find("stages")) {
      Stage stage;
      stage.name = "main";
      out_.stages.push_back(std::move(stage));
      decode_jobs(*jobs, "jobs");
    }
    return std::move(out_);
  }

 private:
  void report(const std::string& path, std::string message) { problems_.push_back(problem_at(out_, path, std::move(message))); }

  void decode_inputs(const Value* inputs) {
    if (!inputs) return;
    for (const auto& member : inputs->members()) {
      Input input;
      input.name = member.key;
      const Value& value = member.value;
      input.description = text_of(value.find("description"));
      input.required = bool_of(value.find("required"), false);
      input.options = texts_of(value.find("options"));
      const std::string type = text_of(value.find("type"), input.options.empty() ? "string" : "choice");
      input.type = type == "number"    ? InputType::number
                   : type == "boolean" ? InputType::boolean
                   : type == "choice"  ? InputType::choice
                                       : InputType::string;
      if (const Value* fallback = value.find("default")) input.fallback = text_of(fallback);
      out_.inputs.push_back(std::move(input));
    }
  }

  void decode_stage(const Value& value, const std::string& path) {
    Stage stage;
    stage.path = path;
    stage.environment = text_of(value.find("environment"));
    stage.name = text_of(value.find("name"), stage.environment);
    stage.condition = text_of(value.find("if"));
    if (const Value* on_failure = value.find("on-failure")) stage.on_failure = decode_on_failure(*on_failure);
    if (const Value* checks = value.find("checks"))
      for (const auto& item : checks->items()) decode_check(item, stage);
    out_.stages.push_back(std::move(stage));
    if (const Value* jobs = value.find("jobs")) decode_jobs(*jobs, child_path(path, "jobs"));
  }

  static OnFailure decode_on_failure(const Value& value) {
    if (const Value* retry = value.find("retry")) return {OnFailure::Kind::retry, static_cast<int>(number_of(retry).value_or(1))};
    if (value.text() == "retry") return {OnFailure::Kind::retry, 1};
    return {value.text() == "rollback" ? OnFailure::Kind::rollback : OnFailure::Kind::stop, 0};
  }

  static void decode_check(const Value& value, Stage& stage) {
    const Shape& check = *pipeline_shape().field("stages")->shape.element->field("checks")->shape.element;
    for (const auto& member : value.members())
      if (const Field* field = check.field(member.key)) stage.checks.push_back({member.key, normalise(member.value, field->shape)});
  }

  void decode_jobs(const Value& value, const std::string& path) {
    for (const auto& member : value.members()) {
      Job job = decode_job(member, child_path(path, member.key));
      out_.stages.back().jobs.push_back(std::move(job));
    }
  }

  Job decode_job(const Member& member, const std::string& path) {
    const Value& value = member.value;
    Job job;
    job.path = path;
    job.id = member.key;
    job.name = text_of(value.find("name"));
    job.needs = texts_of(value.find("needs"));
    job.condition = text_of(value.find("if"));
    job.executor = text_of(value.find("executor"));
    if (const Value* container = value.find("container")) job.container = decode_container(*container);
    if (const Value* services = value.find("services"))
      for (const auto& service : services->members()) job.services[service.key] = decode_service(service.value);
    if (const Value* matrix = value.find("matrix")) decode_matrix(*matrix, child_path(path, "matrix"), job.matrix);
    job.env = text_map_of(value.find("env"));
    job.timeout = duration_of(value.find("timeout"));
    job.no_output_timeout = duration_of(value.find("no-output-timeout"));
    if (const Value* retry = value.find("retry")) job.retry = decode_retry(*retry);
    decode_cache(value.find("cache"), job);
    job.artifacts = decode_file_lists(value.find("artifacts"));
    job.artifacts_from = texts_of(value.find("artifacts-from"));
    job.reports = decode_file_lists(value.find("reports"));
    job.outputs = text_map_of(value.find("outputs"));
    if (const Value* steps = value.find("steps"))
      for (std::size_t i = 0; i < steps->items().size(); ++i) decode_step(steps->items()[i], child_path(child_path(path, "steps"), i), job);
    return job;
  }

  static void decode_cache(const Value* value, Job& job) {
    if (!value) return;
    const auto add = [&](const Value& entry) {
      job.cache.push_back({text_of(entry.find("key")), texts_of(entry.find("paths")), texts_of(entry.find("restore-keys"))});
    };
    if (value->is_map()) add(*value);
    for (const auto& item : value->items()) add(item);
  }

  void decode_matrix(const Value& value, const std::string& path, Matrix& matrix) {
    for (const auto& member : value.members()) {
      const std::string inner = child_path(path, member.key);
      if (member.key == "max-parallel")
        matrix.max_parallel = decode_max_parallel(member.value, inner);
      else if (member.key == "fail-fast")
        matrix.fail_fast = decode_flag(member.value, inner);
      else if (!member.value.is_list())
        report(inner, "expected a list of values");
      else if (member.key == "include")
        matrix.include = decode_combinations(member.value, inner);
      else if (member.key == "exclude")
        matrix.exclude = decode_combinations(member.value, inner);
      else
        decode_axis(member, inner, matrix);
    }
  }

  std::optional<int> decode_max_parallel(const Value& value, const std::string& path) {
    const auto number = number_of(&value);
    if (!number || *number < 1) report(path, "expected a whole number from 1 to 256");
    return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
  }

  bool decode_flag(const Value& value, const std::string& path) {
    if (value.kind() != Value::Kind::boolean) report(path, "expected true or false");
    return bool_of(&value, true);
  }

  void decode_axis(const Member& member, const std::string& path, Matrix& matrix) {
    std::vector<Json> values;
    for (const auto& item : member.value.items()) values.push_back(item.to_json());
    if (values.empty()) report(path, "an axis needs at least one value");
    matrix.axes.emplace_back(member.key, std::move(values));
  }

  std::vector<Json> decode_combinations(const Value& value, const std::string& path) {
    std::vector<Json> out;
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (value.items()[i].is_map())
        out.push_back(value.items()[i].to_json());
      else
        report(child_path(path, i), "expected a map of axis and value");
    }
    return out;
  }

  static void decode_step(const Value& value, const std::string& path, Job& job) {
    Step step;
    step.path = path;
    if (value.is_scalar()) {
      step.action = "run";
      step.with = {{"script", value.text()}};
    }
    for (const auto& member : value.members()) {
      if (!find_action(member.key)) continue;
      step.action = member.key;
      step.with = decode_with(member.key, member.value);
    }
    step.id = text_of(value.find("id"));
    step.name = text_of(value.find("name"));
    step.condition = text_of(value.find("if"));
    step.env = text_map_of(value.find("env"));
    step.timeout = duration_of(value.find("timeout"));
    step.no_output_timeout = duration_of(value.find("no-output-timeout"));
    step.continue_on_error = bool_of(value.find("continue-on-error"), false);
    step.shell = text_of(value.find("shell"));
    step.working_directory = text_of(value.find("working-directory"));
    job.steps.push_back(std::move(step));
  }

  Definition out_;
  Problems& problems_;
};

}  // namespace

Problem problem_at(const Definition& definition, const std::string& path, std::string message, std::string nearest, std::size_t offset) {
  Mark mark;
  for (std::string prefix = path;;) {
    if (const auto found = definition.marks.find(prefix); found != definition.marks.end()) {
      mark = found->second;
      if (prefix == path && offset > 0 && mark.inset >= 0) mark.column += mark.inset + static_cast<int>(offset);
      break;
    }
    const auto end = prefix.find_last_of(".[");
    if (prefix.empty()) break;
    prefix.resize(end == std::string::npos ? 0 : end);
  }
  return {definition.file, mark.line, mark.column, path, std::move(message), std::move(nearest)};
}

std::string_view to_string(Concurrency concurrency) {
  switch (concurrency) {
    case Concurrency::latest: return "latest";
    case Concurrency::queue: return "queue";
    case Concurrency::parallel: return "parallel";
  }
  return "latest";
}

Definition decode_pipeline(const Value& root, const std::string& filename, Problems& problems) {
  return Decoder(filename, problems).decode(root);
}

std::expected<Definition, Problems> parse_pipeline(std::string_view text, const std::string& filename) {
  Problems problems;
  const auto root = load_yaml(text, filename, problems);
  if (!root) return std::unexpected(std::move(problems));
  if (root->is_null())
    return std::unexpected(
        Problems{{filename, 1, 1, {}, "the file is empty; the shortest pipeline is jobs: { test: { steps: [make test] } }", {}}});
  validate(*root, pipeline_shape(), {}, filename, problems);
  Definition definition = decode_pipeline(*root, filename, problems);
  check_graph(definition, problems);
  check_expressions(definition, problems);
  if (problems.empty()) return definition;
  sort_by_place(problems);
  return std::unexpected(std::move(problems));
}

}  // namespace fairlead::pipeline
