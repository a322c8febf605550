// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "fairlead/base/error.hpp"
#include "fairlead/triggers/cron.hpp"

using namespace fairlead;
using namespace fairlead::triggers;

// Four bytes choose the hour to start from (1970…2100) and the zone, the rest is the expression: the next due time is later, and asking
// from just before it finds the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  std::uint32_t start = 0;
  std::memcpy(&start, data, sizeof start);
  constexpr std::string_view zones[] = {"", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"};
  const auto zone = zones[start % std::size(zones)];
  const Time after{std::chrono::hours{start / 4 % (130 * 8766)}};
  try {
    const auto cron = Cron::parse({reinterpret_cast<const char*>(data) + 4, size - 4});
    const auto next = cron.next(after, zone);
    if (!next) return 0;
    if (*next <= after || cron.next(*next - Duration(1), zone) != next) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) std::abort();
  }
  return 0;
}
