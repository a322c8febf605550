// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"

/// Commands that start, decide and show runs.
namespace fairlead::cli {

namespace {

constexpr const char* run_text = "shop-api#42, a run id, or latest:shop-api";

long seconds_of(const std::string& text) {
  if (const auto number = parse_int(text); number && *number > 0) return static_cast<long>(*number);
  const auto span = parse_duration(text);
  if (!span || *span < std::chrono::seconds(1))
    throw Error(ErrorKind::usage, "--timeout \"" + text + "\" is no duration", "write 90s, 10m or 1h");
  return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(*span).count());
}

void add_wait(CLI::App& command, WaitOptions& wait) {
  auto* silent = command.add_flag("--wait", wait.wait, "Wait for the end; the exit code tells it");
  auto* loud = command.add_flag("--follow", wait.follow, "The same with progress and logs");
  silent->excludes(loud);
  command
      .add_option_function<std::string>(
          "--timeout", [&wait](const std::string& text) { wait.timeout = seconds_of(text); },
          "Stop waiting after this long, with exit code 124")
      ->type_name("10m");
}

void add_start(CommandLine& line) {
  auto options = std::make_shared<StartOptions>();
  CLI::App& command = line.add("start", "Start a run",
                               {purpose::act, "fairlead start shop-api --ref release/2 --input size=large --follow",
                                [options](const Globals& globals) { return start(globals, *options); }});
  command.add_option("APP", options->app, "App of fairlead.yml")->required();
  command.add_option("--ref", options->ref, "Branch, tag or commit; default: the app's branch")->type_name("R");
  command.add_option("--input", options->inputs, "An input of the pipeline; may be repeated")->type_name("K=V")->allow_extra_args(false);
  command.add_option("--reason", options->reason, "Shown with the run")->type_name("T");
  add_wait(command, options->wait);
}

void add_deploy(CommandLine& line) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App& command = line.add("deploy", "Deploy one environment: builds if needed, else reuses what a run built",
                               {purpose::act, "fairlead deploy shop-api production --run shop-api#42 --reason \"fix for #17\" --wait",
                                [options](const Globals& globals) { return deploy(globals, *options); }});
  command.add_option("APP", options->app, "App of fairlead.yml")->required();
  command.add_option("ENV", options->environment, "Environment of fairlead.yml")->required();
  auto* ref = command.add_option("--ref", options->ref, "Branch, tag or commit; default: the app's branch")->type_name("R");
  auto* run = command.add_option("--run", options->run, "What this run built")->type_name("RUN")->excludes(ref);
  command.add_option("--image", options->image, "This image instead of a build; container=URI where a step takes several")
      ->type_name("URI")
      ->excludes(run);
  command.add_option("--reason", options->reason, "Shown with the run and to approvers")->type_name("T");
  command.add_flag("--dry-run", options->dry_run, "Only say what it would do, as `fairlead plan`");
  auto* at = command.add_option("--at", options->at, "Not now: at this time (RFC 3339)")->type_name("TIME");
  auto* cron = command.add_option("--cron", options->cron, "Not now: by this cron expression")->type_name("EXPR")->excludes(at);
  command.add_option("--zone", options->zone, "Zone of the cron expression; default: UTC")->type_name("Z")->needs(cron);
  command.add_option("--calendar", options->calendar, "Only when this calendar of fairlead.yml allows it")->type_name("C");
  add_wait(command, options->wait);
}

/// APP, ENV and which version: what `plan` and `diff` have in common.
void add_target(CLI::App& command, DeployOptions& options) {
  command.add_option("APP", options.app, "App of fairlead.yml")->required();
  command.add_option("ENV", options.environment, "Environment of fairlead.yml")->required();
}

