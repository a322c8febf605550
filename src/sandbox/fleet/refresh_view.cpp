// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/fleet/refresh.hpp"

namespace fairlead::sandbox::fleet {

namespace {

/// Instances that have the desired configuration because of the refresh. A rollback takes them away again.
int updated(const Refresh& refresh) { return refresh.rolls_back() ? std::min(refresh.replaced, refresh.left) : refresh.done; }

}  // namespace

Json refresh_view(const ScalingGroup& group, const Refresh& refresh) {
  const int asked_for = refresh.rolls_back() ? refresh.asked_for : refresh.total;
  Json view{{"InstanceRefreshId", refresh.id},
            {"AutoScalingGroupName", group.name},
            {"Status", refresh.status},
            {"Strategy", "Rolling"},
            {"Preferences", refresh.preferences}};
  if (!refresh.reason.empty()) view["StatusReason"] = refresh.reason;
  if (refresh.desired.is_object()) view["DesiredConfiguration"] = refresh.desired;
  if (refresh.started) view["StartTime"] = format_time(*refresh.started);
  if (refresh.ended) view["EndTime"] = format_time(*refresh.ended);
  if (refresh.rolls_back()) view["RollbackDetails"] = refresh.rollback;
  if (!refresh.started) return view;
  view["PercentageComplete"] = percent_of(updated(refresh), asked_for);
  view["InstancesToUpdate"] = asked_for - updated(refresh);
  return view;
}

}  // namespace fairlead::sandbox::fleet
