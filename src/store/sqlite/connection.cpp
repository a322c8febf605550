// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.hpp"

#include <sqlite3.h>

namespace fairlead::store::sqlite {

namespace {

constexpr int progress_steps = 20'000;  // about a millisecond of work between two looks at the deadline

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::unavailable;
    case SQLITE_INTERRUPT: return ErrorKind::timeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::invalid;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return ErrorKind::io;
    default: return ErrorKind::internal;
  }
}

std::string hint_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "free space on the disk of the data folder; the store goes on by itself";
    case SQLITE_BUSY: return "another program holds the database; end it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "restore the last backup (fairlead restore), or look with fairlead doctor";
    case SQLITE_INTERRUPT: return "ask for less: a filter, a smaller limit";
    default: return {};
  }
}

int past_deadline(void* deadline) {
  const auto& instant = *static_cast<const std::optional<std::chrono::steady_clock::time_point>*>(deadline);
  return instant && std::chrono::steady_clock::now() >= *instant ? 1 : 0;
}

}  // namespace

SqliteError::SqliteError(ErrorKind kind, int code, const std::string& message, std::string hint)
    : Error(kind, message, std::move(hint)), code_(code) {}

bool SqliteError::full() const { return (code_ & 0xff) == SQLITE_FULL; }
bool SqliteError::broken_disk() const { return (code_ & 0xff) == SQLITE_IOERR; }

Connection::Connection(const std::filesystem::path& file, Access access) {
  const int mode = access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(file.c_str(), &db_, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "opening " + file.string());
    sqlite3_busy_timeout(db_, 10'000);
    sqlite3_progress_handler(db_, progress_steps, &past_deadline, &deadline_);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    run("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0");
    // Checkpoints are the writer's business: it makes them when nobody waits.
    if (access == Access::write) {
      // A new file enters WAL mode through a rollback journal. EXTRA makes the removal of that journal durable: one that
      // came back after a power loss would undo the whole database.
      run("PRAGMA cache_size=-2048; PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
          "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=16777216");
    } else {
      run("PRAGMA cache_size=-1024; PRAGMA query_only=ON");
    }
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

void Connection::run(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql.substr(0, 80));
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
std::int64_t Connection::changes() const { return sqlite3_changes64(db_); }
void Connection::interrupt_at(std::optional<std::chrono::steady_clock::time_point> deadline) { deadline_ = deadline; }

void Connection::check_deadline() const {
  if (past_deadline(const_cast<void*>(static_cast<const void*>(&deadline_)))) fail(SQLITE_INTERRUPT, "reading");
}

void Connection::fail(int code, std::string_view doing) const {
  if ((code & 0xff) == SQLITE_INTERRUPT) {
    throw SqliteError(ErrorKind::timeout, code, "this read of the store took too long and was ended", hint_of(code));
  }
  std::string message = "store: " + std::string(doing) + ": " + (db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code));
  if ((code & 0xff) == SQLITE_FULL) message = "the disk of the data folder is full";
  throw SqliteError(kind_of(code), code, message + " (SQLite code " + std::to_string(code) + ")", hint_of(code));
}

void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

sqlite3_stmt* Connection::prepared(std::string_view sql) {
  check_deadline();
  if (auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  statements_.emplace(sql, statement);
  return statement;
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::bind(std::int64_t value) { sqlite3_bind_int64(statement_, ++bound_, value); }

void Query::bind(std::string_view value) {
  const char* data = value.data() ? value.data() : "";
  sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Query::bind(Bytes value) {
  const char* data = value.bytes.data() ? value.bytes.data() : "";
  sqlite3_bind_blob64(statement_, ++bound_, data, value.bytes.size(), SQLITE_TRANSIENT);
}

void Query::bind(const std::optional<std::int64_t>& value) {
  if (value) return bind(*value);
  sqlite3_bind_null(statement_, ++bound_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code, sqlite3_sql(statement_));
  return false;
}

std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }
bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Query::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

std::string Query::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data ? std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

}  // namespace fairlead::store::sqlite
