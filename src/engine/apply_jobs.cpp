// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/folding.hpp"

namespace fairlead::engine::folding {

namespace {

void fresh_step(StepState& step) {
  step.state = State::queued;
  step.reason.clear();
  step.exit_code.reset();
  step.started_at.reset();
  step.finished_at.reset();
  step.outputs.clear();
  step.progress.reset();
  step.summary.clear();
  step.record.reset();
  step.question.reset();
}

std::map<std::string, std::string> text_map(const Json& values) {
  std::map<std::string, std::string> texts;
  if (!values.is_object()) return texts;
  for (const auto& [name, value] : values.items()) texts[name] = value.is_string() ? value.get<std::string>() : dump(value);
  return texts;
}

void forget_attempt(JobState& job) {
  job.reason.clear();
  job.finished_at.reset();
  job.retry_at.reset();
  job.outputs.clear();
  job.artifacts.clear();
  job.warnings.clear();
  job.reports.reset();
}

/// What the steps of an attempt are when it ends without having said so.
void close_steps(JobState& job, State end, Time at) {
  for (auto& step : job.steps) {
    if (step.state == State::running) {
      step.state = end == State::succeeded ? State::failed : end;
      step.question.reset();
      step.finished_at = at;
    }
    if (step.state == State::queued) step.state = State::skipped;
  }
}

/// The step of an event, or nullptr when the event is of an attempt that is over: those come late and change nothing.
StepState* live_step(RunState& run, const Input& input) {
  JobState& job = job_of(run, input);
  if (job.state != State::running || number_at(input.payload, "attempt") != job.attempt) return nullptr;
  const auto index = static_cast<std::size_t>(number_at(input.payload, "index", -1));
  if (index >= job.steps.size())
    no_path(run, input, "job " + job.id + " has no step " + std::to_string(number_at(input.payload, "index", -1)));
  StepState& step = job.steps[index];
  return is_terminal(step.state) ? nullptr : &step;
}

}  // namespace

void reset_job(JobState& job) {
  forget_attempt(job);
  job.taken_from = {};
  job.state = State::queued;
  job.ready = false;
  job.finishing = false;
  job.queued_at.reset();
  job.started_at.reset();
  job.base_attempt = job.attempt;
  for (auto& step : job.steps) fresh_step(step);
}

void job_queued(RunState& run, const Input& input) {
  JobState& job = job_of(run, input);
  require(stage_with(run, job).state == State::running, run, input, "its stage is not running");
  require(!job.ready && (job.state == State::queued || job.state == State::waiting), run, input, "job " + job.id + " does not wait");
  job.ready = true;
  job.state = State::queued;
  job.retry_at.reset();
  job.queued_at = input.event.at;
}

void job_started(RunState& run, const Input& input) {
  JobState& job = job_of(run, input);
  require(job.ready && job.state == State::queued, run, input, "job " + job.id + " is not ready");
  require(number_at(input.payload, "attempt") == job.attempt + 1, run, input, "attempts are numbered without gaps");
  forget_attempt(job);
  if (job.attempt > 0) std::ranges::for_each(job.steps, fresh_step);
  ++job.attempt;
  job.ready = false;
  job.state = State::running;
  job.executor = text_at(input.payload, "executor");
  job.started_at = input.event.at;
  job.finishing = run.cancel.has_value();
  if (!run.started_at) run.started_at = input.event.at;
  run.state = State::running;
}

void job_finished(RunState& run, const Input& input) {
  JobState& job = job_of(run, input);
  const Json& p = input.payload;
  require(!is_terminal(job.state), run, input, "job " + job.id + " has ended");
  require(number_at(p, "attempt", job.attempt) == job.attempt, run, input, "that attempt is over");
  const auto state = parse_state(text_at(p, "state"));
  require(state && is_terminal(*state), run, input, "\"" + text_at(p, "state") + "\" is not an end");
  const bool ran = job.state == State::running;
  require(ran || (*state != State::succeeded && *state != State::lost), run, input, "job " + job.id + " has not run");
  job.reason = text_at(p, "reason");
  job.ready = false;
  job.finished_at = input.event.at;
  job.outputs = text_map(member(p, "outputs"));
  job.artifacts = texts_at(p, "artifacts");
  job.warnings = texts_at(p, "warnings");
  if (const Json& reports = member(p, "reports"); !reports.is_null()) job.reports = std::make_shared<const Json>(reports);
  close_steps(job, *state, input.event.at);
  job.retry_at = ran ? time_at(p, "retry_at") : std::nullopt;
  job.state = job.retry_at ? State::waiting : *state;
  refresh(run);
}

void step_started(RunState& run, const Input& input) {
  StepState* step = live_step(run, input);
  if (step == nullptr || step->state == State::running) return;
  step->state = State::running;
  step->started_at = input.event.at;
}

void step_finished(RunState& run, const Input& input) {
  StepState* step = live_step(run, input);
  if (step == nullptr) return;
  const Json& p = input.payload;
  const auto state = parse_state(text_at(p, "state"));
  require(state && is_terminal(*state), run, input, "\"" + text_at(p, "state") + "\" is not an end");
  step->state = *state;
  step->reason = text_at(p, "reason");
  if (const Json& code = member(p, "exit_code"); code.is_number_integer()) step->exit_code = code.get<int>();
  step->outputs = text_map(member(p, "outputs"));
  step->summary = text_at(p, "summary");
  if (const Json& record = member(p, "record"); record.is_object()) step->record = std::make_shared<const Json>(record);
  step->finished_at = input.event.at;
  step->question.reset();
}

void step_progress(RunState& run, const Input& input) {
  StepState* step = live_step(run, input);
  if (step != nullptr) step->progress = std::make_shared<const Json>(input.payload);
}

void step_asked(RunState& run, const Input& input) {
  StepState* step = live_step(run, input);
  if (step == nullptr) return;
  const Json& p = input.payload;
  Question question;
  question.key = text_at(p, "question");
  question.text = text_at(p, "text");
  question.choices = texts_at(p, "choices");
  question.asked_at = input.event.at;
  question.until = time_at(p, "until");
  step->question = std::move(question);
}

void step_answered(RunState& run, const Input& input) {
  StepState* step = live_step(run, input);
  if (step == nullptr) return;
  const Json& p = input.payload;
  require(step->question && step->question->key == text_at(p, "question"), run, input, "that was not asked");
  require(step->question->is_open(), run, input, "it is answered");
  step->question->closed_at = input.event.at;
  step->question->choice = text_at(p, "choice");
  step->question->by = text_at(p, "by", input.event.actor);
  step->question->reason = text_at(p, "reason");
}

}  // namespace fairlead::engine::folding
