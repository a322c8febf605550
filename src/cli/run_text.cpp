// SPDX-License-Identifier: Apache-2.0
#include "cli/run_text.hpp"

#include "cli/reasons.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

std::string question_text(const Json& asked) {
  std::vector<std::string> choices;
  for (const auto& choice : member(asked, "choices")) choices.push_back(choice.get<std::string>());
  return "asks: " + text_at(asked, "text") + " (fairlead answer RUN " + join(choices, "|") + ")";
}

namespace {

/// What a person may do about an open gate.
std::string way_out(const Json& run, const Json& stage, const std::string& kind, const std::string& reason) {
  const std::string app = text_at(run, "app");
  if (kind == "approval") {
    return "fairlead approve " + app + "#" + std::to_string(number_at(run, "number")) + " --stage " + text_at(stage, "name");
  }
  if (kind != "lock" || reason.contains("fairlead unlock")) return "";
  if (reason.starts_with("frozen")) return "fairlead freeze list names it, fairlead freeze remove ID takes it away";
  return "fairlead unlock " + text_at(stage, "environment") + (reason.ends_with(" (" + app + ")") ? " " + app : "");
}

void add_gates(std::vector<std::string>& lines, const Json& run, const Json& stage) {
  for (const auto& gate : member(stage, "gates")) {
    if (text_at(gate, "state") != "open") continue;
    const std::string kind = text_at(gate, "kind"), reason = text_at(gate, "reason"), until = text_at(gate, "until");
    const std::string out = way_out(run, stage, kind, reason);
    lines.push_back("stage " + text_at(stage, "name") + ", " + kind + ": " + indented(reason, 4) +
                    (until.empty() ? "" : " (until " + until + ")") + (out.empty() ? "" : " - " + out));
  }
}

void add_running(std::vector<std::string>& lines, const Json& stage) {
  for (const auto& job : member(stage, "jobs")) {
    for (const auto& step : member(job, "steps")) {
      if (text_at(step, "state") != "running") continue;
      lines.push_back(text_at(stage, "name") + "/" + text_at(job, "id") + ", " + text_at(step, "name") + ": runs since " +
                      span(member(step, "started_at"), nullptr));
    }
  }
}

}  // namespace

std::vector<std::string> pending_lines(const Json& run) {
  std::vector<std::string> lines;
  for (const auto& stage : member(run, "stages")) {
    add_gates(lines, run, stage);
    add_running(lines, stage);
  }
  // Of the jobs, and of a run without a plan; gates are there, and that stages come one after another is no news.
  for (const auto& wait : member(run, "explain")) {
    const std::string stage = text_at(wait, "stage"), job = text_at(wait, "job");
    if (!text_at(wait, "gate").empty() || (job.empty() && !stage.empty())) continue;
    lines.push_back((job.empty() ? "" : stage + "/" + job + ": ") + indented(text_at(wait, "reason"), 4));
  }
  return lines;
}

void print_step_plan(Output& output, const Json& plan, const std::string& indent) {
  for (const auto& line : member(plan, "lines")) output.line(indent + line.get<std::string>());
  for (const auto& problem : member(plan, "problems")) {
    const std::string advice = text_at(problem, "advice");
    output.line(indent + (flag_at(problem, "fatal") ? "PROBLEM: " : "note: ") + text_at(problem, "text") +
                (advice.empty() ? "" : " - " + advice));
  }
}

namespace {

/// A reason behind its place; its further lines further right than the place.
std::string behind(const std::string& reason, std::size_t columns) { return reason.empty() ? "" : "  " + indented(reason, columns + 2); }

void print_steps(Output& output, const Reasons& reasons, const Json& stage, const Json& job) {
  for (const auto& step : member(job, "steps")) {
    output.line("      " + std::to_string(number_at(step, "index")) + "  " + output.state(text_at(step, "state")) + "  " +
                text_at(step, "name") + "  " + span(member(step, "started_at"), member(step, "finished_at")) +
                behind(reasons.of_step(stage, step), 9));
    if (member(step, "question").is_object()) output.line("         " + question_text(member(step, "question")));
  }
}

/// What an approval is asked for.
void print_gate_plan(Output& output, const Json& gate) {
  for (const auto& step : member(gate, "plan")) {
    output.line("      " + text_at(step, "job") + ", " + text_at(step, "action") + ":");
    print_step_plan(output, step, "        ");
  }
}

void print_stage(Output& output, const Reasons& reasons, const Json& stage) {
  const std::string environment = text_at(stage, "environment");
  output.line("  " + output.state(text_at(stage, "state")) + "  " + text_at(stage, "name") +
              (environment.empty() ? "" : " → " + environment) + behind(reasons.of_stage(stage), 2));
  for (const auto& gate : member(stage, "gates")) {
    output.line("    gate " + text_at(gate, "kind") + ": " + text_at(gate, "state") + behind(text_at(gate, "reason"), 4));
    if (text_at(gate, "state") == "open") print_gate_plan(output, gate);
  }
  for (const auto& job : member(stage, "jobs")) {
    output.line("    " + output.state(text_at(job, "state")) + "  " + text_at(job, "id") + behind(reasons.of_job(stage, job), 4));
    print_steps(output, reasons, stage, job);
  }
}

}  // namespace

void print_run(Output& output, const Json& run) {
  const Reasons reasons(run);
  output.line(text_at(run, "app") + "#" + std::to_string(number_at(run, "number")) + "  " + output.state(text_at(run, "state")) +
              behind(reasons.of_run(), 2));
  output.line("  " + short_ref(text_at(run, "ref")) + " @ " + short_sha(text_at(run, "sha")) + "  " + text_at(run, "trigger") + " by " +
              text_at(run, "actor") + "  " + ago(member(run, "created_at")) + "  id " + text_at(run, "id"));
  for (const auto& error : member(run, "errors")) output.line("  " + (error.is_string() ? error.get<std::string>() : dump(error)));
  for (const auto& stage : member(run, "stages")) print_stage(output, reasons, stage);
}

}  // namespace fairlead::cli
