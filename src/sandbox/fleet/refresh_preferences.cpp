// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/refresh.hpp"
#include "sandbox/fleet/templates.hpp"

namespace fairlead::sandbox::fleet {

namespace {

constexpr std::int64_t longest_wait = 172800;

[[noreturn]] void refuse(const std::string& message) { throw Refusal{"ValidationError", message}; }

std::int64_t within(const Json& given, const char* key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = number_of(given, key, fallback);
  if (value < least || value > most)
    refuse(std::string(key) + " must be between " + std::to_string(least) + " and " + std::to_string(most) + ", but is " +
           std::to_string(value) + ".");
  return value;
}

/// Of the maintenance policy, where -1 is no bound.
std::int64_t usual(const ScalingGroup& group, const char* key, std::int64_t fallback) {
  const auto value = number_of(member(group.fields, "InstanceMaintenancePolicy"), key, -1);
  return value < 0 ? fallback : value;
}

void add_bounds(const ScalingGroup& group, const Json& given, Json& out) {
  const bool least_given = given.contains("MinHealthyPercentage"), most_given = given.contains("MaxHealthyPercentage");
  if (most_given && !least_given) refuse("MaxHealthyPercentage needs a MinHealthyPercentage.");
  const auto least = within(given, "MinHealthyPercentage", usual(group, "MinHealthyPercentage", 90), 0, 100);
  const auto most = within(given, "MaxHealthyPercentage", least_given ? 100 : usual(group, "MaxHealthyPercentage", 100), 100, 200);
  if (most - least > 100) refuse("The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.");
  out["MinHealthyPercentage"] = least;
  out["MaxHealthyPercentage"] = most;
}

void add_checkpoints(const Json& given, Json& out) {
  const Json& list = member(given, "CheckpointPercentages");
  if (!list.is_array() || list.empty()) {
    if (given.contains("CheckpointDelay")) refuse("CheckpointDelay needs CheckpointPercentages.");
    return;
  }
  Json numbers = Json::array();
  std::int64_t last = 0;
  for (const auto& one : list) {
    const auto number = number_of({{"one", one}}, "one");
    if (number <= last || number > 100) refuse("CheckpointPercentages must be unique numbers from 1 to 100 in ascending order.");
    numbers.push_back(last = number);
  }
  out["CheckpointPercentages"] = numbers;
  out["CheckpointDelay"] = within(given, "CheckpointDelay", 3600, 0, longest_wait);
}

std::string choice(const Json& given, const char* key, const std::vector<std::string>& all) {
  const auto value = text_at(given, key, "Wait");
  for (const auto& one : all)
    if (one == value) return value;
  refuse(std::string(key) + " cannot be " + value + ".");
}

}  // namespace

Json preferences_of(const ScalingGroup& group, const Json& given) {
  Json out = Json::object();
  add_bounds(group, given, out);
  add_checkpoints(given, out);
  const auto grace = number_of(group.fields, "HealthCheckGracePeriod"),
             usual_warmup = number_of(group.fields, "DefaultInstanceWarmup", grace);
  out["InstanceWarmup"] = within(given, "InstanceWarmup", usual_warmup < 0 ? grace : usual_warmup, 0, longest_wait);
  out["SkipMatching"] = flag_of(given, "SkipMatching");
  out["AutoRollback"] = flag_of(given, "AutoRollback");
  out["ScaleInProtectedInstances"] = choice(given, "ScaleInProtectedInstances", {"Refresh", "Ignore", "Wait"});
  out["StandbyInstances"] = choice(given, "StandbyInstances", {"Terminate", "Ignore", "Wait"});
  if (given.contains("BakeTime")) out["BakeTime"] = within(given, "BakeTime", 0, 0, longest_wait);
  const auto alarms = texts_of(member(given, "AlarmSpecification"), "Alarms");
  if (alarms.size() > 10) refuse("At most 10 alarms.");
  if (!alarms.empty()) out["AlarmSpecification"] = {{"Alarms", alarms}};
  return out;
}

std::string irreversible(Context& c, const ScalingGroup& group, const Json& desired) {
  if (!desired.is_object()) return "there is no desired configuration";
  const Json& mixed = member(member(group.fields, "MixedInstancesPolicy"), "LaunchTemplate");
  const Json& spec = mixed.is_object() ? member(mixed, "LaunchTemplateSpecification") : member(group.fields, "LaunchTemplate");
  if (!spec.is_object()) return {};
  const auto version = text_at(spec, "Version");
  if (version == "$Latest" || version == "$Default")
    return "the Auto Scaling group uses the version " + version + " of its launch template";
  const LaunchTemplate& owner = need_template(c, spec);
  const bool parameter = text_at(need_version(owner, version).data, "ImageId").starts_with("resolve:ssm:");
  return parameter ? "the Auto Scaling group's launch template uses a Systems Manager parameter instead of an AMI ID" : "";
}

}  // namespace fairlead::sandbox::fleet
