// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.hpp"

#include <map>
#include <set>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

bool is_over(const std::string& state) { return state != "queued" && state != "waiting" && state != "running"; }

/// What a step asks, and how to answer.
std::string question_text(const Json& asked) {
  std::vector<std::string> choices;
  for (const auto& choice : member(asked, "choices")) choices.push_back(choice.get<std::string>());
  return "asks: " + text_at(asked, "text") + " (fairlead answer RUN " + join(choices, "|") + ")";
}

/// Remembers what was told, so that each change is told once.
class Teller {
 public:
  Teller(Client& client, Output& output, const WatchOptions& options, std::string run)
      : client_(client), output_(output), options_(options), run_(std::move(run)) {}

  void tell(const Json& run) {
    for (const auto& stage : member(run, "stages")) {
      const std::string name = text_at(stage, "name");
      for (const auto& gate : member(stage, "gates")) tell_gate(name, gate);
      for (const auto& job : member(stage, "jobs")) tell_job(name, job);
      if (is_over(text_at(stage, "state"))) once("stage " + name, text_at(stage, "state"), text_at(stage, "reason"));
    }
  }

 private:
  void once(const std::string& what, const std::string& state, const std::string& reason) {
    auto& told = told_[what];
    const std::string now = state + "\n" + reason;
    if (told == now) return;
    told = now;
    if (options_.progress) output_.line(output_.state(state) + "  " + what + (reason.empty() ? "" : ": " + reason));
  }

  void tell_gate(const std::string& stage, const Json& gate) {
    const std::string kind = text_at(gate, "kind");
    if (text_at(gate, "state") == "open") {
      once("stage " + stage + ", " + kind, "waiting", text_at(gate, "reason"));
    } else if (told_.contains("stage " + stage + ", " + kind)) {
      once("stage " + stage + ", " + kind, text_at(gate, "state"), "");
    }
  }

  void tell_job(const std::string& stage, const Json& job) {
    const std::string id = text_at(job, "id");
    const std::string state = text_at(job, "state");
    if (state == "queued") return;
    const auto attempt = number_at(job, "attempt", 1);
    if (options_.logs) tell_logs(id, job, attempt);
    for (const auto& step : member(job, "steps")) {
      const Json& asked = member(step, "question");
      if (asked.is_object()) once(stage + "/" + id + ", " + text_at(step, "name"), "waiting", question_text(asked));
    }
    once(stage + "/" + id + (attempt > 1 ? " (attempt " + std::to_string(attempt) + ")" : ""), state, text_at(job, "reason"));
  }

  void tell_logs(const std::string& job, const Json& json, std::int64_t attempt) {
    for (const auto& step : member(json, "steps")) {
      if (!is_over(text_at(step, "state")) || text_at(step, "state") == "skipped") continue;
      const auto index = number_at(step, "index");
      if (!logged_.insert(job + "/" + std::to_string(attempt) + "/" + std::to_string(index)).second) continue;
      const std::string path = "/api/v1/runs/" + segment(run_) + "/logs/" + segment(job) + "/" + std::to_string(index);
      output_.line("--- " + job + ", " + text_at(step, "name"));
      try {
        std::string text = client_.text(path);
        while (text.ends_with('\n')) text.pop_back();
        output_.line(text);
      } catch (const Error& error) {
        output_.note("no log: " + error.message());
      }
    }
  }

  Client& client_;
  Output& output_;
  const WatchOptions& options_;
  std::string run_;
  std::map<std::string, std::string> told_;
  std::set<std::string> logged_;
};

}  // namespace

int watch_run(Client& client, Output& output, const std::string& run, const WatchOptions& options) {
  const std::string path = "/api/v1/runs/" + segment(run);
  Teller teller(client, output, options, run);
  Json state = client.get(path);
  teller.tell(state);
  const auto look = [&](const Client::Event&) {
    state = client.get(path);
    teller.tell(state);
    return !is_over(text_at(state, "state"));
  };
  if (!is_over(text_at(state, "state"))) {
    const std::string stream = "/api/v1/events?stream=run:" + text_at(state, "id");
    if (!client.follow(stream, look, options.timeout)) {
      output.note("the run is still " + text_at(state, "state") + " after " + std::to_string(options.timeout) + " s");
      output.document(state);
      return Exit::timed_out;
    }
  }
  const std::string end = text_at(state, "state");
  const std::string reason = text_at(state, "reason");
  output.line(output.state(end) + "  " + text_at(state, "app") + "#" + std::to_string(number_at(state, "number")) +
              (reason.empty() ? "" : ": " + reason));
  output.document(state);
  return exit_code_of_state(end, reason);
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

void print_steps(Output& output, const Json& job) {
  for (const auto& step : member(job, "steps")) {
    const std::string reason = text_at(step, "reason");
    output.line("      " + std::to_string(number_at(step, "index")) + "  " + output.state(text_at(step, "state")) + "  " +
                text_at(step, "name") + "  " + span(member(step, "started_at"), member(step, "finished_at")) +
                (reason.empty() ? "" : "  " + reason));
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

void print_stage(Output& output, const Json& stage) {
  const std::string environment = text_at(stage, "environment");
  const std::string reason = text_at(stage, "reason");
  output.line("  " + output.state(text_at(stage, "state")) + "  " + text_at(stage, "name") +
              (environment.empty() ? "" : " → " + environment) + (reason.empty() ? "" : "  " + reason));
  for (const auto& gate : member(stage, "gates")) {
    const std::string why = text_at(gate, "reason");
    output.line("    gate " + text_at(gate, "kind") + ": " + text_at(gate, "state") + (why.empty() ? "" : "  " + why));
    if (text_at(gate, "state") == "open") print_gate_plan(output, gate);
  }
  for (const auto& job : member(stage, "jobs")) {
    const std::string why = text_at(job, "reason");
    output.line("    " + output.state(text_at(job, "state")) + "  " + text_at(job, "id") + (why.empty() ? "" : "  " + why));
    print_steps(output, job);
  }
}

}  // namespace

void print_run(Output& output, const Json& run) {
  const std::string reason = text_at(run, "reason");
  output.line(text_at(run, "app") + "#" + std::to_string(number_at(run, "number")) + "  " + output.state(text_at(run, "state")) +
              (reason.empty() ? "" : "  " + reason));
  output.line("  " + short_ref(text_at(run, "ref")) + " @ " + short_sha(text_at(run, "sha")) + "  " + text_at(run, "trigger") + " by " +
              text_at(run, "actor") + "  " + ago(member(run, "created_at")) + "  id " + text_at(run, "id"));
  for (const auto& error : member(run, "errors")) output.line("  " + (error.is_string() ? error.get<std::string>() : dump(error)));
  for (const auto& stage : member(run, "stages")) print_stage(output, stage);
}

}  // namespace fairlead::cli
