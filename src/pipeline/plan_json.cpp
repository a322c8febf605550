// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"
#include "fairlead/pipeline/plan.hpp"

// Members at their default are left out: a plan is kept for every run.
namespace fairlead::pipeline {
namespace {

using FileLists = std::map<std::string, std::vector<std::string>>;

constexpr int version = 1;

void put(Json& out, const char* key, Json value) {
  const bool empty = value.is_null() || ((value.is_structured() || value.is_string()) && value.empty());
  if (!empty) out[key] = std::move(value);
}

void put(Json& out, const char* key, const std::optional<Duration>& span) {
  if (span) out[key] = span->count();
}

[[noreturn]] void broken(const std::string& what) { throw Error(ErrorKind::invalid, "cannot read a stored plan: " + what); }

const Json& at(const Json& json, const char* key) {
  if (!json.is_object()) broken("expected an object around \"" + std::string(key) + "\"");
  return member(json, key);
}

template <class T>
T get(const Json& json, const char* key, T fallback = {}) {
  const Json& value = at(json, key);
  if (value.is_null()) return fallback;
  try {
    return value.get<T>();
  } catch (const nlohmann::json::exception&) {
    broken("\"" + std::string(key) + "\" has another type");
  }
}

Json get_json(const Json& json, const char* key, Json fallback) {
  const Json& value = at(json, key);
  return value.is_null() ? fallback : value;
}

std::optional<Duration> get_span(const Json& json, const char* key) {
  if (at(json, key).is_null()) return std::nullopt;
  return Duration(get<std::int64_t>(json, key));
}

template <class T>
std::vector<T> get_list(const Json& json, const char* key, T (*read)(const Json&)) {
  std::vector<T> out;
  const Json& list = at(json, key);
  if (!list.is_null() && !list.is_array()) broken("\"" + std::string(key) + "\" is no list");
  for (const auto& item : list) out.push_back(read(item));
  return out;
}

Json step_json(const PlanStep& step) {
  Json out = {{"index", step.index}, {"action", step.action}};
  put(out, "id", step.id);
  put(out, "name", step.name);
  put(out, "with", step.with);
  put(out, "env", step.env);
  put(out, "if", step.condition);
  put(out, "timeout", step.timeout);
  put(out, "no_output_timeout", step.no_output_timeout);
  if (step.continue_on_error) out["continue_on_error"] = true;
  put(out, "shell", step.shell);
  put(out, "working_directory", step.working_directory);
  put(out, "skip", step.skip);
  return out;
}

PlanStep read_step(const Json& json) {
  PlanStep step;
  step.index = get<std::size_t>(json, "index");
  step.id = get<std::string>(json, "id");
  step.name = get<std::string>(json, "name");
  step.action = get<std::string>(json, "action");
  step.with = get_json(json, "with", Json::object());
  step.env = get_json(json, "env", Json::object());
  step.condition = get<std::string>(json, "if");
  step.timeout = get_span(json, "timeout");
  step.no_output_timeout = get_span(json, "no_output_timeout");
  step.continue_on_error = get<bool>(json, "continue_on_error");
  step.shell = get<std::string>(json, "shell");
  step.working_directory = get_json(json, "working_directory", "");
  step.skip = get<std::string>(json, "skip");
  return step;
}

Json retry_json(const Retry& retry) {
  Json out = {{"attempts", retry.attempts}};
  if (retry.on_failure) out["failure"] = true;
  if (retry.on_lost) out["lost"] = true;
  if (retry.on_timeout) out["timeout"] = true;
  put(out, "exit", retry.on_exit);
  return out;
}

Retry read_retry(const Json& json) {
  return {get<int>(json, "attempts", 1), get<bool>(json, "failure"), get<bool>(json, "lost"), get<bool>(json, "timeout"),
          get<std::vector<int>>(json, "exit")};
}

Json job_json(const PlanJob& job) {
  Json out = {{"key", job.key}, {"folder", job.folder}, {"id", job.id}, {"name", job.name}, {"retry", retry_json(job.retry)}};
  put(out, "needs", job.needs);
  put(out, "if", job.condition);
  put(out, "skip", job.skip);
  put(out, "executor", job.executor);
  put(out, "matrix", job.matrix);
  if (job.max_parallel) out["max_parallel"] = *job.max_parallel;
  if (!job.fail_fast) out["fail_fast"] = false;
  put(out, "container", job.container);
  put(out, "services", job.services);
  put(out, "env", job.env);
  put(out, "timeout", job.timeout);
  put(out, "no_output_timeout", job.no_output_timeout);
  put(out, "cache", job.cache);
  put(out, "artifacts", job.artifacts);
  put(out, "artifacts_from", job.artifacts_from);
  put(out, "reports", job.reports);
  put(out, "outputs", job.outputs);
  out["steps"] = Json::array();
  for (const auto& step : job.steps) out["steps"].push_back(step_json(step));
  return out;
}

PlanJob read_job(const Json& json) {
  PlanJob job;
  job.key = get<std::string>(json, "key");
  job.folder = get<std::string>(json, "folder");
  job.id = get<std::string>(json, "id");
  job.name = get<std::string>(json, "name");
  job.needs = get<std::vector<std::string>>(json, "needs");
  job.condition = get<std::string>(json, "if");
  job.skip = get<std::string>(json, "skip");
  job.executor = get<std::string>(json, "executor");
  job.matrix = get_json(json, "matrix", Json::object());
  if (!at(json, "max_parallel").is_null()) job.max_parallel = get<int>(json, "max_parallel");
  job.fail_fast = get<bool>(json, "fail_fast", true);
  job.container = get_json(json, "container", nullptr);
  job.services = get_json(json, "services", Json::object());
  job.env = get_json(json, "env", Json::object());
  job.timeout = get_span(json, "timeout");
  job.no_output_timeout = get_span(json, "no_output_timeout");
  job.retry = read_retry(get_json(json, "retry", Json::object()));
  job.cache = get_json(json, "cache", Json::array());
  job.artifacts = get<FileLists>(json, "artifacts");
  job.artifacts_from = get<std::vector<std::string>>(json, "artifacts_from");
  job.reports = get<FileLists>(json, "reports");
  job.outputs = get_json(json, "outputs", Json::object());
  job.steps = get_list<PlanStep>(json, "steps", read_step);
  return job;
}

std::string_view to_string(OnFailure::Kind kind) {
  switch (kind) {
    case OnFailure::Kind::stop: return "stop";
    case OnFailure::Kind::rollback: return "rollback";
    case OnFailure::Kind::retry: return "retry";
  }
  return "stop";
}

OnFailure read_on_failure(const Json& json) {
  const auto kind = get<std::string>(json, "on_failure", "stop");
  if (kind == "rollback") return {OnFailure::Kind::rollback, 0};
  if (kind == "retry") return {OnFailure::Kind::retry, get<int>(json, "retries", 1)};
  if (kind != "stop") broken("on_failure is \"" + kind + "\"");
  return {};
}

Json stage_json(const PlanStage& stage) {
  Json out = {{"index", stage.index}, {"name", stage.name}};
  put(out, "environment", stage.environment);
  put(out, "if", stage.condition);
  put(out, "skip", stage.skip);
  if (stage.on_failure.kind != OnFailure::Kind::stop) out["on_failure"] = to_string(stage.on_failure.kind);
  if (stage.on_failure.kind == OnFailure::Kind::retry) out["retries"] = stage.on_failure.retries;
  put(out, "checks", stage.checks);
  out["jobs"] = Json::array();
  for (const auto& job : stage.jobs) out["jobs"].push_back(job_json(job));
  return out;
}

PlanStage read_stage(const Json& json) {
  PlanStage stage;
  stage.index = get<std::size_t>(json, "index");
  stage.name = get<std::string>(json, "name");
  stage.environment = get<std::string>(json, "environment");
  stage.condition = get<std::string>(json, "if");
  stage.skip = get<std::string>(json, "skip");
  stage.on_failure = read_on_failure(json);
  stage.checks = get_json(json, "checks", Json::array());
  stage.jobs = get_list<PlanJob>(json, "jobs", read_job);
  return stage;
}

Concurrency read_concurrency(const Json& json) {
  const auto text = get<std::string>(json, "concurrency");
  for (const auto each : {Concurrency::latest, Concurrency::queue, Concurrency::parallel})
    if (text == pipeline::to_string(each)) return each;
  broken("concurrency is \"" + text + "\"");
}

}  // namespace

Json to_json(const RunPlan& plan) {
  Json out = {
      {"version", plan.version}, {"concurrency", to_string(plan.concurrency)}, {"contexts", plan.contexts}, {"stages", Json::array()}};
  if (!plan.trusted) out["trusted"] = false;
  for (const auto& stage : plan.stages) out["stages"].push_back(stage_json(stage));
  return out;
}

RunPlan plan_from_json(const Json& json) {
  RunPlan plan;
  plan.version = get<int>(json, "version");
  if (plan.version != version) broken("it has version " + std::to_string(plan.version) + ", this program knows " + std::to_string(version));
  plan.concurrency = read_concurrency(json);
  plan.trusted = get<bool>(json, "trusted", true);
  plan.contexts = get_json(json, "contexts", Json::object());
  plan.stages = get_list<PlanStage>(json, "stages", read_stage);
  return plan;
}

}  // namespace fairlead::pipeline
