// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/reasons.hpp"
#include "cli/run_text.hpp"
#include "cli/watch.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

std::string run_path(const std::string& run) { return "/api/v1/runs/" + segment(run); }

Json inputs_of(const std::vector<std::string>& pairs) {
  Json inputs = Json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) throw Error(ErrorKind::usage, "--input \"" + pair + "\" is not NAME=VALUE");
    inputs[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return inputs;
}

/// What follows the answer to a start: one line, or the run to its end.
int after_start(Client& client, Output& output, const std::string& app, const Json& started, const WaitOptions& wait) {
  const std::string name = app + "#" + std::to_string(number_at(started, "number"));
  if (!wait.wait && !wait.follow) {
    output.line(name + "  " + text_at(started, "url"));
    output.document(started);
    return Exit::done;
  }
  output.line(name);
  return watch_run(client, output, text_at(started, "id"), {.progress = wait.follow, .logs = wait.follow, .timeout = wait.timeout});
}

int vote(const Globals& globals, const VoteOptions& options, const std::string& verb) {
  Client client(globals);
  Output output(globals);
  Json body{{"stage", options.stage}, {"reason", options.reason}};
  if (options.break_glass) body["break_glass"] = true;
  const Json answer = client.post(run_path(options.run) + "/" + verb, body);
  output.line(text_at(answer, "text"));
  output.document(answer);
  return Exit::done;
}

}  // namespace

int start(const Globals& globals, const StartOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json body{{"ref", options.ref}, {"reason", options.reason}, {"inputs", inputs_of(options.inputs)}};
  const Json started = client.post("/api/v1/apps/" + segment(options.app) + "/runs", body);
  return after_start(client, output, options.app, started, options.wait);
}

int deploy(const Globals& globals, const DeployOptions& options) {
  if (options.dry_run) return plan(globals, options);
  Client client(globals);
  Output output(globals);
  Json body{{"app", options.app}, {"environment", options.environment}, {"ref", options.ref}, {"reason", options.reason}};
  if (!options.at.empty() || !options.cron.empty()) {
    if (!options.at.empty()) body["at"] = options.at;
    if (!options.cron.empty()) body["cron"] = options.cron;
    if (!options.zone.empty()) body["zone"] = options.zone;
    if (!options.calendar.empty()) body["calendar"] = options.calendar;
    const Json schedule = client.post("/api/v1/schedules", body);
    output.line("scheduled " + text_at(schedule, "id") + ", next " + text_at(schedule, "next", "-"));
    output.document(schedule);
    return Exit::done;
  }
  if (!options.run.empty()) body["run"] = options.run;
  if (!options.image.empty()) body["image"] = options.image;
  const Json started = client.post("/api/v1/deployments", body);
  return after_start(client, output, options.app, started, options.wait);
}

int rollback(const Globals& globals, const RollbackOptions& options) {
  Client client(globals);
  Output output(globals);
  const std::string path = "/api/v1/apps/" + segment(options.app) + "/environments/" + segment(options.environment) + "/rollback";
  Json body{{"reason", options.reason}};
  if (!options.to.empty()) body["to"] = options.to;
  return after_start(client, output, options.app, client.post(path, body), options.wait);
}

int promote(const Globals& globals, const PromoteOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json app = client.get("/api/v1/apps/" + segment(options.app));
  for (const auto& place : member(app, "environments")) {
    if (text_at(place, "environment") != options.from || text_at(place, "run").empty()) continue;
    const Json body{{"app", options.app}, {"environment", options.to}, {"run", text_at(place, "run")}, {"reason", options.reason}};
    return after_start(client, output, options.app, client.post("/api/v1/deployments", body), options.wait);
  }
  throw Error(ErrorKind::not_found, "nothing of " + options.app + " is deployed to " + options.from + ", so there is nothing to promote",
              "fairlead status " + options.app + " shows what is where");
}

int approve(const Globals& globals, const VoteOptions& options) {
  if (!options.revoke) return vote(globals, options, "approve");
  Client client(globals);
  Output output(globals);
  const Json answer = client.post(run_path(options.run) + "/revoke", Json{{"stage", options.stage}});
  output.line(text_at(answer, "text"));
  output.document(answer);
  return Exit::done;
}

int reject(const Globals& globals, const VoteOptions& options) { return vote(globals, options, "reject"); }

int cancel(const Globals& globals, const std::string& run, const std::string& reason) {
  Client client(globals);
  Output output(globals);
  const Json answer = client.post(run_path(run) + "/cancel", Json{{"reason", reason}});
  output.line(text_at(answer, "text"));
  output.document(answer);
  return Exit::done;
}

