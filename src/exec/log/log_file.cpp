// SPDX-License-Identifier: Apache-2.0
#include "exec/log/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fairlead/base/error.hpp"

namespace fairlead::exec {
namespace {

constexpr std::int64_t mark_every_ms = 20;
constexpr std::int64_t ring_size = 10 << 20;
constexpr std::int64_t flush_every = 8 << 20;

std::string bytes_text(std::int64_t bytes) {
  if (bytes >= 10 << 20) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

Fd open_in(int folder, const char* name, int flags) {
  Fd fd(::openat(folder, name, flags | O_CLOEXEC | O_CREAT | O_NOFOLLOW, 0644));
  if (!fd) throw errno_error(std::string("opening ") + name);
  return fd;
}

}  // namespace

std::int64_t wall_clock_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

LogFile::LogFile(int folder, std::int64_t limit)
    : folder_(::fcntl(folder, F_DUPFD_CLOEXEC, 0)), log_(open_in(folder, "log", O_RDWR | O_APPEND)), limit_(limit) {
  struct stat info{};
  if (::fstat(log_.get(), &info) == 0) length_ = begun_at_ = flushed_ = info.st_size;
}

void LogFile::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!log_ || !error_.empty()) {
    dropped_ += static_cast<std::int64_t>(bytes.size());
    return;
  }
  const auto room = begun_at_ + limit_ - length_;
  if (beyond_ > 0 || room <= 0) return write_ring(bytes);
  const auto now = bytes.substr(0, static_cast<std::size_t>(std::min<std::int64_t>(room, static_cast<std::int64_t>(bytes.size()))));
  write_log(now);
  if (now.size() < bytes.size()) {
    write_log("\nfairlead: the log reached its limit of " + bytes_text(limit_) + "; the last " + bytes_text(ring_size) +
              " follow when the step ends\n");
    write_ring(bytes.substr(now.size()));
  }
}

void LogFile::write_log(std::string_view bytes) {
  mark_time();
  while (!bytes.empty()) {
    const auto written = ::write(log_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      error_ = std::string("log not complete: ") + std::strerror(errno);
      dropped_ += static_cast<std::int64_t>(bytes.size());
      return;
    }
    length_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (length_ - flushed_ >= flush_every) {  // begin the write-back early, so that the last sync is short
    ::sync_file_range(log_.get(), flushed_, length_ - flushed_, SYNC_FILE_RANGE_WRITE);
    flushed_ = length_;
  }
}

void LogFile::write_ring(std::string_view bytes) {
  if (!ring_) ring_ = open_in(folder_.get(), "log.tail", O_RDWR | O_TRUNC);
  while (!bytes.empty()) {
    const auto at = beyond_ % ring_size;
    const auto count = std::min<std::size_t>(bytes.size(), static_cast<std::size_t>(ring_size - at));
    const auto written = ::pwrite(ring_.get(), bytes.data(), count, at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      error_ = std::string("log not complete: ") + std::strerror(errno);
      dropped_ += static_cast<std::int64_t>(bytes.size());
      return;
    }
    beyond_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void LogFile::mark_time() {
  const auto now = wall_clock_ms();
  if (now - last_mark_ms_ < mark_every_ms && now >= last_mark_ms_) return;
  if (!index_) index_ = open_in(folder_.get(), "log.idx", O_WRONLY | O_APPEND);
  last_mark_ms_ = now;
  // The server may have added lines of its own in between: the file knows best where this goes.
  struct stat info{};
  if (::fstat(log_.get(), &info) == 0) length_ = info.st_size;
  const TimeMark mark{static_cast<std::uint64_t>(length_), now};
  if (::write(index_.get(), &mark, sizeof mark) != sizeof mark) index_.reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));
}

void LogFile::finish() {
  if (!log_) return;
  if (ring_ && error_.empty()) {
    const auto kept = std::min(beyond_, ring_size);
    std::string tail(static_cast<std::size_t>(kept), '\0');
    const auto split = beyond_ > ring_size ? beyond_ % ring_size : 0;  // oldest byte
    const auto first = static_cast<std::size_t>(kept - split);
    if (::pread(ring_.get(), tail.data(), first, split) == static_cast<ssize_t>(first) &&
        ::pread(ring_.get(), tail.data() + first, static_cast<std::size_t>(split), 0) == split) {
      auto from = beyond_ > ring_size ? std::min(tail.find('\n'), tail.size() - 1) + 1 : 0;
      if (from == tail.size()) from = 0;  // one endless line
      dropped_ += beyond_ - static_cast<std::int64_t>(tail.size() - from);
      if (dropped_ > 0) write_log("fairlead: " + bytes_text(dropped_) + " left out here\n");
      write_log(std::string_view(tail).substr(from));
    }
    ::unlinkat(folder_.get(), "log.tail", 0);
  }
  if (length_ > begun_at_) ::fdatasync(log_.get());
  log_.reset();
  index_.reset();
  ring_.reset();
}

}  // namespace fairlead::exec
