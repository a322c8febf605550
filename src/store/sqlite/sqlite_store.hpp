// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "fairlead/store/store.hpp"
#include "store/sqlite/disk_guard.hpp"
#include "store/sqlite/folder_lock.hpp"
#include "store/sqlite/readers.hpp"
#include "store/sqlite/writer.hpp"

namespace fairlead::store::sqlite {

/// What an opened database brings.
struct Opened {
  FolderLock lock;
  std::unique_ptr<Connection> connection;  ///< the writer's
  Chain chain;
  std::string install_id;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(const asio::any_io_executor&, Pool&, const SqliteOptions&, Opened);
  ~SqliteStore() override;

  Awaitable<void> transact_erased(std::function<void(Tx&)> work, Purpose) override;
  Awaitable<void> read_erased(std::function<void(View&)> work) override;
  std::int64_t head() const override;
  Awaitable<std::int64_t> wait_past(std::int64_t seq) override;
  Health health() const override;
  const std::string& install_id() const override { return install_id_; }
  Awaitable<AuditReport> verify() override;
  Awaitable<void> backup(std::filesystem::path target) override;
  Awaitable<std::vector<std::string>> check() override;
  Awaitable<std::int64_t> rebuild(std::function<void(Tx&, const Event&)> apply) override;
  void close() override;

 private:
  struct Shared;
  void require_open() const;
  Awaitable<void> submit(std::function<void(SqliteTx&)> work, Purpose);

  FolderLock lock_;
  const std::string install_id_;
  Pool& pool_;
  mutable DiskGuard disk_;
  Readers readers_;
  std::shared_ptr<Shared> shared_;  ///< outlives this in what is already posted to the io thread
  std::unique_ptr<Writer> writer_;  ///< null when closed
};

}  // namespace fairlead::store::sqlite
