// SPDX-License-Identifier: Apache-2.0
#include "net/chunked.hpp"

#include <algorithm>

namespace fairlead::net {

namespace {

constexpr std::size_t most_digits = 15;
/// Of one chunk's size line, or of all trailers: a body must not be mostly extensions.
constexpr std::size_t most_overhead = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::feed(std::string_view& bytes, std::string& body) {
  while (!bytes.empty()) {
    if (part_ == Part::data) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      body.append(bytes.substr(0, count));
      bytes.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) part_ = Part::data_cr;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (const auto state = step(c); state != State::more) return state;
    if (part_ == Part::data && left_ > limit_ - std::min(limit_, body.size())) return State::too_large;
  }
  return State::more;
}

ChunkDecoder::State ChunkDecoder::step(char c) {
  if (part_ <= Part::size_end) return step_line(c);
  switch (part_) {
    case Part::data_cr: part_ = Part::data_lf; return c == '\r' ? State::more : State::bad;
    case Part::data_lf:
      part_ = Part::size;
      digits_ = overhead_ = 0;
      return c == '\n' ? State::more : State::bad;
    case Part::trailer_start: part_ = c == '\r' ? Part::last_lf : Part::trailer; return c == '\n' ? State::bad : State::more;
    case Part::trailer:
      if (c == '\r') part_ = Part::trailer_end;
      return c == '\n' || ++overhead_ > most_overhead ? State::bad : State::more;
    case Part::trailer_end: part_ = Part::trailer_start; return c == '\n' ? State::more : State::bad;
    default: return c == '\n' ? State::done : State::bad;
  }
}

ChunkDecoder::State ChunkDecoder::step_line(char c) {
  if (++overhead_ > most_overhead) return State::bad;
  if (part_ == Part::size_end) {
    part_ = left_ > 0 ? Part::data : Part::trailer_start;
    return c == '\n' ? State::more : State::bad;
  }
  if (c == '\r') {
    part_ = Part::size_end;
    return digits_ > 0 ? State::more : State::bad;
  }
  if (part_ == Part::extension) return c == '\n' ? State::bad : State::more;
  const int value = hex_value(c);
  if (value < 0) {
    part_ = Part::extension;
    return c == ';' && digits_ > 0 ? State::more : State::bad;
  }
  left_ = digits_ == 0 ? static_cast<std::uint64_t>(value) : left_ * 16 + static_cast<std::uint64_t>(value);
  return ++digits_ > most_digits ? State::bad : State::more;
}

}  // namespace fairlead::net
