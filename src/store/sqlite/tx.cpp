// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/tx.hpp"

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::store::sqlite {

namespace {

std::optional<std::int64_t> micros(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return to_micros(*time);
}

std::string_view state_word(OpState state) {
  switch (state) {
    case OpState::intent: return "intent";
    case OpState::done: return "done";
    case OpState::failed: return "failed";
  }
  return "failed";
}

}  // namespace

std::pair<std::int64_t, std::int64_t> SqliteTx::stream(std::string_view name) {
  {
    Query query(connection_, "SELECT id, version FROM stream WHERE name=?", name);
    if (query.step()) return {query.number(0), query.number(1)};
  }
  Query query(connection_, "INSERT INTO stream(name, version) VALUES(?, 0) RETURNING id", name);
  query.step();
  const std::int64_t id = query.number(0);
  query.run();
  return {id, 0};
}

void SqliteTx::insert(std::int64_t stream_id, Event event) {
  event.seq = chain_.seq + 1;
  const std::string hash = event_hash(chain_.hash, event);
  Query(connection_, "INSERT INTO event(seq, stream, version, type, at, actor, payload, hash) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", event.seq,
        stream_id, event.version, event.type, to_micros(event.at), event.actor, event.payload, Bytes{hash})
      .run();
  chain_ = {event.seq, hash};
}

std::int64_t SqliteTx::append(std::string_view name, std::int64_t expected, const std::vector<NewEvent>& events) {
  auto [id, version] = stream(name);
  if (expected >= 0 && version != expected) {
    throw Error(ErrorKind::conflict, "appending to " + std::string(name) + ": version " + std::to_string(expected) +
                                         " was expected, it is at " + std::to_string(version) + "; another writer was first");
  }
  for (const auto& event : events) {
    insert(id, {.stream = std::string(name),
                .version = ++version,
                .type = event.type,
                .at = event.at.value_or(clock_()),
                .actor = event.actor,
                .payload = event.payload});
  }
  if (!events.empty()) Query(connection_, "UPDATE stream SET version=? WHERE id=?", version, id).run();
  return version;
}

std::int64_t SqliteTx::next(std::string_view counter) {
  Query query(connection_, "INSERT INTO counter(name, value) VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET value=value+1 RETURNING value",
              counter);
  query.step();
  const std::int64_t value = query.number(0);
  query.run();
  return value;
}

void SqliteTx::put_run(const RunRow& row) {
  Query(
      connection_,
      "INSERT INTO run(id, app, number, state, ref, sha, cause, actor, environments, reason, created_at, started_at, finished_at, version) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET state=excluded.state, ref=excluded.ref, "
      "sha=excluded.sha, cause=excluded.cause, actor=excluded.actor, environments=excluded.environments, reason=excluded.reason, "
      "created_at=excluded.created_at, started_at=excluded.started_at, finished_at=excluded.finished_at, version=excluded.version",
      row.id.str(), row.app, row.number, row.state, row.ref, row.sha, row.trigger, row.actor, row.environments, row.reason,
      to_micros(row.created_at), micros(row.started_at), micros(row.finished_at), row.version)
      .run();
  put_environments(row);
}

void SqliteTx::put_environments(const RunRow& row) {
  for (const auto& environment : split(row.environments, ' ')) {
    if (environment.empty()) continue;
    Query(connection_, "INSERT INTO run_environment(environment, run, app) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", environment,
          row.id.str(), row.app)
        .run();
  }
}

void SqliteTx::put_deployment(const DeploymentRow& row) {
  Query(connection_,
        "INSERT INTO deployment(id, run, app, environment, target, version, state, previous, actor, started_at, finished_at, detail) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET target=excluded.target, version=excluded.version, "
        "state=excluded.state, previous=excluded.previous, actor=excluded.actor, started_at=excluded.started_at, "
        "finished_at=excluded.finished_at, detail=excluded.detail",
        row.id, row.run.str(), row.app, row.environment, row.target, row.version, row.state, row.previous, row.actor,
        to_micros(row.started_at), micros(row.finished_at), row.detail)
      .run();
}

void SqliteTx::put_op(const OpRow& row) {
  const char cls = static_cast<char>(row.cls);
  Query(connection_,
        "INSERT INTO op(key, run, step, name, class, state, intent, result, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(key) DO UPDATE SET state=excluded.state, intent=excluded.intent, result=excluded.result, at=excluded.at",
        row.key, row.run.str(), row.step, row.name, std::string_view(&cls, 1), state_word(row.state), row.intent, row.result,
        to_micros(row.at))
      .run();
}

void SqliteTx::put_blob(std::string_view digest, std::string_view text) {
  Query(connection_, "INSERT INTO blob(digest, text) VALUES(?, ?) ON CONFLICT DO NOTHING", digest, text).run();
}

bool SqliteTx::put_delivery(const DeliveryRow& row) {
  Query(connection_,
        "INSERT INTO delivery(source, id, event, received_at, verdict, reason, headers, body, answer) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        row.source, row.id, row.event, to_micros(row.received_at), row.verdict, row.reason, row.headers, Bytes{row.body}, row.trigger)
      .run();
  return connection_.changes() == 1;
}

void SqliteTx::put(std::string_view kind, std::string_view key, std::string_view body) {
  Query(connection_,
        "INSERT INTO doc(kind, key, body, updated_at) VALUES(?, ?, ?, ?) ON CONFLICT(kind, key) DO UPDATE SET body=excluded.body, "
        "updated_at=excluded.updated_at",
        kind, key, body, to_micros(clock_()))
      .run();
}

bool SqliteTx::erase(std::string_view kind, std::string_view key) {
  Query(connection_, "DELETE FROM doc WHERE kind=? AND key=?", kind, key).run();
  return connection_.changes() > 0;
}

/// They were inserted as they were received, so the first rows are the oldest: no other is looked at.
int SqliteTx::erase_deliveries(Time then, int limit) {
  Query(connection_, "DELETE FROM delivery WHERE rowid IN (SELECT rowid FROM delivery ORDER BY rowid LIMIT ?) AND received_at<?", limit,
        to_micros(then))
      .run();
  return static_cast<int>(connection_.changes());
}

int SqliteTx::erase_documents(std::string_view kind, Time then, int limit) {
  Query(connection_,
        "DELETE FROM doc WHERE kind=? AND key IN (SELECT key FROM doc WHERE kind=? AND updated_at<? ORDER BY updated_at LIMIT ?)", kind,
        kind, to_micros(then), limit)
      .run();
  return static_cast<int>(connection_.changes());
}

std::optional<std::int64_t> SqliteTx::lease(std::string_view name, std::string_view owner, Duration ttl) {
  const Time instant = clock_();
  std::int64_t fence = 0;
  bool same_owner = false;
  {
    Query query(connection_, "SELECT owner, fence, expires_at FROM lease WHERE name=?", name);
    if (query.step()) {
      same_owner = query.text(0) == owner;
      fence = query.number(1);
      if (!same_owner && !query.text(0).empty() && query.number(2) > to_micros(instant)) return std::nullopt;
    }
  }
  if (!same_owner) ++fence;
  Query(connection_,
        "INSERT INTO lease(name, owner, fence, expires_at) VALUES(?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET owner=excluded.owner, "
        "fence=excluded.fence, expires_at=excluded.expires_at",
        name, owner, fence, to_micros(instant + ttl))
      .run();
  return fence;
}

void SqliteTx::require_fence(std::string_view name, std::int64_t fence) {
  Query query(connection_, "SELECT 1 FROM lease WHERE name=? AND fence=? AND owner<>''", name, fence);
  if (query.step()) return;
  throw Error(ErrorKind::conflict,
              "the lease " + std::string(name) + " has a new owner; fence " + std::to_string(fence) + " writes nothing");
}

void SqliteTx::release(std::string_view name, std::string_view owner) {
  Query(connection_, "UPDATE lease SET owner='', expires_at=0 WHERE name=? AND owner=?", name, owner).run();
}

std::int64_t SqliteTx::rebuild(const std::function<void(Tx&, const Event&)>& apply) {
  constexpr int page = 1000;
  connection_.run("DELETE FROM run_environment; DELETE FROM run; DELETE FROM deployment");
  std::int64_t seen = 0;
  for (auto events = feed(seen, page, {}); !events.empty(); events = feed(seen, page, {})) {
    for (const auto& event : events) apply(*this, event);
    seen = events.back().seq;
  }
  return seen;
}

}  // namespace fairlead::store::sqlite
