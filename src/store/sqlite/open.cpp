// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace fairlead::store {

namespace {

using sqlite::Access, sqlite::Connection, sqlite::FolderLock, sqlite::Opened, sqlite::Query, sqlite::SqliteStore;

constexpr std::uintmax_t quick_check_limit = 32u << 20;  // about 0.1 s; larger files are checked by fairlead doctor
constexpr int tail_events = 500;

/// After an unclean end the pages of a small database are checked; the end of the log always is, whatever its size.
void check_after_crash(Connection& connection, const std::filesystem::path& file) {
  if (std::filesystem::file_size(file) > quick_check_limit) {
    log::info("store.check-skipped", {{"why", "the server ended uncleanly, but the database is large"}, {"do", "fairlead doctor"}});
    return;
  }
  Query query(connection, "PRAGMA quick_check(1)");
  if (query.step() && query.text(0) != "ok") {
    throw Error(ErrorKind::invalid, "the database " + file.string() + " is damaged: " + query.text(0),
                "restore the last backup (fairlead restore), or look with fairlead doctor");
  }
}

std::string install_id(Connection& connection) {
  {
    Query query(connection, "SELECT value FROM meta WHERE name='install'");
    if (query.step()) return query.text(0);
  }
  const std::string id = new_uuid();
  Query(connection, "INSERT INTO meta(name, value) VALUES('install', ?)", id).run();
  return id;
}

/// Whoever held a lease is gone: the folder lock says that no earlier server runs. Fences stay, so stale ones are known.
void void_leases(Connection& connection) { Query(connection, "UPDATE lease SET owner='', expires_at=0 WHERE owner<>''").run(); }

Opened open_folder(const std::filesystem::path& folder) {
  make_folders(folder, 0700);
  FolderLock lock(folder);
  const auto file = folder / "fairlead.db";
  std::error_code none;
  const bool unclean = std::filesystem::file_size(folder / "fairlead.db-wal", none) > 0 && !none;
  sqlite::make_private_file(file);
  sync_folder(folder);
  auto connection = std::make_unique<Connection>(file, Access::write);
  if (unclean) check_after_crash(*connection, file);
  sqlite::migrate(*connection, folder);
  Chain chain = sqlite::verified_tail(*connection, tail_events);
  void_leases(*connection);
  std::string id = install_id(*connection);
  return {std::move(lock), std::move(connection), std::move(chain), std::move(id)};
}

}  // namespace

std::unique_ptr<Store> open_sqlite(const asio::any_io_executor& executor, Pool& pool, const SqliteOptions& options) {
  try {
    return std::make_unique<SqliteStore>(executor, pool, options, open_folder(options.folder));
  } catch (const Error& error) {
    throw error.within("opening the store in " + options.folder.string());
  }
}

}  // namespace fairlead::store
