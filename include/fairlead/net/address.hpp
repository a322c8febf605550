// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::net {

/// IPv4 is kept as ::ffff:a.b.c.d, so that a mapped address cannot slip through a check.
using AddressBytes = std::array<std::uint8_t, 16>;
std::optional<AddressBytes> parse_address(std::string_view);

/// Anything that is not a public unicast address: loopback, private, link-local (with the metadata address of clouds), unique local,
/// shared, multicast, unspecified, documentation; also mapped and NAT64 forms of these, and text that is no address.
bool is_private_address(std::string_view);

/// A list of addresses and CIDR ranges. Throws Error(invalid) for a text that is neither.
class AddressRanges {
 public:
  AddressRanges() = default;
  explicit AddressRanges(const std::vector<std::string>& ranges);
  bool contains(std::string_view address) const;

 private:
  struct Range {
    AddressBytes base;
    int bits;
  };
  std::vector<Range> ranges_;
};

}  // namespace fairlead::net
