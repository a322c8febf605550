// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/ids.hpp"
#include "fairlead/base/time.hpp"

/// Rows of the store as values. Payloads and documents are JSON text: the store never looks inside them.
namespace fairlead::store {

/// What is appended. `payload` is a JSON object as text.
struct NewEvent {
  std::string type;     ///< "run.created", "job.started", …
  std::string payload;  ///< JSON object
  std::string actor;    ///< who caused it: "github:octocat", "user:ops@example.com", "fairlead"
  std::optional<Time> at = {};  ///< when it happened; nullopt: when the store writes it
};

/// An immutable row of the log.
struct Event {
  std::int64_t seq = 0;      ///< position in the whole log, from 1, without gaps
  std::string stream;        ///< "run:<id>", "app:<name>", "env:<name>", "server"
  std::int64_t version = 0;  ///< position in its stream, from 1
  std::string type;
  Time at{};
  std::string actor;
  std::string payload;
  std::string hash;  ///< hex SHA-256 of (hash of seq-1 ‖ canonical row)
};

/// Projection for lists; the truth of a run is its stream.
struct RunRow {
  RunId id;
  std::string app;
  std::int64_t number = 0;
  std::string state;    ///< word of product.md
  std::string ref;      ///< full ref, or the SHA when started by commit
  std::string sha;      ///< empty until fetched
  std::string trigger;  ///< push, tag, pull-request, command, schedule, api, retry, rollback, http
  std::string actor;
  std::string environments;  ///< " staging production " (space before and after each), for filters
  std::string reason;        ///< first line of why it is in this state
  Time created_at{};
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  std::int64_t version = 0;  ///< of its stream
};

/// The record that version V of an app went to target T in an environment.
struct DeploymentRow {
  std::string id;
  RunId run;
  std::string app;
  std::string environment;
  std::string target;
  std::string version;
  std::string state;
  std::string previous;  ///< version before
  std::string actor;
  Time started_at{};
  std::optional<Time> finished_at;
  std::string detail;  ///< JSON object: immutable inputs, reason
};

/// Idempotency class of an outside effect (architecture.md §4).
enum class OpClass : char { a = 'A', b = 'B', c = 'C' };
enum class OpState { intent, done, failed };

/// One journaled external effect.
struct OpRow {
  std::string key;  ///< UUID from (install, run, job, step, attempt, name, n)
  RunId run;
  std::string step;  ///< "<job>/<step index>/<attempt>"
  std::string name;
  OpClass cls = OpClass::b;
  OpState state = OpState::intent;
  std::string intent;  ///< JSON
  std::string result;  ///< JSON, or the error's text when failed
  Time at{};
};

/// A webhook delivery, kept raw so that it can be replayed.
struct DeliveryRow {
  std::string source;  ///< "github", "gitlab", …, "http/<app>"
  std::string id;      ///< the sender's id, stable over its retries
  std::string event;
  Time received_at{};
  std::string verdict;  ///< accepted | ignored
  std::string reason;
  std::string headers;  ///< JSON object, secrets and signatures left out
  std::string body;
  std::string trigger;  ///< our id, what the 202 answered
};

/// Small mutable document: locks, freezes, tokens, schedules, secrets (sealed), cursors, remembered facts.
struct Doc {
  std::string kind;
  std::string key;
  std::string body;  ///< JSON
  Time updated_at{};
};

struct RunQuery {
  std::string app, environment, state, actor;  ///< empty: any
  bool unfinished = false;                     ///< only runs without finished_at
  std::string before;                          ///< id of the last row seen
  int limit = 50;                              ///< newest first
};

struct DeploymentQuery {
  std::string app, environment, state;
  std::string before;
  int limit = 50;
};

/// Which events a feed returns; empty fields match all.
struct Filter {
  std::string stream;  ///< exact, or a prefix when it ends with '*'
  std::string type;    ///< exact, or a prefix when it ends with '*'
};

}  // namespace fairlead::store
