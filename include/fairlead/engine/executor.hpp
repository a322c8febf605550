// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/engine/state.hpp"

namespace fairlead::pipeline {
struct PlanJob;
}

namespace fairlead::engine {

/// One attempt of one job. The folder `data/runs/<run>/<job>/<attempt>` is derived from it, which makes a start repeatable.
struct JobKey {
  RunId run;
  std::string job;
  int attempt = 1;
  auto operator<=>(const JobKey&) const = default;
};

/// A job whose artifacts another one starts with; of an earlier run when its build was taken over.
struct ArtifactsOf {
  RunId run;
  std::string job;  ///< key
};

/// What an executor must know to open a job; complete, so that adoption after a restart gets the same.
struct JobSpec {
  JobKey key;
  std::string app;
  Sha sha;
  std::string folder;                                 ///< of the app inside its repository, or empty
  /// Container, services, artifacts, reports, steps; container and services are resolved. Cache keys may hold {"$expr"} (they
  /// use hashFiles): resolve them with `contexts` (pipeline::Scope) once the workspace is there.
  std::shared_ptr<const pipeline::PlanJob> job;
  std::shared_ptr<const Json> contexts;
  /// Of the job, evaluated; CI, FAIRLEAD_* included. The executor adds FAIRLEAD_WORKSPACE, and FAIRLEAD_OUTPUT, _ENV and
  /// _SUMMARY for each process, and gives what earlier processes wrote to $FAIRLEAD_ENV to later ones, also after adoption.
  std::map<std::string, std::string> env;
  std::map<std::string, Secret> secrets;              ///< name → value; masked in every log of the job
  std::vector<ArtifactsOf> artifacts_from;
  bool trusted = true;                                ///< false: fork pull request: no cache writes, no secrets
  std::optional<std::string> environment;
  bool works_here = true;   ///< false: its steps only ask others to do something; none of them starts a process
  bool reads_files = true;  ///< false: no step looks into the workspace, it may stay empty
};

/// One process to run inside a job.
struct ProcessSpec {
  int step = 0;                            ///< index; names the folder and makes the start exactly-once
  std::string name;                        ///< suffix when an action runs several: "build", "push"; empty for `run`
  std::string script;                      ///< text of `run:`; or
  std::vector<std::string> argv;           ///< a command
  std::string shell;                       ///< "", "bash", "sh", "python3", or a template with {0}
  std::string working_directory;           ///< relative to the workspace
  std::map<std::string, std::string> env;  ///< whole environment of the step beyond the job's
  std::map<std::string, Secret> secret_env;
  std::chrono::milliseconds timeout{0};    ///< 0: none
  std::chrono::milliseconds silence{0};    ///< no output for so long: 0: none
};

struct ProcessOutcome {
  State state = State::succeeded;  ///< succeeded, failed, canceled, lost
  std::string reason;              ///< "exit 3", "timed out after 10m", "no output for 5m", "signal 9 (Killed)"
  std::optional<int> exit_code;
  bool timed_out = false;
  std::map<std::string, std::string> outputs;  ///< from $FAIRLEAD_OUTPUT
  std::map<std::string, std::string> env;      ///< from $FAIRLEAD_ENV, for later steps
  std::string summary;                         ///< from $FAIRLEAD_SUMMARY, masked, ≤ 64 KiB
};

/// Results kept when a job ends.
struct JobResults {
  std::vector<std::string> artifacts;  ///< names
  std::shared_ptr<const Json> reports; ///< or null
  std::vector<std::string> warnings;   ///< "cache not saved: disk full"
};

/// An open job: workspace, supervisor, logs. One coroutine uses it at a time. Destruction without close() leaves the
/// supervisor running (the server is going down); it is adopted by the next open() with the same key.
class JobHost {
 public:
  virtual ~JobHost() = default;
  /// Runs the process, or attaches to it / returns its outcome when this step (and name) was started before: never twice.
  virtual Awaitable<ProcessOutcome> run(const ProcessSpec&) = 0;
  /// Appends lines to the step's log for actions that run no process (masked, time-indexed).
  virtual Awaitable<void> log(int step, std::string text) = 0;
  /// TERM, grace, KILL to everything of the job; running processes end as canceled. Idempotent; returns at once. Processes
  /// started afterwards run as usual (steps with `if: always()`), until the next call.
  virtual void cancel(std::string reason) = 0;
  /// Facts found on opening: this attempt already ran before (adoption), its workspace is there.
  virtual const std::filesystem::path& workspace() const = 0;
  /// `hashFiles(globs)` on the workspace. Blocks: pool thread.
  virtual std::string hash_files(const std::vector<std::string>& patterns) const = 0;
  /// Keeps artifacts, reports and caches (caches only when `succeeded`), ends the supervisor, removes services. Idempotent.
  virtual Awaitable<JobResults> close(bool succeeded) = 0;
};

/// Where steps run. `open` is repeatable: it starts the job or adopts what an earlier server started.
/// Throws Error when it cannot be started (reason for people); returns nullptr when the attempt had been started and has
/// vanished without a trace: `lost`.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual Awaitable<std::unique_ptr<JobHost>> open(JobSpec) = 0;
  /// Ends and removes what is left of an attempt that nobody will adopt (parked, canceled while the server was down).
  virtual Awaitable<void> forget(JobKey) = 0;
};

}  // namespace fairlead::engine
