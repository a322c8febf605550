// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Types of the events of a run's stream and what their payloads carry. Times inside payloads are microseconds since
/// 1970. Every payload may carry "v" (version of its shape, absent = 1); a shape is never changed, only extended.
namespace fairlead::engine::events {

/// {app, number, ref, branch, tag, before, sha, trigger, actor, trigger_id, reason, inputs{}, environment, retry_of,
///  excluded[], pull_request{number, base, fork, title}, message, schedule}
inline constexpr std::string_view run_created = "run.created";
/// {sha, branch, tag, message, author, excluded[] (commit authors), digest, default_branch, plan{…RunPlan}, notes[], reused{},
///  recorded{run, label, steps{job: {step index: record}}} (of a rollback)}: frozen meaning of the run.
inline constexpr std::string_view run_planned = "run.planned";
/// {state: failed|skipped, reason, errors[]}: it could not be planned, or a filter says that there is nothing to do.
/// Also the end of every other run: {state, reason}
inline constexpr std::string_view run_finished = "run.finished";
/// {by, reason, as: canceled|superseded}
inline constexpr std::string_view run_cancel_requested = "run.cancel-requested";
/// {by, stages[], jobs[]}: a finished run goes on with new attempts of these; the rest keeps its state and outputs.
/// For a parked run without an end: {by} releases it.
inline constexpr std::string_view run_retried = "run.retried";
/// {reason}: handling it crashed the server three times; it waits for a person (`retry`).
inline constexpr std::string_view run_parked = "run.parked";

/// {stage, kind, key, reason, until, expires_at, needs, plan_digest, plan[…], steps_digest, plan_error}: also sent again when reason
/// or until change. An approval whose plan_digest is another than before asks anew: votes for the old one are void. `plan`: what the
/// steps of the stage said they would do, each {job, step, name, action, lines[], problems[{fatal, text, advice}], digest}.
inline constexpr std::string_view gate_opened = "gate.opened";
/// {stage, key, person, approve, reason, rule, rules[], needs, missing, via}
inline constexpr std::string_view gate_voted = "gate.voted";
/// {stage, key, person, needs}: an approval taken back before the stage started.
inline constexpr std::string_view gate_revoked = "gate.revoked";
/// {stage, key, state: passed|rejected|expired|bypassed|canceled, reason, by}
inline constexpr std::string_view gate_closed = "gate.closed";
/// {stage, times}: a reminder was due.
inline constexpr std::string_view gate_reminded = "gate.reminded";

/// {stage}
inline constexpr std::string_view stage_started = "stage.started";
/// {stage, state, reason}
inline constexpr std::string_view stage_finished = "stage.finished";
/// {stage, jobs[], reason}: `on-failure: retry`: these jobs of a running stage start anew.
inline constexpr std::string_view stage_retried = "stage.retried";
/// {stage, run, label, reason}: answer to WantRollback. label: of the rollback run; empty when there is nothing to go back
/// to, then reason says why.
inline constexpr std::string_view stage_rolled_back = "stage.rolled-back";

/// {job}: its needs are met (or its back-off is over); it waits for a slot.
inline constexpr std::string_view job_queued = "job.queued";
/// {job, attempt, executor}: durable before the supervisor is started.
inline constexpr std::string_view job_started = "job.started";
/// {job, attempt, state, reason, outputs{}, artifacts[], reports{}, warnings[]}: end of the job, or of one attempt when "retry_at" is
/// there.
inline constexpr std::string_view job_finished = "job.finished";

/// {job, attempt, index}
inline constexpr std::string_view step_started = "step.started";
/// {job, attempt, index, state, reason, exit_code, outputs{}, env{}, timed_out, summary, record{} (what it deployed)}
inline constexpr std::string_view step_finished = "step.finished";
/// {job, attempt, index, …}: what a deploy shows while it goes on.
inline constexpr std::string_view step_progress = "step.progress";
/// {job, attempt, index, question (its name), text, choices[], until}: a running step asks people, and goes on meanwhile.
inline constexpr std::string_view step_asked = "step.asked";
/// {job, attempt, index, question, choice, by, reason}: without a choice it needs no answer any more.
inline constexpr std::string_view step_answered = "step.answered";

}  // namespace fairlead::engine::events
