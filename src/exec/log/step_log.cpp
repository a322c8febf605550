// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "exec/job/folders.hpp"
#include "exec/log/log_file.hpp"
#include "exec/log/seekable.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/exec/logs.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t tail_bytes = 4 << 20;

/// The plain log, when it is there. Links are not followed: the step could have made one.
Fd open_plain(const std::filesystem::path& folder, const char* name = "log") {
  return Fd(::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

std::vector<TimeMark> marks(const std::filesystem::path& folder) {
  const auto file = open_plain(folder, "log.idx");
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::vector<TimeMark> all(static_cast<std::size_t>(info.st_size) / sizeof(TimeMark));
  const auto count = ::pread(file.get(), all.data(), all.size() * sizeof(TimeMark), 0);
  all.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)) / sizeof(TimeMark));
  return all;
}

Time time_of(const TimeMark& mark) { return from_micros(mark.at_ms * 1000); }

}  // namespace

StepLog::StepLog(std::filesystem::path folder) : folder_(std::move(folder)) {}

bool StepLog::exists() const { return is_present(folder_ / "log.zst") || is_present(folder_ / "log"); }

std::uint64_t StepLog::size() const {
  const auto plain = open_plain(folder_);
  struct stat info{};
  if (plain && ::fstat(plain.get(), &info) == 0 && S_ISREG(info.st_mode)) return static_cast<std::uint64_t>(info.st_size);
  return is_present(folder_ / "log.zst") ? seekable_size(folder_ / "log.zst") : 0;
}

bool StepLog::complete() const { return is_present(folder_.parent_path() / "closed.json"); }

std::string StepLog::read(std::uint64_t offset, std::size_t limit) const {
  const auto plain = open_plain(folder_);
  if (!plain) return is_present(folder_ / "log.zst") ? read_seekable(folder_ / "log.zst", offset, limit) : std::string();
  std::string bytes(limit, '\0');
  std::size_t filled = 0;
  while (filled < limit) {
    const auto count = ::pread(plain.get(), bytes.data() + filled, limit - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error("reading " + (folder_ / "log").string());
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::optional<Time> StepLog::written_at(std::uint64_t offset) const {
  const auto all = marks(folder_);
  const auto after = std::ranges::upper_bound(all, offset, {}, &TimeMark::offset);
  if (after == all.begin()) return std::nullopt;
  return time_of(*std::prev(after));
}

std::uint64_t StepLog::offset_at(Time time) const {
  const auto all = marks(folder_);
  const auto found = std::ranges::find_if(all, [&](const TimeMark& mark) { return time_of(mark) >= time; });
  return found == all.end() ? size() : found->offset;
}

Fd open_log(const std::filesystem::path& folder) {
  auto plain = open_plain(folder);
  struct stat info{};
  if (plain && ::fstat(plain.get(), &info) == 0 && S_ISREG(info.st_mode)) return plain;
  if (!is_present(folder / "log.zst")) return {};
  Fd unpacked(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!unpacked) throw errno_error("unpacking the log in " + folder.string());
  unpack_seekable(folder / "log.zst", unpacked.get());
  return unpacked;
}

std::uint64_t StepLog::last_lines(std::size_t count) const {
  const auto end = size();
  const auto from = end - std::min<std::uint64_t>(end, tail_bytes);
  const auto tail = read(from, tail_bytes);
  auto at = tail.size();
  if (at > 0 && tail.back() == '\n') --at;
  while (count > 0 && at > 0) {
    const auto newline = tail.rfind('\n', at - 1);
    if (newline == std::string::npos) return from;
    if (--count == 0) return from + newline + 1;
    at = newline;
  }
  return count == 0 ? end : from;
}

}  // namespace fairlead::exec
