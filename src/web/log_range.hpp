// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::web {

/// Which bytes of a file a `Range` header asks for.
struct ByteRange {
  enum class Kind { whole, part, unsatisfiable } kind = Kind::whole;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// RFC 9110 §14: one range of bytes. Several ranges, another unit or nonsense mean the whole file, as the RFC allows.
ByteRange read_range(std::string_view header, std::uint64_t size);

}  // namespace fairlead::web
