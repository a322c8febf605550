// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace fairlead::store {

/// Stands between SQLite and the disk while it lives: as the default VFS it passes every call on to the real one, writes
/// down what changes files, and fails the syncs that it is told to. One at a time in a process.
class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  enum class Kind { write, sync, truncate, remove };
  struct Change {
    Kind kind;
    std::string file;  ///< name without folder
    std::int64_t offset = 0;
    std::string bytes;
  };

  /// Every sync from now on fails with an input/output error.
  void fail_syncs() { failing_ = true; }
  std::size_t changes() const;
  /// The files as a power loss after the first `count` changes may leave them: what was synced is there; of what came
  /// later each write is there, missing, or torn at a sector, by `seed`.
  std::map<std::string, std::string> image(std::size_t count, unsigned seed) const;

  void record(Change);
  bool failing() const { return failing_; }
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::atomic<bool> failing_ = false;
  mutable std::mutex mutex_;
  std::vector<Change> changes_;
};

}  // namespace fairlead::store
