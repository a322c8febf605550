// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/fleet/refresh.hpp"
#include "sandbox/fleet/templates.hpp"

namespace fairlead::sandbox::fleet {

namespace {

constexpr std::size_t page_size = 100;

Json start(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  if (text_at(params, "Strategy", "Rolling") != "Rolling") throw Refusal{"ValidationError", "The sandbox has the strategy Rolling only."};
  if (active_refresh(group) != nullptr)
    throw Refusal{"InstanceRefreshInProgress",
                  "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."};
  Refresh made;
  made.preferences = preferences_of(group, member(params, "Preferences"));
  if (params.contains("DesiredConfiguration")) made.desired = configuration_view(c, params["DesiredConfiguration"]);
  if (made.desired.is_object() && made.desired.empty()) made.desired = nullptr;
  if (const auto why = irreversible(c, group, made.desired); flag_at(made.preferences, "AutoRollback") && !why.empty())
    throw Refusal{"ValidationError", "AutoRollback is not possible: " + why + "."};
  made.id = c.world.uuid();
  c.effect = made.id;
  group.refreshes.push_front(std::move(made));
  wake(c, group);
  return {{"InstanceRefreshId", group.refreshes.front().id}};
}

Json describe(Context& c, const Json& params) {
  const ScalingGroup& group = need_group(c, params);
  const auto ids = texts_of(params, "InstanceRefreshIds");
  Json all = Json::array();
  for (const auto& one : group.refreshes)
    if (ids.empty() || std::ranges::find(ids, one.id) != ids.end()) all.push_back(refresh_view(group, one));
  return page(all, params, "InstanceRefreshes", page_size, "NextToken");
}

Refresh& need_active(ScalingGroup& group) {
  Refresh* active = active_refresh(group);
  if (active == nullptr)
    throw Refusal{"ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group " + group.name};
  return *active;
}

Json cancel(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  Refresh& refresh = need_active(group);
  const Json answer{{"InstanceRefreshId", refresh.id}};
  if (refresh.status != "Cancelling") c.effect = "cancelling " + refresh.id;
  refresh.status = "Cancelling";
  refresh.reason = "Cancelled due to user request.";
  if (!flag_of(params, "WaitForTransitioningInstances", true)) end_refresh(c, refresh, "Cancelled", refresh.reason);
  wake(c, group);
  return answer;
}

Json roll_back(Context& c, const Json& params) {
  ScalingGroup& group = need_group(c, params);
  Refresh& refresh = need_active(group);
  if (refresh.status == "Cancelling")
    throw Refusal{"ActiveInstanceRefreshNotFound", "The Instance Refresh of Auto Scaling group " + group.name + " is being cancelled"};
  if (const auto why = irreversible(c, group, refresh.desired); !why.empty())
    throw Refusal{"IrreversibleInstanceRefresh", "The Instance Refresh cannot be rolled back: " + why + "."};
  if (!refresh.rolls_back()) {
    begin_rollback(c, group, refresh, "Rollback due to user request.");
    c.effect = "rollback " + refresh.id;
  }
  look(c, group);
  return {{"InstanceRefreshId", group.refreshes.front().id}};
}

}  // namespace

void add_refreshes(Table& table) {
  table["autoscaling.StartInstanceRefresh"] = {start, true, {}};
  table["autoscaling.DescribeInstanceRefreshes"] = {describe, false, {}};
  table["autoscaling.CancelInstanceRefresh"] = {cancel, true, {}};
  table["autoscaling.RollbackInstanceRefresh"] = {roll_back, true, {}};
}

}  // namespace fairlead::sandbox::fleet
