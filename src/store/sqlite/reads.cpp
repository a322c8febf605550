// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/reads.hpp"

#include "fairlead/base/crypto.hpp"
#include "store/sqlite/run_query.hpp"

namespace fairlead::store::sqlite {

namespace {

constexpr std::string_view event_columns = "e.seq, s.name, e.version, e.type, e.at, e.actor, e.payload, e.hash";
constexpr std::string_view run_list_columns =
    "r.id, r.app, r.number, r.state, r.ref, r.sha, r.cause, r.actor, r.environments, r.reason, r.created_at, r.started_at, "
    "r.finished_at, r.version";
constexpr std::string_view deployment_columns =
    "id, run, app, environment, target, version, state, previous, actor, started_at, finished_at, detail";
constexpr std::string_view op_columns = "key, run, step, name, class, state, intent, result, at";

std::optional<Time> time_of(const Query& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return from_micros(query.number(column));
}

Event event_of(const Query& row) {
  return {.seq = row.number(0),
          .stream = row.text(1),
          .version = row.number(2),
          .type = row.text(3),
          .at = from_micros(row.number(4)),
          .actor = row.text(5),
          .payload = row.text(6),
          .hash = hex(row.bytes(7))};
}

RunRow run_of(const Query& row) {
  return {.id = RunId(row.text(0)),
          .app = row.text(1),
          .number = row.number(2),
          .state = row.text(3),
          .ref = row.text(4),
          .sha = row.text(5),
          .trigger = row.text(6),
          .actor = row.text(7),
          .environments = row.text(8),
          .reason = row.text(9),
          .created_at = from_micros(row.number(10)),
          .started_at = time_of(row, 11),
          .finished_at = time_of(row, 12),
          .version = row.number(13)};
}

DeploymentRow deployment_of(const Query& row) {
  return {.id = row.text(0),
          .run = RunId(row.text(1)),
          .app = row.text(2),
          .environment = row.text(3),
          .target = row.text(4),
          .version = row.text(5),
          .state = row.text(6),
          .previous = row.text(7),
          .actor = row.text(8),
          .started_at = from_micros(row.number(9)),
          .finished_at = time_of(row, 10),
          .detail = row.text(11)};
}

OpRow op_of(const Query& row) {
  const std::string state = row.text(5);
  return {.key = row.text(0),
          .run = RunId(row.text(1)),
          .step = row.text(2),
          .name = row.text(3),
          .cls = static_cast<OpClass>(row.text(4).front()),
          .state = state == "intent" ? OpState::intent
                   : state == "done" ? OpState::done
                                     : OpState::failed,
          .intent = row.text(6),
          .result = row.text(7),
          .at = from_micros(row.number(8))};
}

Doc doc_of(const Query& row) {
  return {.kind = row.text(0), .key = row.text(1), .body = row.text(2), .updated_at = from_micros(row.number(3))};
}

template <class Make>
auto all(Query& query, Make make) {
  std::vector<decltype(make(query))> rows;
  while (query.step()) rows.push_back(make(query));
  return rows;
}

template <class Make>
auto first(Query& query, Make make) {
  return query.step() ? std::optional(make(query)) : std::nullopt;
}

std::string select(std::string_view columns, std::string_view rest) { return "SELECT " + std::string(columns) + " " + std::string(rest); }

/// Condition on `column` for a filter text: equal, or starting with what stands before '*'.
void match(std::string& where, std::vector<std::string>& parameters, std::string_view column, std::string_view pattern) {
  if (pattern.empty() || pattern == "*") return;
  if (!pattern.ends_with('*')) {
    where += " AND " + std::string(column) + "=?";
    parameters.emplace_back(pattern);
    return;
  }
  const std::string prefix(pattern.substr(0, pattern.size() - 1));
  where += " AND " + std::string(column) + ">=?";
  parameters.push_back(prefix);
  if (auto end = after_prefix(prefix)) {
    where += " AND " + std::string(column) + "<?";
    parameters.push_back(*end);
  }
}

template <class Make>
auto listed(Connection& connection, const ListSql& list, int limit, Make make) {
  Query query(connection, list.sql);
  for (const auto& parameter : list.parameters) query.bind(parameter);
  query.bind(limit);
  return all(query, make);
}

}  // namespace

std::optional<std::string> after_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

template <class Base>
std::int64_t Reads<Base>::version(std::string_view stream) {
  Query query(connection_, "SELECT version FROM stream WHERE name=?", stream);
  return query.step() ? query.number(0) : 0;
}

template <class Base>
std::vector<Event> Reads<Base>::events(std::string_view stream, std::int64_t after_version, int limit) {
  static const std::string sql =
      select(event_columns, "FROM stream s CROSS JOIN event e ON e.stream=s.id WHERE s.name=? AND e.version>? ORDER BY e.version LIMIT ?");
  Query query(connection_, sql, stream, after_version, limit);
  return all(query, event_of);
}

template <class Base>
std::vector<Event> Reads<Base>::feed(std::int64_t after_seq, int limit, const Filter& filter) {
  std::vector<std::string> parameters;
  std::string where;
  match(where, parameters, "s.name", filter.stream);
  match(where, parameters, "e.type", filter.type);
  // One stream: walk its own events (their versions grow with seq). Otherwise walk the log from `after_seq`.
  const bool one_stream = !filter.stream.empty() && !filter.stream.ends_with('*');
  const std::string sql =
      one_stream
          ? select(event_columns, "FROM stream s CROSS JOIN event e ON e.stream=s.id WHERE e.seq>?" + where + " ORDER BY e.version LIMIT ?")
          : select(event_columns, "FROM event e CROSS JOIN stream s ON s.id=e.stream WHERE e.seq>?" + where + " ORDER BY e.seq LIMIT ?");
  Query query(connection_, sql, after_seq);
  for (const auto& parameter : parameters) query.bind(parameter);
  query.bind(limit);
  return all(query, event_of);
}

template <class Base>
std::int64_t Reads<Base>::head() {
  Query query(connection_, "SELECT seq FROM event ORDER BY seq DESC LIMIT 1");
  return query.step() ? query.number(0) : 0;
}

template <class Base>
std::optional<RunRow> Reads<Base>::run(const RunId& id) {
  static const std::string sql = select(run_columns, "FROM run WHERE id=?");
  Query query(connection_, sql, id.str());
  return first(query, run_of);
}

template <class Base>
std::optional<RunRow> Reads<Base>::run(std::string_view app, std::int64_t number) {
  static const std::string sql = select(run_columns, "FROM run WHERE app=? AND number=?");
  Query query(connection_, sql, app, number);
  return first(query, run_of);
}

template <class Base>
std::optional<RunRow> Reads<Base>::latest_run(std::string_view app) {
  static const std::string counting = select(run_columns,
                                             "FROM run WHERE app=? AND NOT (state='skipped' AND started_at IS NULL AND cause NOT IN "
                                             "('command', 'api', 'rollback', 'retry')) ORDER BY number DESC LIMIT 1");
  static const std::string any = select(run_columns, "FROM run WHERE app=? ORDER BY number DESC LIMIT 1");
  Query query(connection_, counting, app);
  if (auto run = first(query, run_of)) return run;
  Query newest(connection_, any, app);
  return first(newest, run_of);
}

template <class Base>
std::vector<RunRow> Reads<Base>::runs(const RunQuery& query) {
  return listed(connection_, list_sql(query, run_list_columns), query.limit, run_of);
}

template <class Base>
std::vector<RunRow> Reads<Base>::unfinished_runs() {
  static const std::string sql = select(run_columns, "FROM run INDEXED BY run_unfinished WHERE finished_at IS NULL ORDER BY id");
  Query query(connection_, sql);
  return all(query, run_of);
}

template <class Base>
std::optional<DeploymentRow> Reads<Base>::deployment(std::string_view id) {
  static const std::string sql = select(deployment_columns, "FROM deployment WHERE id=?");
  Query query(connection_, sql, id);
  return first(query, deployment_of);
}

template <class Base>
std::vector<DeploymentRow> Reads<Base>::deployments(const DeploymentQuery& query) {
  return listed(connection_, list_sql(query, deployment_columns), query.limit, deployment_of);
}

template <class Base>
std::optional<OpRow> Reads<Base>::op(std::string_view key) {
  static const std::string sql = select(op_columns, "FROM op WHERE key=?");
  Query query(connection_, sql, key);
  return first(query, op_of);
}

template <class Base>
std::vector<OpRow> Reads<Base>::ops(const RunId& run) {
  static const std::string sql = select(op_columns, "FROM op WHERE run=? ORDER BY rowid");
  Query query(connection_, sql, run.str());
  return all(query, op_of);
}

template <class Base>
std::optional<std::string> Reads<Base>::blob(std::string_view digest) {
  Query query(connection_, "SELECT text FROM blob WHERE digest=?", digest);
  return first(query, [](const Query& row) { return row.text(0); });
}

template <class Base>
std::optional<DeliveryRow> Reads<Base>::delivery(std::string_view source, std::string_view id) {
  Query query(connection_,
              "SELECT source, id, event, received_at, verdict, reason, headers, body, answer FROM delivery WHERE source=? AND id=?", source,
              id);
  return first(query, [](const Query& row) {
    return DeliveryRow{.source = row.text(0),
                       .id = row.text(1),
                       .event = row.text(2),
                       .received_at = from_micros(row.number(3)),
                       .verdict = row.text(4),
                       .reason = row.text(5),
                       .headers = row.text(6),
                       .body = row.bytes(7),
                       .trigger = row.text(8)};
  });
}

template <class Base>
std::optional<Doc> Reads<Base>::get(std::string_view kind, std::string_view key) {
  Query query(connection_, "SELECT kind, key, body, updated_at FROM doc WHERE kind=? AND key=?", kind, key);
  return first(query, doc_of);
}

template <class Base>
std::vector<Doc> Reads<Base>::list(std::string_view kind, std::string_view key_prefix) {
  const auto end = after_prefix(key_prefix);
  if (!end) {
    Query query(connection_, "SELECT kind, key, body, updated_at FROM doc WHERE kind=? ORDER BY key", kind);
    return all(query, doc_of);
  }
  Query query(connection_, "SELECT kind, key, body, updated_at FROM doc WHERE kind=? AND key>=? AND key<? ORDER BY key", kind, key_prefix,
              *end);
  return all(query, doc_of);
}

template class Reads<View>;
template class Reads<Tx>;

}  // namespace fairlead::store::sqlite
