// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/faults.hpp"

namespace fairlead::sandbox {

/// A machine of EC2: an address of its own, a folder, and whatever its scripts left running.
struct Instance {
  std::string id, address, zone, subnet, type, image;
  std::string state = "pending";  ///< pending | running | shutting-down | terminated
  Json tags = Json::array();      ///< [{"Key", "Value"}]
  Time launched{};
  std::uint64_t serial = 0;  ///< orders by launch
  Faults faults;             ///< that were drawn for it when it was launched
  std::string group;         ///< Auto Scaling group; empty: none
  std::string lifecycle;     ///< as a member: Pending | InService | Standby | Terminating; empty: no member (any more)
  bool is_protected = false;

  /// Nothing runs on it; it only behaves.
  bool simulated() const { return image.starts_with("ami-sim"); }
  bool runs() const { return state == "running"; }
  bool ended() const { return state == "shutting-down" || state == "terminated"; }
};

}  // namespace fairlead::sandbox
