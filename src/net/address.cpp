// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::net {

namespace {

constexpr int mapped_prefix_bits = 96;

AddressBytes mapped(const in_addr& v4) {
  AddressBytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &v4, 4);
  return bytes;
}

bool within(const AddressBytes& address, const AddressBytes& base, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), base.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  return (address[whole] & mask) == (base[whole] & mask);
}

/// IANA special-purpose registries (RFC 6890 and later): everything that is not globally reachable unicast.
const AddressRanges& special_ranges() {
  static const AddressRanges ranges(
      {"0.0.0.0/8",    "10.0.0.0/8",     "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",  "172.16.0.0/12",  "192.0.0.0/24",
       "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
       "240.0.0.0/4",  "::/128",         "::1/128",        "64:ff9b:1::/48", "100::/64",        "2001::/23",      "2001:db8::/32",
       "2002::/16",    "fc00::/7",       "fe80::/10",      "fec0::/10",      "ff00::/8"});
  return ranges;
}

}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string address(text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text);
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return mapped(v4);
  AddressBytes v6{};
  if (inet_pton(AF_INET6, address.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

bool is_private_address(std::string_view text) {
  auto address = parse_address(text);
  if (!address) return true;
  static const AddressRanges nat64({"64:ff9b::/96"});
  if (nat64.contains(text)) {
    std::fill_n(address->begin(), 10, std::uint8_t{0});
    (*address)[10] = (*address)[11] = 0xff;
    char v4[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, address->data(), v4, sizeof v4);
    return special_ranges().contains(v4);
  }
  return special_ranges().contains(text);
}

AddressRanges::AddressRanges(const std::vector<std::string>& ranges) {
  for (const auto& text : ranges) {
    const auto slash = text.find('/');
    const auto base = parse_address(std::string_view(text).substr(0, slash));
    const bool v4 = text.find(':') == std::string::npos;
    const long long most = v4 ? 32 : 128;
    const auto bits = slash == std::string::npos ? most : parse_int(std::string_view(text).substr(slash + 1)).value_or(-1);
    if (!base || bits < 0 || bits > most)
      throw Error(ErrorKind::invalid, "'" + text + "' is neither an IP address nor a range", "write 10.0.0.0/8 or 2001:db8::/32");
    ranges_.push_back({*base, static_cast<int>(bits) + (v4 ? mapped_prefix_bits : 0)});
  }
}

bool AddressRanges::contains(std::string_view text) const {
  const auto address = parse_address(text);
  return address && std::ranges::any_of(ranges_, [&](const Range& range) { return within(*address, range.base, range.bits); });
}

}  // namespace fairlead::net
