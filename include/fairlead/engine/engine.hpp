// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/engine/action.hpp"
#include "fairlead/engine/approval.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/engine/run_state.hpp"
#include "fairlead/engine/source.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::pipeline {
struct Definition;
struct ServerConfig;
}  // namespace fairlead::pipeline

/// Runs: from a trigger to a finished, recorded end. One engine a server; everything on the io thread.
namespace fairlead::engine {

/// Why and how a run starts.
struct StartRequest {
  std::string app;
  std::string ref;     ///< full ref, branch, tag or SHA; empty: the app's branch
  std::string sha;     ///< when known
  std::string before;
  std::string trigger = "api";  ///< push, tag, pull-request, command, schedule, api, http, retry, rollback
  std::string actor;
  std::string trigger_id;
  std::string reason;
  std::string inputs = "{}";        ///< JSON object
  std::string environment;          ///< `deploy`: stop after this environment, skip other environments
  RunId reuse;                      ///< take over what this run built; empty: with an environment, any run of the same commit
  std::string image;                ///< with an environment: deploy this instead of a build; "URI" or "container=URI"
  std::vector<std::string> only_stages;  ///< `try --stage`: leave out the others; empty: all
  std::string message;              ///< head commit's, when the delivery said it
  std::vector<std::string> excluded;
  std::string pull_request = "null";  ///< JSON {number, base, head, fork, title}
  std::string idempotency_key;      ///< same key and app: the same run again
};

struct Started {
  RunId id;
  std::int64_t number = 0;
  bool existed = false;
};

/// What the engine acts with. Referenced objects outlive it.
struct Parts {
  asio::any_io_executor executor;
  store::Store* store = nullptr;
  Pool* pool = nullptr;
  Source* source = nullptr;
  std::map<std::string, Executor*> executors;  ///< by name of `executors:`; "local" always there
  Actions actions;
  std::shared_ptr<const pipeline::ServerConfig> config;
  std::filesystem::path config_folder;
  std::filesystem::path data_folder;  ///< empty: no poison guard
  Clock clock;
  /// Value of a secret for (app, environment), or nullopt; references to AWS are looked up.
  std::function<Awaitable<std::optional<Secret>>(std::string name, std::string app, std::string environment)> secret;
  /// Asks one `checks:` entry (JSON as in the plan, with the stage's "environment").
  std::function<Awaitable<CheckFact>(std::string check_json)> check;
  /// Are these artifacts of a job still there? Empty: they are taken to be.
  std::function<bool(const RunId&, const std::string& job, const std::vector<std::string>& names)> artifacts_kept;
  /// The pipeline at the tip of the app's branch was read on the way to a run: its schedules may be new. May be empty.
  std::function<void(const std::string& app, std::shared_ptr<const pipeline::Definition>)> branch_read;
  std::string public_url;
};

/// A person's lock or a freeze.
struct Lock {
  std::string id;
  std::string environment;  ///< "*" for a freeze of all
  std::string app;          ///< empty: every app
  std::string owner, reason;
  Time since{};
  std::optional<Time> from, until;
  bool freeze = false;
  bool automatic = false;   ///< taken by fairlead after a rollback
};

/// A person's answer to what a running step asks.
struct Reply {
  std::string choice, by, reason;
  std::string job;  ///< of the step that asks; empty: the only one that does
};

struct Stats {
  int running_jobs = 0, waiting_jobs = 0, slots = 0;
  std::size_t active_runs = 0, waiting_gates = 0, parked = 0;
};

class Engine {
 public:
  explicit Engine(Parts);
  ~Engine();

  /// Writes run.created and its row inside the caller's transaction (a webhook's, with its delivery row).
  /// Call `wake` with the id after the commit.
  Started create(store::Tx&, const StartRequest&);
  void wake(const RunId&);
  /// Both, in a transaction of its own. Throws Error(not_found) for an unknown app, naming the nearest.
  Awaitable<Started> start(StartRequest);

  /// What such a request would do now: commits, stages, what is taken over, what it would wait for (docs/cli.md, plan). Brings the
  /// commit, otherwise touches nothing. Throws as `start`.
  Awaitable<Json> preview(StartRequest);

  /// Approve, reject or break glass. Throws Error(refused | conflict) with the text of the refusal.
  Awaitable<std::string> vote(RunId, std::string stage, Ballot);
  Awaitable<std::string> revoke(RunId, std::string stage, Person);
  /// Returns what to tell. Throws Error(conflict) when nothing is asked, Error(usage) for another choice, or when several steps ask.
  Awaitable<std::string> answer(RunId, Reply);
  Awaitable<void> cancel(RunId, std::string who, std::string reason);
  /// Re-runs the failed jobs (all: every job of the failed stage) of a finished run, same commit, other outputs kept.
  Awaitable<void> retry(RunId, std::string who, bool all);

  /// Folded state: the actor's for a live run, else read from the log. Throws Error(not_found).
  Awaitable<RunState> state(RunId);
  /// "shop-api#42", an id, or "latest:shop-api". Throws Error(not_found) saying what there is.
  Awaitable<RunId> resolve(std::string text);

  Awaitable<std::vector<Lock>> locks();
  Awaitable<Lock> lock(Lock, std::string who);
  /// Without an app and without a lock of the whole environment: takes away what rollbacks left there.
  Awaitable<void> unlock(std::string environment, std::string app, std::string who);
  Awaitable<void> remove_freeze(std::string id, std::string who);

  /// Folds every unfinished run, resumes their jobs, then decides (architecture.md §6).
  Awaitable<void> boot();
  /// Stops deciding; running steps go on in their supervisors. Returns when no transaction of the engine is in flight.
  Awaitable<void> stop();

  Stats stats() const;
  const pipeline::ServerConfig& config() const;
  const Parts& parts() const;
  /// Resumes at the next change of the run (or any run when empty), for long polls and `--wait`.
  Awaitable<void> changed(RunId);

  struct Impl;

 private:
  Awaitable<void> take_away(std::string lock_id, std::string who);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::engine
