// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/chain.hpp"
#include "store/sqlite/reads.hpp"

namespace fairlead::store::sqlite {

/// The writing half, on the writer's connection inside its transaction. Keeps the end of the chain: whoever rolls back
/// puts the chain back to what it was.
class SqliteTx final : public Reads<Tx> {
 public:
  SqliteTx(Connection& connection, Clock clock, Chain chain) : Reads<Tx>(connection), clock_(std::move(clock)), chain_(std::move(chain)) {}

  std::int64_t append(std::string_view stream, std::int64_t expected, const std::vector<NewEvent>&) override;
  std::int64_t next(std::string_view counter) override;
  void put_run(const RunRow&) override;
  void put_deployment(const DeploymentRow&) override;
  void put_op(const OpRow&) override;
  void put_blob(std::string_view digest, std::string_view text) override;
  bool put_delivery(const DeliveryRow&) override;
  void put(std::string_view kind, std::string_view key, std::string_view body) override;
  bool erase(std::string_view kind, std::string_view key) override;
  int erase_deliveries(Time then, int limit) override;
  int erase_documents(std::string_view kind, Time then, int limit) override;
  std::optional<std::int64_t> lease(std::string_view name, std::string_view owner, Duration ttl) override;
  void require_fence(std::string_view name, std::int64_t fence) override;
  void release(std::string_view name, std::string_view owner) override;

  const Chain& chain() const { return chain_; }
  void set_chain(Chain chain) { chain_ = std::move(chain); }
  /// Empties the projections and replays the whole log into them.
  std::int64_t rebuild(const std::function<void(Tx&, const Event&)>& apply);

 private:
  /// Row id and version of the stream; makes the row when absent.
  std::pair<std::int64_t, std::int64_t> stream(std::string_view name);
  void insert(std::int64_t stream_id, Event event);
  void put_environments(const RunRow&);

  Clock clock_;
  Chain chain_;
};

}  // namespace fairlead::store::sqlite
