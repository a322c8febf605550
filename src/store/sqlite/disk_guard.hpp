// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

namespace fairlead::store::sqlite {

/// What the disk allows.
struct DiskState {
  bool accepting = true;
  std::string reason;  ///< empty when accepting
  std::int64_t free_bytes = 0;
};

/// Watches the free space of the data folder and keeps the ballast: a file of `reserve` bytes that is given back when
/// the disk is full, so that what runs can still be recorded, and made again when space returns. Looks at most every
/// 250 ms. Any thread.
class DiskGuard {
 public:
  DiskGuard(std::filesystem::path folder, std::int64_t reserve, double min_free);

  DiskState look();
  /// A write met a full disk: gives the ballast back and refuses intake until there is room again.
  void disk_full();

 private:
  void measure();
  void refuse(std::int64_t needed);
  void make_ballast();

  const std::filesystem::path folder_;
  const std::filesystem::path ballast_;
  const std::int64_t reserve_;
  const double min_free_;

  std::mutex mutex_;  // guards what follows
  std::chrono::steady_clock::time_point measured_{};
  bool has_ballast_ = false;
  bool was_full_ = false;
  DiskState state_;
};

}  // namespace fairlead::store::sqlite
