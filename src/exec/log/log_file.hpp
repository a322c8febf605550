// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fairlead/base/fd.hpp"

namespace fairlead::exec {

/// One record of `log.idx`: what lies from `offset` on was written at `at_ms` (Unix time) or later. Native byte order
/// (little-endian on every machine we build for); the last record may be torn.
struct TimeMark {
  std::uint64_t offset = 0;
  std::int64_t at_ms = 0;
};
static_assert(sizeof(TimeMark) == 16);

std::int64_t wall_clock_ms();

/// Appends to `<folder>/log` and its time index `<folder>/log.idx`. The bytes are those the step wrote (after masking),
/// in order; lines are neither split nor cut, however long: viewers do that. Beyond `limit` bytes only the last 10 MiB are
/// kept, in a ring in `<folder>/log.tail`, and follow a marker line when the log is closed. A full disk drops output
/// instead of failing the step: `dropped()` and `error()` tell. One thread; blocking writes are the back-pressure.
class LogFile {
 public:
  /// Throws Error(io).
  LogFile(int folder, std::int64_t limit);

  void append(std::string_view bytes);
  /// Writes the marker and the tail, and makes the log durable. Further appends are dropped.
  void finish();

  std::int64_t length() const { return length_; }
  std::int64_t dropped() const { return dropped_; }
  const std::string& error() const { return error_; }

 private:
  void write_log(std::string_view bytes);
  void write_ring(std::string_view bytes);
  void mark_time();

  Fd folder_, log_, index_, ring_;
  std::int64_t limit_, length_ = 0, begun_at_ = 0;
  std::int64_t last_mark_ms_ = 0, flushed_ = 0;
  std::int64_t beyond_ = 0;  ///< bytes given to the ring
  std::int64_t dropped_ = 0;
  std::string error_;
};

}  // namespace fairlead::exec