int answer(const Globals& globals, const AnswerOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json body{{"choice", options.choice}, {"job", options.job}, {"reason", options.reason}};
  const Json answer = client.post(run_path(options.run) + "/answer", body);
  output.line(text_at(answer, "text"));
  output.document(answer);
  return Exit::done;
}

int retry(const Globals& globals, const RetryOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json answer = client.post(run_path(options.run) + "/retry", Json{{"all", options.all}});
  output.line(text_at(answer, "text"));
  if (!options.wait.wait && !options.wait.follow) {
    output.document(answer);
    return Exit::done;
  }
  return watch_run(client, output, text_at(answer, "id"),
                   {.progress = options.wait.follow, .logs = options.wait.follow, .timeout = options.wait.timeout});
}

namespace {

void add_places(std::vector<std::vector<std::string>>& rows, const Json& app, const std::string& environment) {
  for (const auto& place : member(app, "environments")) {
    if (!environment.empty() && text_at(place, "environment") != environment) continue;
    const Json& latest = member(place, "latest");
    rows.push_back({text_at(app, "name"), text_at(place, "environment"), short_sha(text_at(place, "version", "-")),
                    ago(member(place, "since")), text_at(place, "actor", "-"), text_at(latest, "state", "-")});
  }
}

/// Which host runs what: as it says now, else as it was deployed.
void print_hosts(Output& output, const Json& target, const Json& drift) {
  const std::string release = text_at(target, "release");
  output.line("  " + text_at(target, "target") + "  release " + short_sha(release));
  const Json& now = member(drift, "hosts");
  std::map<std::string, std::string> zones;
  for (const auto& host : member(target, "hosts")) zones[text_at(host, "host")] = text_at(host, "zone");
  std::vector<std::vector<std::string>> rows{{"   ", "HOST", "ZONE", "RELEASE", ""}};
  for (const auto& host : now.is_array() ? now : member(target, "hosts")) {
    const std::string name = text_at(host, "host"), runs = text_at(host, "release"), problem = text_at(host, "problem");
    std::string what = problem;
    if (problem.empty()) what = runs == release ? "" : runs.empty() ? "no release of fairlead" : "another release";
    if (!zones.contains(name)) what += what.empty() ? "new since then" : ", new since then";
    rows.push_back({"   ", name, zones[name], problem.empty() && !runs.empty() ? short_sha(runs) : "-", what});
  }
  output.table(rows);
}

/// What runs there by name, and whether it still does.
void print_targets(Output& output, const Json& app, const std::string& environment) {
  for (const auto& place : member(app, "environments")) {
    if (text_at(place, "environment") != environment) continue;
    for (const auto& target : member(place, "targets")) {
      if (text_at(target, "kind") == "ec2-deploy") {
        print_hosts(output, target, member(place, "drift"));
        continue;
      }
      const std::string arn = text_at(target, "task_definition");
      output.line("  " + text_at(target, "target") + "  " + arn.substr(arn.rfind('/') + 1));
      for (const auto& [container, image] : member(target, "images").items()) {
        output.line("    " + container + ": " + (image.is_string() ? image.get<std::string>() : dump(image)));
      }
    }
    const std::string drift = text_at(member(place, "drift"), "text");
    if (!drift.empty()) output.line("  drift: " + drift);
  }
}

}  // namespace

int status(const Globals& globals, const std::string& app, const std::string& environment) {
  Client client(globals);
  Output output(globals);
  const std::string drift = environment.empty() ? "" : "?drift=" + url_encode(environment);
  const Json apps = app.empty() ? client.get("/api/v1/apps") : Json::array({client.get("/api/v1/apps/" + segment(app) + drift)});
  output.document(app.empty() ? apps : apps.front());
  std::vector<std::vector<std::string>> places{{"APP", "ENVIRONMENT", "VERSION", "SINCE", "BY", "LATEST"}};
  std::vector<std::vector<std::string>> runs{{"APP", "LATEST RUN", "STATE", "REF", "AGE", "WHY"}};
  for (const auto& one : apps) {
    add_places(places, one, environment);
    const Json& run = member(one, "latest_run");
    if (run.is_null()) {
      runs.push_back({text_at(one, "name"), "-", "-", "-", "-", "no run yet"});
    } else {
      runs.push_back({text_at(one, "name"), "#" + std::to_string(number_at(run, "number")), text_at(run, "state"),
                      short_ref(text_at(run, "ref")), ago(member(run, "created_at")), headline(text_at(run, "reason"), 80)});
    }
  }
  if (environment.empty()) output.table(runs);
  if (environment.empty() && places.size() > 1) output.line("");
  output.table(places);
  if (!environment.empty() && places.size() == 1) output.line(app + " has not been deployed to " + environment);
  if (!environment.empty()) print_targets(output, apps.front(), environment);
  return Exit::done;
}