void add_plan(CommandLine& line) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App& plan_command = line.add("plan", "What a deploy would change, run and wait for; touches nothing",
                                    {purpose::look, "fairlead plan shop-api production --ref release/2",
                                     [options](const Globals& globals) { return plan(globals, *options); }});
  add_target(plan_command, *options);
  auto* ref = plan_command.add_option("--ref", options->ref, "Branch, tag or commit; default: the app's branch")->type_name("R");
  plan_command.add_option("--run", options->run, "What this run built")->type_name("RUN")->excludes(ref);
  plan_command.add_option("--image", options->image, "This image instead of a build")->type_name("URI");

  auto ends = std::make_shared<DeployOptions>();
  CLI::App& diff_command =
      line.add("diff", "Commits and files between what is deployed and a ref",
               {purpose::look, "fairlead diff shop-api production main", [ends](const Globals& globals) { return diff(globals, *ends); }});
  add_target(diff_command, *ends);
  diff_command.add_option("REF", ends->ref, "Branch, tag or commit; default: the app's branch");
}

void add_promote(CommandLine& line) {
  auto options = std::make_shared<PromoteOptions>();
  CLI::App& command = line.add("promote", "Deploy to one environment what is in another, without building it again",
                               {purpose::act, "fairlead promote shop-api staging production --wait",
                                [options](const Globals& globals) { return promote(globals, *options); }});
  command.add_option("APP", options->app, "App of fairlead.yml")->required();
  command.add_option("FROM", options->from, "Environment that has it")->required();
  command.add_option("TO", options->to, "Environment that gets it")->required();
  command.add_option("--reason", options->reason, "Shown with the run and to approvers")->type_name("T");
  add_wait(command, options->wait);
}

void add_rollback(CommandLine& line) {
  auto options = std::make_shared<RollbackOptions>();
  CLI::App& command = line.add("rollback", "Deploy again what succeeded before",
                               {purpose::act, "fairlead rollback shop-api production --reason \"5xx since 14:02\" --wait",
                                [options](const Globals& globals) { return rollback(globals, *options); }});
  command.add_option("APP", options->app, "App of fairlead.yml")->required();
  command.add_option("ENV", options->environment, "Environment of fairlead.yml")->required();
  command.add_option("--to", options->to, "The run to go back to; default: the last other version that succeeded")->type_name("RUN");
  command.add_option("--reason", options->reason, "Shown with the run")->type_name("T");
  add_wait(command, options->wait);
}

void add_votes(CommandLine& line) {
  auto yes = std::make_shared<VoteOptions>();
  CLI::App& approve_command =
      line.add("approve", "Approve a stage that waits for it",
               {purpose::act, "fairlead approve shop-api#42", [yes](const Globals& globals) { return approve(globals, *yes); }});
  approve_command.add_option("RUN", yes->run, run_text)->required();
  approve_command.add_option("--stage", yes->stage, "Which, when several wait")->type_name("S");
  approve_command.add_option("--reason", yes->reason, "Recorded with the vote")->type_name("T");
  CLI::Option* bypass = approve_command.add_flag("--break-glass", yes->break_glass,
                                                 "Past the other groups, by whom fairlead.yml allows it; tells who it names");
  approve_command.add_flag("--revoke", yes->revoke, "Take your own approval back, until the stage starts")->excludes(bypass);

  auto no = std::make_shared<VoteOptions>();
  CLI::App& reject_command = line.add("reject", "Reject a stage that waits for approval",
                                      {purpose::act, "fairlead reject shop-api#42 --reason \"wait for the migration\"",
                                       [no](const Globals& globals) { return reject(globals, *no); }});
  reject_command.add_option("RUN", no->run, run_text)->required();
  reject_command.add_option("--stage", no->stage, "Which, when several wait")->type_name("S");
  reject_command.add_option("--reason", no->reason, "Recorded with the vote")->type_name("T")->required();
}

