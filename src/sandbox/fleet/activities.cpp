// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/fleet/fleet.hpp"

/// Scaling activities: what Auto Scaling did, and why, in its words.
namespace fairlead::sandbox::fleet {

namespace {

constexpr std::size_t most_kept = 1000, page_size = 100;

bool fits(const Activity& one, const Json& params) {
  const auto ids = texts_of(params, "ActivityIds");
  if (!ids.empty() && std::ranges::find(ids, one.id) == ids.end()) return false;
  return std::ranges::all_of(member(params, "Filters"), [&](const Json& filter) {
    const auto values = texts_of(filter, "Values");
    return text_at(filter, "Name") != "Status" || std::ranges::find(values, one.status) != values.end();
  });
}

Json describe(Context& c, const Json& params) {
  std::vector<std::pair<const ScalingGroup*, const Activity*>> found;
  const auto only = text_at(params, "AutoScalingGroupName");
  if (!only.empty()) need_group(c, params);
  for (const auto& [name, group] : c.region.scaling_groups)
    for (const auto& one : group.activities)
      if ((only.empty() || name == only) && fits(one, params)) found.emplace_back(&group, &one);
  // Those in progress first, then the newest.
  std::ranges::sort(found, std::ranges::greater{}, [](const auto& one) { return std::pair(!one.second->end, one.second->serial); });
  Json all = Json::array();
  for (const auto& [group, one] : found) all.push_back(activity_view(c, *group, *one));
  return page(all, params, "Activities", page_size, "NextToken");
}

}  // namespace

std::string at_now(Context& c) { return "At " + format_time(c.now()).substr(0, 19) + "Z "; }

Activity& begin_activity(Context& c, ScalingGroup& group, const std::string& description, const std::string& cause, const std::string& zone,
                         const std::string& subnet) {
  Activity made;
  made.id = c.world.uuid();
  made.description = description;
  made.cause = cause;
  made.details = dump({{"Subnet ID", subnet}, {"Availability Zone", zone}});
  made.start = c.now();
  made.serial = c.world.next();
  group.activities.push_front(std::move(made));
  if (group.activities.size() > most_kept) group.activities.pop_back();
  return group.activities.front();
}

Activity* find_activity(ScalingGroup& group, const std::string& id) {
  const auto found = std::ranges::find(group.activities, id, &Activity::id);
  return found == group.activities.end() ? nullptr : &*found;
}

void end_activity(Context& c, ScalingGroup& group, const std::string& id, const std::string& status, const std::string& message) {
  Activity* found = find_activity(group, id);
  if (found == nullptr || found->end) return;
  found->status = status;
  found->message = message;
  found->end = c.now();
  found->progress = 100;
}

Json activity_view(Context& c, const ScalingGroup& group, const Activity& one) {
  Json view{{"ActivityId", one.id},
            {"AutoScalingGroupName", group.name},
            {"AutoScalingGroupARN", group_arn(c, group)},
            {"Description", one.description},
            {"Cause", one.cause},
            {"StartTime", format_time(one.start)},
            {"StatusCode", one.status},
            {"Progress", one.progress},
            {"Details", one.details}};
  if (one.end) view["EndTime"] = format_time(*one.end);
  if (!one.message.empty()) view["StatusMessage"] = one.message;
  return view;
}

void add_activities(Table& table) { table["autoscaling.DescribeScalingActivities"] = {describe, false, {}}; }

}  // namespace fairlead::sandbox::fleet
