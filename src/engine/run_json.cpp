// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/explain.hpp"
#include "engine/plan_index.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/engine/run_state.hpp"

namespace fairlead::engine {

namespace {

Json time_text(const std::optional<Time>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }
Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json step_json(const StepState& step) {
  Json json{{"index", step.index},
            {"name", step.name},
            {"action", step.action},
            {"state", to_string(step.state)},
            {"exit_code", step.exit_code ? Json(*step.exit_code) : Json(nullptr)},
            {"started_at", time_text(step.started_at)},
            {"finished_at", time_text(step.finished_at)},
            {"outputs", step.outputs}};
  if (!step.id.empty()) json["id"] = step.id;
  if (!step.reason.empty()) json["reason"] = step.reason;
  if (!step.summary.empty()) json["summary"] = step.summary;
  if (step.progress) json["progress"] = *step.progress;
  if (step.question && !step.question->is_open()) {
    const Question& asked = *step.question;
    json["last_question"] = {{"text", asked.text},
                             {"asked_at", format_time(asked.asked_at)},
                             {"closed_at", time_text(asked.closed_at)},
                             {"answer", or_null(asked.choice)},
                             {"by", or_null(asked.by)}};
  }
  if (step.question && step.question->is_open()) {
    const Question& asked = *step.question;
    json["question"] = {{"key", asked.key},
                        {"text", asked.text},
                        {"choices", asked.choices},
                        {"asked_at", format_time(asked.asked_at)},
                        {"until", time_text(asked.until)}};
  }
  return json;
}

Json job_json(const JobState& job) {
  Json json{{"id", job.id},
            {"state", to_string(job.state)},
            {"reason", or_null(job.reason)},
            {"attempt", job.attempt},
            {"started_at", time_text(job.started_at)},
            {"finished_at", time_text(job.finished_at)},
            {"outputs", job.outputs},
            {"artifacts", job.artifacts}};
  if (!job.taken_from.empty()) json["taken_from"] = job.taken_from.str();
  if (!job.executor.empty()) json["executor"] = job.executor;
  if (job.retry_at) json["retry_at"] = time_text(job.retry_at);
  if (job.reports) json["reports"] = *job.reports;
  if (!job.warnings.empty()) json["warnings"] = job.warnings;
  Json& steps = json["steps"] = Json::array();
  for (const auto& step : job.steps) steps.push_back(step_json(step));
  return json;
}

Json vote_json(const Vote& vote) {
  return {{"person", vote.person},
          {"approve", vote.approve},
          {"reason", or_null(vote.reason)},
          {"at", format_time(vote.at)},
          {"via", or_null(vote.via)}};
}

Json gate_json(const GateState& gate) {
  Json json{{"kind", gate.kind},
            {"key", gate.key},
            {"state", gate.state},
            {"reason", or_null(gate.reason)},
            {"until", time_text(gate.until)},
            {"opened_at", format_time(gate.opened_at)},
            {"closed_at", time_text(gate.closed_at)}};
  if (!gate.by.empty()) json["by"] = gate.by;
  if (gate.kind != "approval") return json;
  json["needs"] = gate.needs;
  json["expires_at"] = time_text(gate.expires_at);
  json["plan_digest"] = gate.plan_digest;
  if (gate.plan) json["plan"] = *gate.plan;
  if (!gate.plan_error.empty()) json["plan_error"] = gate.plan_error;
  Json& votes = json["votes"] = Json::array();
  for (const auto& vote : gate.votes) votes.push_back(vote_json(vote));
  return json;
}

Json stage_json(const StageState& stage) {
  Json json{{"name", stage.name},
            {"environment", or_null(stage.environment)},
            {"state", to_string(stage.state)},
            {"reason", or_null(stage.reason)},
            {"attempt", stage.attempt},
            {"started_at", time_text(stage.started_at)},
            {"finished_at", time_text(stage.finished_at)}};
  if (!stage.rollback.empty()) json["rollback"] = stage.rollback;
  Json& gates = json["gates"] = Json::array();
  for (const auto& gate : stage.gates) gates.push_back(gate_json(gate));
  Json& jobs = json["jobs"] = Json::array();
  for (const auto& job : stage.jobs) jobs.push_back(job_json(job));
  return json;
}

}  // namespace

Json run_summary_json(const RunState& run) {
  Json json{{"id", run.id.str()},
            {"app", run.app},
            {"number", run.number},
            {"state", to_string(run.state)},
            {"reason", or_null(run.reason)},
            {"ref", run.ref},
            {"branch", or_null(run.branch)},
            {"tag", or_null(run.tag)},
            {"sha", or_null(run.sha.str())},
            {"message", or_null(run.message)},
            {"author", or_null(run.author)},
            {"trigger", run.trigger},
            {"actor", run.actor},
            {"created_at", format_time(run.created_at)},
            {"started_at", time_text(run.started_at)},
            {"finished_at", time_text(run.finished_at)}};
  if (!run.target_environment.empty()) json["target_environment"] = run.target_environment;
  if (!run.start_reason.empty()) json["start_reason"] = run.start_reason;
  if (!run.retry_of.empty()) json["retry_of"] = run.retry_of;
  return json;
}

Json run_json(const RunState& run) {
  Json json = run_summary_json(run);
  json["inputs"] = run.inputs && run.inputs->is_object() ? *run.inputs : Json::object();
  json["plan_digest"] = or_null(run.plan_digest);
  json["errors"] = run.errors;
  json["notes"] = run.notes;
  json["cancel"] = run.cancel ? Json{{"by", run.cancel->by}, {"reason", or_null(run.cancel->reason)}, {"at", format_time(run.cancel->at)}}
                              : Json(nullptr);
  Json& stages = json["stages"] = Json::array();
  for (const auto& stage : run.stages) stages.push_back(stage_json(stage));
  json["deployments"] = Json::array();
  Json& lines = json["explain"] = Json::array();
  for (const auto& wait : explain(run)) {
    lines.push_back({{"stage", or_null(wait.stage)},
                     {"job", or_null(wait.job)},
                     {"gate", or_null(wait.gate)},
                     {"reason", wait.reason},
                     {"until", time_text(wait.until)}});
  }
  return json;
}

}  // namespace fairlead::engine
