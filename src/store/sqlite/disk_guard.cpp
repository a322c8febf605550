// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/disk_guard.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "fairlead/base/fd.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::store::sqlite {

namespace {

constexpr auto interval = std::chrono::milliseconds(250);
constexpr std::int64_t plenty = 1ll << 30;  // a share of a large disk is more than anyone needs

std::string mebibytes(std::int64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

DiskGuard::DiskGuard(std::filesystem::path folder, std::int64_t reserve, double min_free)
    : folder_(std::move(folder)), ballast_(folder_ / "ballast"), reserve_(reserve), min_free_(min_free) {
  std::error_code ignored;
  has_ballast_ = static_cast<std::int64_t>(std::filesystem::file_size(ballast_, ignored)) >= reserve_ && !ignored;
  measure();
}

DiskState DiskGuard::look() {
  std::lock_guard lock(mutex_);
  if (std::chrono::steady_clock::now() - measured_ >= interval) measure();
  return state_;
}

void DiskGuard::disk_full() {
  std::lock_guard lock(mutex_);
  if (has_ballast_) {
    std::error_code ignored;
    std::filesystem::remove(ballast_, ignored);
    has_ballast_ = false;
    log::error("store.disk-full", {{"folder", folder_.string()}, {"ballast-released", mebibytes(reserve_)}});
  }
  measure();
  was_full_ = true;
  refuse(reserve_);  // whatever the look says: it may be the ballast's own space; the next one decides
}

void DiskGuard::refuse(std::int64_t needed) {
  state_.accepting = false;
  state_.reason = "the disk of " + folder_.string() + (was_full_ ? " was full" : " is nearly full") + " (" + mebibytes(state_.free_bytes) +
                  " free, " + mebibytes(needed) + " needed): new triggers are refused, what runs is still recorded; free some space";
}

void DiskGuard::measure() {
  measured_ = std::chrono::steady_clock::now();
  struct statvfs disk{};
  if (::statvfs(folder_.c_str(), &disk) != 0) return;  // an unreadable folder shows itself in the next write
  const auto unit = static_cast<std::int64_t>(disk.f_frsize);
  const auto total = static_cast<std::int64_t>(disk.f_blocks) * unit;
  state_.free_bytes = static_cast<std::int64_t>(disk.f_bavail) * unit;
  const auto floor = std::min(plenty, static_cast<std::int64_t>(min_free_ * static_cast<double>(total)));
  // Without the ballast there must be room for it too: else making it again would fill the disk at once.
  const bool room = state_.free_bytes >= floor + (has_ballast_ ? 0 : reserve_);
  if (room && !has_ballast_) make_ballast();
  const bool accepting = room && has_ballast_;
  if (accepting != state_.accepting) {
    log::warn(accepting ? "store.disk-has-room" : "store.disk-low", {{"free", mebibytes(state_.free_bytes)}});
  }
  if (!accepting) return refuse(floor + (has_ballast_ ? 0 : reserve_));
  was_full_ = false;
  state_.accepting = true;
  state_.reason.clear();
}

void DiskGuard::make_ballast() {
  Fd file(::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  has_ballast_ = file && (reserve_ == 0 || ::posix_fallocate(file.get(), 0, reserve_) == 0);
  if (!has_ballast_) ::unlink(ballast_.c_str());
}

}  // namespace fairlead::store::sqlite
