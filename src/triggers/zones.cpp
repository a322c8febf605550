// SPDX-License-Identifier: Apache-2.0
#include "triggers/zones.hpp"

#include <stdexcept>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/triggers/cron.hpp"

namespace fairlead::triggers {
namespace {

std::string nearest_zone(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  if (auto found = nearest(name, names)) return "did you mean " + *found + "?";
  return "use a name of the IANA database such as Asia/Tokyo or Europe/Berlin";
}

}  // namespace

const date::time_zone& find_zone(std::string_view name) {
  try {
    return *date::locate_zone(name.empty() ? "UTC" : std::string(name));
  } catch (const std::runtime_error&) {
    throw Error(ErrorKind::invalid, "there is no time zone " + ellipsize(name, 80), nearest_zone(name));
  }
}

void require_zone(std::string_view zone) { find_zone(zone); }

}  // namespace fairlead::triggers
