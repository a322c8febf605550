// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/store/store.hpp"
#include "store/sqlite/connection.hpp"

namespace fairlead::store::sqlite {

/// The reading half of the store over one connection, for `View` (a reader's snapshot) and for `Tx` (which sees its own
/// writes). Thread of the connection.
template <class Base>
class Reads : public Base {
 public:
  explicit Reads(Connection& connection) : connection_(connection) {}

  std::int64_t version(std::string_view stream) override;
  std::vector<Event> events(std::string_view stream, std::int64_t after_version, int limit) override;
  std::vector<Event> feed(std::int64_t after_seq, int limit, const Filter& filter) override;
  std::int64_t head() override;
  std::optional<RunRow> run(const RunId&) override;
  std::optional<RunRow> run(std::string_view app, std::int64_t number) override;
  std::optional<RunRow> latest_run(std::string_view app) override;
  std::vector<RunRow> runs(const RunQuery&) override;
  std::vector<RunRow> unfinished_runs() override;
  std::optional<DeploymentRow> deployment(std::string_view id) override;
  std::vector<DeploymentRow> deployments(const DeploymentQuery&) override;
  std::optional<OpRow> op(std::string_view key) override;
  std::vector<OpRow> ops(const RunId&) override;
  std::optional<std::string> blob(std::string_view digest) override;
  std::optional<DeliveryRow> delivery(std::string_view source, std::string_view id) override;
  std::optional<Doc> get(std::string_view kind, std::string_view key) override;
  std::vector<Doc> list(std::string_view kind, std::string_view key_prefix) override;

 protected:
  Connection& connection_;
};

extern template class Reads<View>;
extern template class Reads<Tx>;

/// Columns of the run table, in the order that rows are read and written.
inline constexpr std::string_view run_columns =
    "id, app, number, state, ref, sha, cause, actor, environments, reason, created_at, started_at, finished_at, version";

/// The first text after all that start with `prefix`; nullopt when there is none.
std::optional<std::string> after_prefix(std::string_view prefix);

}  // namespace fairlead::store::sqlite