void add_answer(CommandLine& line) {
  auto answering = std::make_shared<AnswerOptions>();
  CLI::App& command = line.add(
      "answer", "Answer what a running step asks",
      {purpose::act, "fairlead answer shop-api#42 rollback", [answering](const Globals& globals) { return answer(globals, *answering); }});
  command.add_option("RUN", answering->run, run_text)->required();
  command.add_option("CHOICE", answering->choice, "What the question offers: continue, rollback, stop")->required();
  command.add_option("--job", answering->job, "The job that asks, when several do")->type_name("J");
  command.add_option("--reason", answering->reason, "Recorded with the answer")->type_name("T");
}

void add_cancel_and_retry(CommandLine& line) {
  struct CancelOptions {
    std::string run, reason;
  };
  auto stop = std::make_shared<CancelOptions>();
  CLI::App& cancel_command = line.add("cancel", "Cancel a run",
                                      {purpose::act, "fairlead cancel latest:shop-api --reason \"wrong branch\"",
                                       [stop](const Globals& globals) { return cancel(globals, stop->run, stop->reason); }});
  cancel_command.add_option("RUN", stop->run, run_text)->required();
  cancel_command.add_option("--reason", stop->reason, "Shown with the run")->type_name("T");

  auto again = std::make_shared<RetryOptions>();
  CLI::App& retry_command =
      line.add("retry", "Run the failed jobs of a run again",
               {purpose::act, "fairlead retry shop-api#42 --follow", [again](const Globals& globals) { return retry(globals, *again); }});
  retry_command.add_option("RUN", again->run, run_text)->required();
  retry_command.add_flag("--all", again->all, "Every job of the failed stage");
  add_wait(retry_command, again->wait);
}

void add_status_and_history(CommandLine& line) {
  struct StatusOptions {
    std::string app, environment;
  };
  auto which = std::make_shared<StatusOptions>();
  CLI::App& status_command = line.add("status", "What runs, and what is where since when",
                                      {purpose::look, "fairlead status shop-api production",
                                       [which](const Globals& globals) { return status(globals, which->app, which->environment); }});
  status_command.add_option("APP", which->app, "Only this app");
  status_command.add_option("ENV", which->environment, "Only this environment");

  auto past = std::make_shared<HistoryOptions>();
  CLI::App& history_command = line.add("history", "Runs, newest first",
                                       {purpose::look, "fairlead history shop-api --env production --limit 50",
                                        [past](const Globals& globals) { return history(globals, *past); }});
  history_command.add_option("APP", past->app, "Only this app");
  history_command.add_option("--env", past->environment, "Only runs that deploy there")->type_name("E");
  history_command.add_option("--state", past->state, "Only in this state")->type_name("S");
  history_command.add_option("--limit", past->limit, "Rows, 1 to 200; default: 20")->type_name("N")->check(CLI::Range(1, 200));
  history_command.add_option("--before", past->before, "Id of the last run seen")->type_name("ID");
}

void add_show_and_logs(CommandLine& line) {
  auto run = std::make_shared<std::string>();
  CLI::App& show_command =
      line.add("show", "One run: stages, jobs, steps, and why something waits",
               {purpose::look, "fairlead show latest:shop-api", [run](const Globals& globals) { return show(globals, *run); }});
  show_command.add_option("RUN", *run, run_text)->required();

  auto options = std::make_shared<LogOptions>();
  CLI::App& logs_command = line.add(
      "logs", "What the steps of a run wrote",
      {purpose::look, "fairlead logs shop-api#42 unit/0 -f", [options](const Globals& globals) { return logs(globals, *options); }});
  logs_command.add_option("RUN", options->run, run_text)->required();
  logs_command.add_option("JOB[/STEP]", options->where, "Only this job, or this step by index or name");
  logs_command.add_flag("-f,--follow", options->follow, "As it comes, until the end");
}

}  // namespace

void add_run_commands(CommandLine& line) {
  add_start(line);
  add_deploy(line);
  add_rollback(line);
  add_promote(line);
  add_plan(line);
  add_votes(line);
  add_answer(line);
  add_cancel_and_retry(line);
  add_status_and_history(line);
  add_show_and_logs(line);
}

}  // namespace fairlead::cli
