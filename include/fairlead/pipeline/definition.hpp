// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/problem.hpp"

namespace fairlead::pipeline {

/// `.fairlead.yml`, typed. Text fields that may hold expressions keep them as written; make_plan evaluates what it can.
/// Everything here is a plain value.

struct PushTrigger {
  std::vector<std::string> branches;  ///< globs, ordered, `!` negates; empty: every branch
  std::vector<std::string> paths;
  std::vector<std::string> ignore_paths;
};
using PullRequestTrigger = PushTrigger;  ///< branches: of the target
struct TagTrigger {
  std::vector<std::string> tags;
};
enum class Missed { skip, once, all };
struct ScheduleTrigger {
  std::string cron;
  std::string zone = "UTC";
  std::string calendar;
  std::optional<Duration> late;  ///< give up when the start would be later than this
  Missed missed = Missed::skip;
  std::map<std::string, std::string> inputs;
};
struct Triggers {
  std::optional<PushTrigger> push;
  std::optional<TagTrigger> tag;
  std::optional<PullRequestTrigger> pull_request;
  std::vector<ScheduleTrigger> schedules;
  std::optional<std::string> http_secret;  ///< name of the secret
  std::optional<std::string> sqs_queue;
  bool command = true;
};

enum class InputType { string, number, boolean, choice };
struct Input {
  std::string name;
  InputType type = InputType::string;
  std::string description;
  bool required = false;
  std::vector<std::string> options;  ///< of a choice
  std::optional<Json> fallback;      ///< `default:`, of the input's type
};

using Texts = std::map<std::string, std::string>;

struct Container {
  std::string image;
  std::string options;
  std::string user;
  std::string network;
};
struct Service {
  std::string image;
  Texts env;
  std::string ready;  ///< command that succeeds when the service may be used; empty: at once
  std::string options;
};

struct Matrix {
  std::vector<std::pair<std::string, std::vector<Json>>> axes;  ///< in the order of the file
  std::vector<Json> include;
  std::vector<Json> exclude;
  std::optional<int> max_parallel;
  bool fail_fast = true;
  bool empty() const { return axes.empty() && include.empty(); }
};

struct Retry {
  int attempts = 1;  ///< in total
  bool on_failure = false;
  bool on_lost = false;
  bool on_timeout = false;
  std::vector<int> on_exit;  ///< exit codes
};

struct CacheEntry {
  std::string key;
  std::vector<std::string> paths;
  std::vector<std::string> restore_keys;
};

struct Step {
  std::string path;    ///< in the file, for messages; as that of Job and Stage
  std::string id;
  std::string name;
  std::string action;  ///< "run", "ecs-deploy", …
  Json with;           ///< its inputs as an object; a `run` is {"script": …}
  std::string condition;
  Texts env;
  std::optional<Duration> timeout;
  std::optional<Duration> no_output_timeout;
  bool continue_on_error = false;
  std::string shell;  ///< empty: sh -e
  std::string working_directory;
};

struct Job {
  std::string path;
  std::string id;
  std::string name;
  std::vector<std::string> needs;
  std::string condition;
  std::string executor;  ///< empty: the server's default
  std::optional<Container> container;
  std::map<std::string, Service> services;
  Matrix matrix;
  Texts env;
  std::optional<Duration> timeout;
  std::optional<Duration> no_output_timeout;
  std::optional<Retry> retry;
  std::vector<CacheEntry> cache;
  std::map<std::string, std::vector<std::string>> artifacts;
  std::vector<std::string> artifacts_from;
  std::map<std::string, std::vector<std::string>> reports;  ///< "junit", "coverage" → globs
  Texts outputs;
  std::vector<Step> steps;
};

struct OnFailure {
  enum class Kind { stop, rollback, retry } kind = Kind::stop;
  int retries = 0;
};

struct Check {
  std::string kind;  ///< "alarm" | "http"
  Json with;
};

struct Stage {
  std::string path;
  std::string name;
  std::string environment;  ///< empty: none
  std::string condition;
  OnFailure on_failure;
  std::vector<Check> checks;
  std::vector<Job> jobs;  ///< in the order of the file
};

/// How runs of one pipeline treat each other, per ref.
enum class Concurrency { latest, queue, parallel };
std::string_view to_string(Concurrency);

struct Definition {
  std::string file;
  Triggers on;
  std::vector<Input> inputs;
  Texts env;
  Concurrency concurrency = Concurrency::latest;
  std::vector<Stage> stages;
  std::map<std::string, Mark> marks;  ///< path → place, for messages about this file
};

/// A problem at a path of this file, `offset` bytes within its text; the place is that of the longest part of the path that
/// the file has.
Problem problem_at(const Definition&, const std::string& path, std::string message, std::string nearest = {}, std::size_t offset = 0);

/// Reads, validates and decodes a pipeline file: shape, expressions, references, order of jobs. All problems at once.
std::expected<Definition, Problems> parse_pipeline(std::string_view text, const std::string& filename);

}  // namespace fairlead::pipeline