int history(const Globals& globals, const HistoryOptions& options) {
  Client client(globals);
  Output output(globals);
  std::string path = "/api/v1/runs?limit=" + std::to_string(options.limit);
  const auto add = [&path](const char* name, const std::string& value) {
    if (!value.empty()) path += std::string("&") + name + "=" + url_encode(value);
  };
  add("app", options.app);
  add("environment", options.environment);
  add("state", options.state);
  add("before", options.before);
  const Json rows = client.get(path);
  output.document(rows);
  std::vector<std::vector<std::string>> table{{"RUN", "STATE", "REF", "COMMIT", "TRIGGER", "BY", "AGE", "TOOK", "WHY"}};
  for (const auto& run : rows) {
    table.push_back({text_at(run, "app") + "#" + std::to_string(number_at(run, "number")), text_at(run, "state"),
                     short_ref(text_at(run, "ref")), short_sha(text_at(run, "sha")), text_at(run, "trigger"), text_at(run, "actor"),
                     ago(member(run, "created_at")), span(member(run, "started_at"), member(run, "finished_at")),
                     headline(text_at(run, "reason"), 60)});
  }
  output.table(table);
  if (rows.empty()) output.line("no runs");
  return Exit::done;
}

int show(const Globals& globals, const std::string& run) {
  Client client(globals);
  Output output(globals);
  const Json state = client.get(run_path(run));
  output.document(state);
  print_run(output, state);
  return Exit::done;
}

namespace {

/// Every chosen step that has a log.
std::vector<std::pair<std::string, std::string>> steps_of(const Json& run, const LogChoice& choice) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& stage : member(run, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      for (const auto& step : member(job, "steps")) {
        const std::string state = text_at(step, "state");
        if (!choice.has_job(job) || !choice.has_step(step) || state == "queued" || state == "skipped") continue;
        found.emplace_back(text_at(job, "id"), std::to_string(number_at(step, "index")));
      }
    }
  }
  return found;
}

/// Throws when the run has no such job or step.
void require_chosen(const Json& run, const LogChoice& choice, const std::string& where) {
  std::vector<std::string> jobs;
  bool found = choice.job.empty() || member(run, "stages").empty();
  for (const auto& stage : member(run, "stages")) {
    for (const auto& job : member(stage, "jobs")) {
      jobs.push_back(text_at(job, "id"));
      if (!choice.has_job(job)) continue;
      found = found || choice.step.empty() ||
              std::ranges::any_of(member(job, "steps"), [&](const Json& step) { return choice.has_step(step); });
    }
  }
  if (!found) throw Error(ErrorKind::not_found, "there is no log of \"" + where + "\"", "jobs of this run: " + join(jobs, ", "));
}

}  // namespace

int logs(const Globals& globals, const LogOptions& options) {
  Client client(globals);
  Output output(globals);
  const Json run = client.get(run_path(options.run));
  const LogChoice choice = options.where.empty() ? LogChoice{} : choose_logs(run, options.where);
  require_chosen(run, choice, options.where);
  const std::string missing = choice.job.empty() ? "" : why_no_log(run, choice);
  if (options.follow && !missing.empty()) output.note(missing + (is_over(run, choice) ? "" : "; waiting for it"));
  if (options.follow)
    return watch_run(client, output, text_at(run, "id"), {.progress = choice.job.empty(), .logs = true, .choice = choice});
  for (const auto& error : member(run, "errors")) output.line(error.is_string() ? error.get<std::string>() : dump(error));
  if (!member(run, "errors").empty()) output.document(Json{{"errors", member(run, "errors")}});
  if (!missing.empty() && member(run, "errors").empty()) {
    const std::string hint = is_over(run, choice) ? "" : "with -f its log is waited for";
    throw Error(ErrorKind::not_found, missing, hint);
  }
  const auto steps = steps_of(run, choice);
  for (const auto& [job, step] : steps) {
    if (steps.size() > 1) output.line("--- " + job + "/" + step);
    const std::string text = client.text(run_path(text_at(run, "id")) + "/logs/" + segment(job) + "/" + step);
    if (output.json()) {
      output.document(Json{{"job", job}, {"step", step}, {"text", text}});
    } else {
      output.line(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text);
    }
  }
  return Exit::done;
}

}  // namespace fairlead::cli
