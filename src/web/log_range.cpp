// SPDX-License-Identifier: Apache-2.0
#include "web/log_range.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::web {

ByteRange read_range(std::string_view header, std::uint64_t size) {
  const ByteRange whole{.kind = ByteRange::Kind::whole, .offset = 0, .length = size};
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return whole;
  const auto text = trim(header.substr(unit.size()));
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return whole;
  const auto first = parse_int(text.substr(0, dash));
  const auto last = parse_int(text.substr(dash + 1));
  const auto bad = [](std::string_view part, const auto& number) { return !part.empty() && (!number || *number < 0); };
  if (bad(text.substr(0, dash), first) || bad(text.substr(dash + 1), last) || (!first && !last)) return whole;
  if (!first) {
    const auto length = std::min(size, static_cast<std::uint64_t>(*last));
    if (length == 0) return {.kind = ByteRange::Kind::unsatisfiable};
    return {.kind = ByteRange::Kind::part, .offset = size - length, .length = length};
  }
  const auto offset = static_cast<std::uint64_t>(*first);
  if (last && *last < *first) return whole;
  if (offset >= size) return {.kind = ByteRange::Kind::unsatisfiable};
  const auto end = last ? std::min(size, static_cast<std::uint64_t>(*last) + 1) : size;
  return {.kind = ByteRange::Kind::part, .offset = offset, .length = end - offset};
}

}  // namespace fairlead::web
