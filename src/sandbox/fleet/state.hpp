// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
  std::string user_data;     ///< the script that it begins with
  Json launch_template;      ///< {LaunchTemplateId, LaunchTemplateName, Version: "3"}; null: none

  std::string group;      ///< Auto Scaling group; empty: none
  std::string lifecycle;  ///< as a member: Pending | InService | Standby | Terminating; empty: no member (any more)
  std::optional<Time> in_service;
  bool is_protected = false, unhealthy = false;
  std::string activity;  ///< that launches or terminates it

  /// Nothing runs on it; it only behaves.
  bool simulated() const { return image.starts_with("ami-sim"); }
  bool runs() const { return state == "running"; }
  bool ended() const { return state == "shutting-down" || state == "terminated"; }
  /// Counts for its group's capacity.
  bool counts() const { return lifecycle == "Pending" || lifecycle == "InService"; }
  bool serves() const { return lifecycle == "InService"; }
};

struct TemplateVersion {
  int number = 1;
  std::string description;
  Time created{};
  Json data;  ///< LaunchTemplateData as it was asked for
};

struct LaunchTemplate {
  std::string id, name;
  Time created{};
  int standard = 1;  ///< the number of the default version
  std::vector<TemplateVersion> versions;
  Json tags = Json::array();
};

/// What Auto Scaling did, in its words.
struct Activity {
  std::string id, description, cause, details, message;
  std::string status = "InProgress";
  Time start{};
  std::optional<Time> end;
  int progress = 50;
  std::uint64_t serial = 0;
};

struct Refresh {
  /// Pending | InProgress | Baking | Successful | Failed | Cancelling | Cancelled | RollbackInProgress | RollbackFailed |
  /// RollbackSuccessful
  std::string id, status = "Pending", reason;
  Json preferences;                       ///< with the defaults
  Json desired;                           ///< LaunchTemplate or MixedInstancesPolicy; null: the group's own
  std::optional<Time> started, ended;
  std::set<std::string> todo, fresh;      ///< instances to be replaced, and what was launched since
  int total = 0;                          ///< how many there were to be replaced
  int matching = 0;                       ///< how many had the desired configuration before
  int done = 0, left = 0;                 ///< replaced and ready; not replaced
  std::size_t checkpoint = 0;             ///< index of the next one
  std::optional<Time> hold_until;         ///< end of a checkpoint's delay or of the bake time
  std::optional<int> progress;            ///< the farthest it came
  Time progress_at{};
  Json rollback;                          ///< RollbackDetails; null: it goes forward
  int replaced = 0, asked_for = 0;        ///< done and total when the rollback began

  bool rolls_back() const { return rollback.is_object(); }
};

struct ScalingGroup {
  std::string name;
  Json fields;  ///< as they were given
  Time created{};
  std::set<std::string> suspended;         ///< processes
  std::vector<std::string> target_groups;  ///< ARNs
  std::deque<Activity> activities;         ///< newest first
  std::string request;                     ///< what was asked for just now, in the words of a cause
  int replacing = 0;                       ///< unhealthy members whose replacement is not launched yet
  std::optional<Time> look_at, retry_at;
  std::deque<Refresh> refreshes;  ///< newest first
  bool deleting = false;

  bool does(const std::string& process) const { return !suspended.contains(process); }
};

}  // namespace fairlead::sandbox
