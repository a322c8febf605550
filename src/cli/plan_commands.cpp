// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run_text.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

/// What would change, without changing it.
namespace fairlead::cli {

namespace {

constexpr std::size_t most_commits = 20;
constexpr std::size_t most_files = 30;

Json ask(Client& client, const DeployOptions& options) {
  std::string path =
      "/api/v1/apps/" + segment(options.app) + "/environments/" + segment(options.environment) + "/plan?ref=" + url_encode(options.ref);
  if (!options.run.empty()) path += "&run=" + url_encode(options.run);
  if (!options.image.empty()) path += "&image=" + url_encode(options.image);
  return client.get(path);
}

std::string count_of(std::size_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

void print_ends(Output& output, const Json& plan) {
  const Json& deployed = member(plan, "deployed");
  output.line(text_at(plan, "app") + " -> " + text_at(plan, "environment") + ": " + short_ref(text_at(plan, "ref")) + " " +
              short_sha(text_at(plan, "sha", "-")) + "  " +
              ellipsize(text_at(plan, "message").substr(0, text_at(plan, "message").find('\n')), 80));
  output.line(deployed.is_null() ? "  nothing is deployed there yet"
                                 : "  deployed now: " + short_sha(text_at(deployed, "version")) + ", " + ago(member(deployed, "since")) +
                                       ", by " + text_at(deployed, "actor", "-"));
}

void print_changes(Output& output, const Json& plan) {
  const Json& changes = member(plan, "changes");
  if (!changes.is_object()) return;
  if (!text_at(changes, "note").empty()) output.line("  " + text_at(changes, "note"));
  const auto total = static_cast<std::size_t>(number_at(changes, "total"));
  const auto behind = static_cast<std::size_t>(number_at(changes, "behind"));
  const Json& files = member(changes, "files");
  if (total == 0 && behind == 0 && text_at(changes, "note").empty()) output.line("  no change: it is the same commit");
  if (behind > 0) output.line("  goes back: " + count_of(behind, "commit") + " that are deployed are not in it");
  if (total > 0) output.line("  " + count_of(total, "commit") + ", " + count_of(files.size(), "file") + ":");
  std::size_t shown = 0;
  for (const auto& commit : member(changes, "commits")) {
    if (shown++ == most_commits) break;
    output.line("    " + short_sha(text_at(commit, "sha")) + "  " + ellipsize(text_at(commit, "subject"), 80) + "  (" +
                text_at(commit, "author") + ")");
  }
  if (total > most_commits) output.line("    and " + std::to_string(total - most_commits) + " more");
}

void print_files(Output& output, const Json& plan) {
  const Json& files = member(member(plan, "changes"), "files");
  std::size_t shown = 0;
  for (const auto& file : files) {
    if (shown++ == most_files) break;
    output.line("    " + file.get<std::string>());
  }
  if (files.size() > most_files) output.line("    and " + std::to_string(files.size() - most_files) + " more files");
}

std::string steps_of(const Json& job) {
  std::vector<std::string> names;
  for (const auto& step : member(job, "steps")) {
    const std::string name = text_at(step, "name"), action = text_at(step, "action");
    names.push_back(name.empty() || name == action ? action : action == "run" ? name : name + " (" + action + ")");
  }
  return join(names, ", ");
}

/// What the steps of a job would do, where they can tell.
void print_step_plans(Output& output, const Json& job) {
  for (const auto& step : member(job, "steps")) print_step_plan(output, member(step, "plan"), "      ");
}

void print_stages(Output& output, const Json& plan) {
  for (const auto& stage : member(plan, "stages")) {
    const std::string name = "  stage " + text_at(stage, "name");
    if (!text_at(stage, "skip").empty()) {
      output.line(name + ": skipped, " + text_at(stage, "skip"));
      continue;
    }
    if (!text_at(stage, "built_by").empty()) {
      output.line(name + ": not run again, built by " + text_at(stage, "built_by"));
      continue;
    }
    output.line(name + (text_at(stage, "if").empty() ? "" : " (if " + text_at(stage, "if") + ")"));
    for (const auto& job : member(stage, "jobs")) {
      const std::string skip = text_at(job, "skip");
      output.line("    " + text_at(job, "id") + ": " + (skip.empty() ? steps_of(job) : "skipped, " + skip));
      print_step_plans(output, job);
    }
  }
}

void print_waits(Output& output, const Json& plan) {
  for (const auto& wait : member(plan, "waits")) {
    const std::string until = text_at(wait, "until");
    output.line("  waits for " + text_at(wait, "kind") + ": " + text_at(wait, "reason") + (until.empty() ? "" : ", until " + until));
  }
}

std::size_t count_problems(const Json& plan) {
  std::size_t count = 0;
  for (const auto& stage : member(plan, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      for (const auto& step : member(job, "steps")) {
        for (const auto& problem : member(member(step, "plan"), "problems")) count += flag_at(problem, "fatal") ? 1 : 0;
      }
    }
  }
  return count;
}

/// A plan that cannot be made, or that would fail at its start, is an answer to the question, and no success.
int verdict(Output& output, const Json& plan) {
  for (const auto& note : member(plan, "notes")) output.line("  note: " + note.get<std::string>());
  if (!text_at(plan, "reason").empty()) {
    output.error(text_at(plan, "reason"));
    for (const auto& error : member(plan, "errors")) output.error(error.get<std::string>());
    return Exit::invalid;
  }
  if (const auto problems = count_problems(plan); problems > 0) {
    output.error("this deploy could not start: " + count_of(problems, "problem"));
    return Exit::invalid;
  }
  for (const auto& stage : member(plan, "stages")) {
    if (text_at(stage, "plan_error").empty()) continue;
    output.error("what stage " + text_at(stage, "name") + " would do is not known: " + text_at(stage, "plan_error"));
    return Exit::failed;
  }
  return Exit::done;
}

}  // namespace

int plan(const Globals& globals, const DeployOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json answer = ask(client, options);
  output.document(answer);
  print_ends(output, answer);
  print_changes(output, answer);
  print_stages(output, answer);
  print_waits(output, answer);
  return verdict(output, answer);
}

int diff(const Globals& globals, const DeployOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json answer = ask(client, options);
  output.document(answer);
  print_ends(output, answer);
  print_changes(output, answer);
  print_files(output, answer);
  return Exit::done;
}

}  // namespace fairlead::cli
