// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/refresh.hpp"
#include "sandbox/fleet/templates.hpp"

/// Who is replaced by a refresh, and who is ready.
namespace fairlead::sandbox::fleet {

namespace {

/// Healthy where the group looks: by the balancer only when that is its health check.
bool is_healthy(Context& c, const ScalingGroup& group, const Instance& one) {
  if (!one.serves() || one.unhealthy || one.ended()) return false;
  if (!asks_balancer(group)) return true;
  const auto states = elb::states_at(c, one.id, group.target_groups);
  return std::ranges::none_of(states,
                              [](const std::string& state) { return state == "initial" || state == "unhealthy" || state == "draining"; });
}

bool is_warm(Context& c, const Refresh& refresh, const Instance& one) {
  const auto warmup = std::chrono::seconds(number_of(refresh.preferences, "InstanceWarmup"));
  return one.in_service && c.now() >= *one.in_service + c.world.times.scaled(warmup);
}

/// Whether it would be launched just so by the configuration.
bool matches(Context& c, const Instance& one, const Json& configuration) {
  Launch what;
  apply_configuration(c, what, configuration);
  if (one.launch_template != what.launch_template) return false;
  const Json& overrides = member(member(member(configuration, "MixedInstancesPolicy"), "LaunchTemplate"), "Overrides");
  return !overrides.is_array() || overrides.empty() ||
         std::ranges::any_of(overrides, [&](const Json& some) { return text_at(some, "InstanceType") == one.type; });
}

/// What the preference says about a member of an unusual state: "" when nothing is unusual.
std::string unusual(const Refresh& refresh, const Instance& one) {
  if (one.lifecycle == "Standby") return text_at(refresh.preferences, "StandbyInstances");
  return one.is_protected ? text_at(refresh.preferences, "ScaleInProtectedInstances") : "";
}

void place_old(Context& c, const ScalingGroup& group, const Refresh& refresh, Instance& one, Standing& out) {
  if (unusual(refresh, one) == "Wait")
    out.blocked.push_back(&one);
  else
    (is_healthy(c, group, one) ? out.ready_olds : out.unready_olds).push_back(&one);
}

}  // namespace

Standing standing_of(Context& c, ScalingGroup& group, Refresh& refresh) {
  Standing out;
  for (Instance* one : members_of(c, group)) {
    const bool old = refresh.todo.contains(one->id), fresh = refresh.fresh.contains(one->id);
    if (one->lifecycle == "Terminating") out.leaving = true;
    if (one->lifecycle == "Terminating") continue;
    if (old && unusual(refresh, *one) == "Ignore") {
      refresh.todo.erase(one->id);
      --refresh.total;
    } else if (old) {
      place_old(c, group, refresh, *one, out);
    }
    if (!one->counts()) continue;
    ++out.live;
    const bool healthy = is_healthy(c, group, *one), good = healthy && (!fresh || is_warm(c, refresh, *one));
    out.ready += good ? 1 : 0;
    if (fresh && good) ++out.ready_fresh;
    if (fresh && !good) out.unready_fresh.push_back(one);
    if (fresh && healthy && !good) out.warming.push_back(one);
  }
  return out;
}

void choose_olds(Context& c, ScalingGroup& group, Refresh& refresh) {
  const Json& configuration = refresh.desired.is_object() ? refresh.desired : group.fields;
  for (const Instance* one : members_of(c, group)) {
    if (one->lifecycle == "Terminating") continue;
    if (flag_at(refresh.preferences, "SkipMatching") && matches(c, *one, configuration))
      refresh.matching += one->counts() ? 1 : 0;
    else
      refresh.todo.insert(one->id);
  }
  refresh.total = static_cast<int>(refresh.todo.size());
}

int done_of(const Standing& standing, const Refresh& refresh) {
  return std::clamp(std::min(standing.ready_fresh, refresh.total - standing.olds()), 0, std::max(refresh.total, 0));
}

}  // namespace fairlead::sandbox::fleet
