// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::net {

/// Decodes a chunked body from pieces of any size. Pure. Extensions and trailer fields are read and dropped; bare CR or LF is an error.
class ChunkDecoder {
 public:
  enum class State { more, done, bad, too_large };

  explicit ChunkDecoder(std::size_t limit) : limit_(limit) {}
  /// Takes bytes from the front of `bytes` (removing them) and appends the data to `body`.
  State feed(std::string_view& bytes, std::string& body);

 private:
  enum class Part { size, extension, size_end, data, data_cr, data_lf, trailer_start, trailer, trailer_end, last_lf };
  State step(char c);
  State step_line(char c);

  std::size_t limit_;
  std::uint64_t left_ = 0;
  std::size_t digits_ = 0;
  std::size_t overhead_ = 0;
  Part part_ = Part::size;
};

}  // namespace fairlead::net
