// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fairlead/base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace fairlead::store::sqlite {

/// An answer of SQLite other than success, with its extended result code.
class SqliteError : public Error {
 public:
  SqliteError(ErrorKind kind, int code, const std::string& message, std::string hint);
  int code() const { return code_; }
  /// The disk is full: nothing was written, the transaction may be gone.
  bool full() const;
  /// Reading or writing the file failed: what is on the disk is unknown.
  bool broken_disk() const;

 private:
  int code_;
};

enum class Access { read, write };

/// One connection to a database file, with its prepared statements. One thread at a time. All settings that
/// durability and safety hang on are made here.
class Connection {
 public:
  /// Opens (and makes, for write) the file. Throws SqliteError.
  Connection(const std::filesystem::path& file, Access);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements without results.
  void run(const std::string& sql);
  sqlite3* handle() const { return db_; }
  /// Whether a transaction is open (SQLite ends it by itself after some errors).
  bool in_transaction() const;
  std::int64_t changes() const;
  /// Statements fail with Error(timeout) from this instant on; nullopt: never.
  void interrupt_at(std::optional<std::chrono::steady_clock::time_point> deadline);
  /// Throws SqliteError for what the last call on this connection answered.
  [[noreturn]] void fail(int code, std::string_view doing) const;

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt*) const;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  sqlite3_stmt* prepared(std::string_view sql);
  void check_deadline() const;

  sqlite3* db_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, Hash, std::equal_to<>> statements_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

/// Bytes bound and read as a BLOB.
struct Bytes {
  std::string_view bytes;
};

/// One execution of a prepared statement; gives it back at the end of the scope. The same text must not be
/// executed twice at a time on one connection.
class Query {
 public:
  template <class... T>
  Query(Connection& connection, std::string_view sql, const T&... values) : connection_(connection), statement_(connection.prepared(sql)) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds the next parameter; text is copied.
  void bind(std::int64_t);
  void bind(int value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::string_view);
  void bind(Bytes);
  void bind(const std::optional<std::int64_t>&);

  /// Goes to the next row; false at the end. Throws SqliteError.
  bool step();
  /// Executes a statement that returns no rows.
  void run() {
    while (step()) continue;
  }

  std::int64_t number(int column) const;
  std::string text(int column) const;
  std::string bytes(int column) const;
  bool is_null(int column) const;

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

}  // namespace fairlead::store::sqlite
