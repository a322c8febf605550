// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/ids.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/base/uuid.hpp"

namespace fairlead {
namespace {

std::string format_uuid(std::string bytes, unsigned version) {
  bytes.resize(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fu) | version << 4);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fu) | 0x80u);
  std::string out = hex(bytes);
  for (std::size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
  return out;
}

/// 48 bits of milliseconds and 12 bits of their fraction (RFC 9562 §6.2, method 3); always above the last one given out.
std::uint64_t next_tick() {
  static std::atomic<std::uint64_t> last{0};
  auto micros = static_cast<std::uint64_t>(to_micros(now()));
  std::uint64_t wanted = micros / 1000 << 12 | micros % 1000 * 4096 / 1000;
  std::uint64_t seen = last.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = std::max(wanted, seen + 1);
  } while (!last.compare_exchange_weak(seen, next, std::memory_order_relaxed));
  return next;
}

/// Milliseconds in the upper 48 bits, parts of them in the lower 12: the first half of a version 7 UUID.
std::string time_bytes(std::uint64_t tick) {
  std::string bytes(8, '\0');
  const std::uint64_t millis = tick >> 12;
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<char>(millis >> (40 - 8 * i) & 0xffu);
  bytes[6] = static_cast<char>(tick >> 8 & 0x0fu);
  bytes[7] = static_cast<char>(tick & 0xffu);
  return bytes;
}

std::string uuid_hash(std::string_view name) {
  const Digest digest = sha256(name);
  return {reinterpret_cast<const char*>(digest.data()), 16};
}

}  // namespace

std::string new_uuid() { return format_uuid(time_bytes(next_tick()) + random_bytes(8), 7); }

std::string uuid_from(std::string_view name) { return format_uuid(uuid_hash(name), 8); }

std::string uuid_at(Time time, std::string_view name) {
  const auto micros = static_cast<std::uint64_t>(to_micros(time));
  return format_uuid(time_bytes(micros / 1000 << 12 | micros % 1000 * 4096 / 1000) + uuid_hash(name).substr(0, 8), 7);
}

bool is_sha(std::string_view text) {
  if (text.size() != 40 && text.size() != 64) return false;
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace fairlead
