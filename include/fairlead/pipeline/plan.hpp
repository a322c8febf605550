// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/problem.hpp"

namespace fairlead::pipeline {

/// What a run will do, frozen: stages → jobs (matrix expanded) → steps. Everything that git, run, app, environment, inputs and
/// matrix decide is decided; Json members may still hold {"$expr"} and {"$secret"} (see expression.hpp), conditions may still
/// be text for `holds`. A non-empty `skip` says that it will not run and why.
struct PlanStep {
  std::size_t index = 0;  ///< within the job
  std::string id;
  std::string name;
  std::string action;
  Json with = Json::object();
  Json env = Json::object();
  std::string condition;  ///< for `holds`; empty: success()
  std::optional<Duration> timeout;
  std::optional<Duration> no_output_timeout;
  bool continue_on_error = false;
  std::string shell;           ///< empty: sh -e
  Json working_directory = ""; ///< text or {"$expr"}, relative to the workspace
  std::string skip;
};

struct PlanJob {
  std::string key;     ///< "unit", "unit (18)", or "api (production)" when several stages have an `api`: unique in the run
  std::string folder;  ///< the key as a file name: [A-Za-z0-9._-], unique in the run
  std::string id;      ///< "unit": the name in `jobs.<id>`, unique in its stage; the jobs of one matrix share it
  std::string name;    ///< shown; the key when the file gives none
  std::vector<std::string> needs;  ///< ids, of the same stage
  std::string condition;
  std::string skip;
  std::string executor;              ///< empty: the server's default
  Json matrix = Json::object();      ///< the values of this one
  std::optional<int> max_parallel;   ///< among the jobs with this id
  bool fail_fast = true;             ///< a failed job cancels the others with this id
  Json container = nullptr;          ///< null or {image, options, user, network}
  Json services = Json::object();    ///< name → {image, env, ready, options}
  Json env = Json::object();         ///< pipeline's and job's
  std::optional<Duration> timeout;
  std::optional<Duration> no_output_timeout;
  Retry retry;                       ///< defaults applied: `lost` is repeated once in stages without environment
  Json cache = Json::array();        ///< [{key, paths, restore-keys}]
  std::map<std::string, std::vector<std::string>> artifacts;
  std::vector<std::string> artifacts_from;  ///< job ids
  std::map<std::string, std::vector<std::string>> reports;
  Json outputs = Json::object();     ///< name → text | {"$expr"}, evaluated when the job ends
  std::vector<PlanStep> steps;
};

struct PlanStage {
  std::size_t index = 0;
  std::string name;
  std::string environment;  ///< empty: none
  std::string condition;
  std::string skip;
  OnFailure on_failure;
  Json checks = Json::array();  ///< [{"kind": "http", "with": {…}}]
  std::vector<PlanJob> jobs;
};

struct RunPlan {
  int version = 1;
  Concurrency concurrency = Concurrency::latest;
  bool trusted = true;               ///< false: pull request from a fork; the plan names no secret, no cache is written
  /// git, run, app, inputs: what later expressions see. The engine adds environment, env, matrix, jobs and steps.
  Json contexts = Json::object();
  std::vector<PlanStage> stages;
};

/// The job with this key; nullptr when there is none.
const PlanJob* find_job(const RunPlan&, std::string_view key);

/// Whether the job works on the machine of its executor: runs processes, fills or keeps files. One that only asks others to do
/// something (ECS, a web address) takes no slot there, unless it names its executor, and needs no supervisor.
bool works_here(const PlanJob&);
/// Whether one of its steps may read files of the commit.
bool reads_files(const PlanJob&);

/// Lossless. from_json throws Error(invalid) for what to_json did not write.
Json to_json(const RunPlan&);
RunPlan plan_from_json(const Json&);
/// SHA-256 (hex) of the canonical JSON: what an approval binds to.
std::string plan_digest(const RunPlan&);

enum class TriggerKind { push, tag, pull_request, schedule, http, sqs, command };
/// "push", "tag", "pull-request", …
std::string_view to_string(TriggerKind);
std::optional<TriggerKind> trigger_kind(std::string_view);

struct GitFacts {
  std::string sha;
  std::string ref;     ///< "refs/heads/main"
  std::string branch;  ///< empty for a tag; of the head for a pull request
  std::string tag;
  std::string message;
  std::string author;
  std::string before;  ///< empty when unknown
  std::optional<long long> pull_request;
};

struct RunFacts {
  std::string id;
  long long number = 0;
  std::string url;
  std::string actor;
  std::string reason;
};

/// What the server file says of an environment, as far as the plan needs it.
struct EnvironmentFacts {
  /// Globs on branch names, ordered, `!` negates; "refs/tags/v*" means tags. Empty: any ref.
  std::vector<std::string> branches;
};

struct PlanContext {
  GitFacts git;
  RunFacts run;
  std::string app;
  TriggerKind trigger = TriggerKind::command;
  bool fork = false;  ///< pull request from a fork
  Json inputs = Json::object();  ///< given values, text or typed; checked against the definition
  /// The environments of the server file; nullopt when there is no server (fairlead validate).
  std::optional<std::map<std::string, EnvironmentFacts>> environments;
  /// Only this environment is asked for (`fairlead deploy APP ENV`): stages of other environments are skipped.
  std::string only_environment;
  /// Only these stages are asked for (`fairlead try --stage`); empty: all.
  std::vector<std::string> only_stages;
};

/// Resolves a definition for one run. Pure: the same arguments give the same plan.
std::expected<RunPlan, Problems> make_plan(const Definition&, const PlanContext&);

/// The values of a run's inputs: typed, defaults filled in; problems name the input.
std::expected<Json, Problems> check_inputs(const Definition&, const Json& given);

struct TriggerFacts {
  TriggerKind kind = TriggerKind::push;
  std::string branch;   ///< push: the branch; pull request: the target branch
  std::string tag;
  std::string message;  ///< of the head commit
  std::optional<std::vector<std::string>> changed_paths;  ///< nullopt: could not be found out
  std::vector<std::string> app_paths;  ///< the app's own filter (`folder/**` or `paths` of the server file); empty: none
};

struct Verdict {
  bool accepted = false;
  std::string reason;  ///< why ignored; for an accepted one a remark worth showing, or empty
};

/// Whether this definition wants a run for what happened.
Verdict match_trigger(const Definition&, const TriggerFacts&);

}  // namespace fairlead::pipeline
