// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/refresh.hpp"

#include <algorithm>

#include "sandbox/fleet/pace.hpp"

namespace fairlead::sandbox::fleet {

namespace {

Duration seconds(const Refresh& refresh, const char* key) { return std::chrono::seconds(number_of(refresh.preferences, key)); }

/// Percent of the group that must be new before the next pause; 100 without checkpoints.
int checkpoint(const Refresh& refresh) {
  const Json& list = member(refresh.preferences, "CheckpointPercentages");
  if (refresh.rolls_back() || !list.is_array() || list.empty()) return 100;
  return list[std::min(refresh.checkpoint, list.size() - 1)].get<int>();
}

bool is_last_checkpoint(const Refresh& refresh) {
  const Json& list = member(refresh.preferences, "CheckpointPercentages");
  return refresh.rolls_back() || !list.is_array() || refresh.checkpoint + 1 >= list.size();
}

/// How many olds may still go; those that match already count as new.
int allowed(const ScalingGroup& group, const Refresh& refresh, int olds) {
  const int wanted = (desired_of(group) * checkpoint(refresh) + 99) / 100 - refresh.matching;
  const int quota = checkpoint(refresh) == 100 ? refresh.total : std::clamp(wanted, 0, refresh.total);
  return std::max(0, olds - (refresh.total - quota));
}

std::string alarmed(Context& c, const Refresh& refresh) {
  const auto& alarms = c.region.things["alarm"];
  for (const auto& name : texts_of(member(refresh.preferences, "AlarmSpecification"), "Alarms")) {
    const auto found = alarms.find(name);
    if (found != alarms.end() && text_at(found->second, "StateValue") == "ALARM") return name;
  }
  return {};
}

std::string waiting_for(const ScalingGroup& group, const Standing& standing) {
  if (!standing.warming.empty())
    return "Waiting for instances to warm up before continuing. For example: " + standing.warming.front()->id + " is warming up.";
  if (!standing.unready_fresh.empty())
    return "Waiting for remaining instances to be available. For example: " + standing.unready_fresh.front()->id + " is unavailable.";
  const auto failed = std::ranges::find_if(group.activities, [](const Activity& one) { return one.description.starts_with("Launching"); });
  if (standing.live < desired_of(group) && failed != group.activities.end() && failed->status == "Failed")
    return "Waiting for instances to be launched. The last launch failed: " + failed->message;
  if (standing.olds() == static_cast<int>(standing.blocked.size()) && !standing.blocked.empty()) {
    const Instance* one = standing.blocked.front();
    return "Waiting for instances that are " + std::string(one->lifecycle == "Standby" ? "in Standby" : "protected from scale in") +
           ". For example: " + one->id + ".";
  }
  return {};
}

void fail(Context& c, ScalingGroup& group, Refresh& refresh, const std::string& reason) {
  if (refresh.rolls_back()) return end_refresh(c, refresh, "RollbackFailed", reason);
  if (flag_at(refresh.preferences, "AutoRollback")) return begin_rollback(c, group, refresh, reason);
  end_refresh(c, refresh, "Failed", reason);
}

void succeed(Context& c, ScalingGroup& group, Refresh& refresh) {
  if (refresh.rolls_back()) return end_refresh(c, refresh, "RollbackSuccessful", refresh.reason);
  if (refresh.desired.is_object()) {
    group.fields.erase("LaunchTemplate");
    group.fields.erase("MixedInstancesPolicy");
    group.fields.update(refresh.desired);
  }
  end_refresh(c, refresh, "Successful", {});
}

void finish(Context& c, ScalingGroup& group, Refresh& refresh) {
  const auto bake = refresh.rolls_back() ? Duration{} : seconds(refresh, "BakeTime");
  if (bake <= Duration{}) return succeed(c, group, refresh);
  refresh.status = "Baking";
  refresh.hold_until = c.now() + c.world.times.scaled(bake);
  refresh.reason = "Waiting for the bake time of " + std::to_string(number_of(refresh.preferences, "BakeTime")) + " seconds to end.";
}

/// The number of new instances that a checkpoint asks for is there and ready.
void reached(Context& c, ScalingGroup& group, Refresh& refresh) {
  if (is_last_checkpoint(refresh)) return finish(c, group, refresh);
  refresh.hold_until = c.now() + c.world.times.scaled(seconds(refresh, "CheckpointDelay"));
  refresh.reason = "Reached the checkpoint of " + std::to_string(checkpoint(refresh)) + " percent. Waiting for the checkpoint delay of " +
                   std::to_string(number_of(refresh.preferences, "CheckpointDelay")) + " seconds to end.";
  ++refresh.checkpoint;
}

/// True while it pauses. The end of a pause counts as progress: nothing could happen before.
bool pauses(Context& c, ScalingGroup& group, Refresh& refresh) {
  if (!refresh.hold_until) return false;
  if (c.now() < *refresh.hold_until) return true;
  refresh.hold_until.reset();
  refresh.reason.clear();
  refresh.progress_at = c.now();
  if (refresh.status != "Baking") return false;
  succeed(c, group, refresh);
  return true;
}

void terminate(Context& c, ScalingGroup& group, const std::vector<Instance*>& some, int count) {
  for (int i = 0; i < count; ++i)
    dismiss(c, group, *some[static_cast<std::size_t>(i)],
            at_now(c) + "an instance was taken out of service in response to an instance refresh.  " + at_now(c) + "instance " +
                some[static_cast<std::size_t>(i)]->id + " was selected for termination.");
}

/// Nothing is launched instead of what was in standby.
void end_standby(Context& c, ScalingGroup& group, Refresh& refresh, Standing& standing) {
  std::erase_if(standing.unready_olds, [&](Instance* one) {
    if (one->lifecycle != "Standby") return false;
    terminate(c, group, {one}, 1);
    refresh.todo.erase(one->id);
    --refresh.total;
    return true;
  });
}

void note_progress(Context& c, Refresh& refresh, const Standing& standing) {
  const int progress = standing.ready_fresh - standing.olds();
  refresh.done = done_of(standing, refresh);
  refresh.left = standing.olds();
  if (refresh.progress && progress <= *refresh.progress) return;
  refresh.progress = progress;
  refresh.progress_at = c.now();
}

int replace(Context& c, ScalingGroup& group, Refresh& refresh) {
  auto standing = standing_of(c, group, refresh);
  end_standby(c, group, refresh, standing);
  note_progress(c, refresh, standing);
  const auto bounds = bounds_of(desired_of(group), static_cast<int>(number_of(refresh.preferences, "MinHealthyPercentage")),
                                static_cast<int>(number_of(refresh.preferences, "MaxHealthyPercentage")));
  const int may_go = allowed(group, refresh, standing.olds());
  if (may_go == 0 && standing.unready_fresh.empty() && standing.live >= bounds.desired) {
    refresh.reason = "Waiting for instances to be terminated.";
    if (!standing.leaving) reached(c, group, refresh);
    return bounds.desired;
  }
  refresh.reason = waiting_for(group, standing);
  if (c.now() >= refresh.progress_at + c.world.times.scaled(c.world.times.patience + seconds(refresh, "InstanceWarmup"))) {
    fail(c, group, refresh, "No instance was replaced for " + format_duration(c.world.times.patience) + ". " + refresh.reason);
    return bounds.desired;
  }
  if (!group.does("Terminate") || !group.does("InstanceRefresh")) return bounds.desired;
  const Counts counts{standing.live,
                      standing.ready,
                      static_cast<int>(standing.ready_olds.size()),
                      static_cast<int>(standing.unready_olds.size()),
                      static_cast<int>(standing.unready_fresh.size()),
                      std::min(may_go, static_cast<int>(standing.ready_olds.size() + standing.unready_olds.size()))};
  const auto moves = next_moves(bounds, counts);
  terminate(c, group, standing.unready_olds, moves.unready_olds);
  terminate(c, group, standing.ready_olds, moves.ready_olds);
  return moves.live;
}

/// A cancellation waits for what has begun.
void wait_for_the_rest(Context& c, ScalingGroup& group, Refresh& refresh) {
  const bool any = std::ranges::any_of(members_of(c, group), [&](const Instance* one) {
    return one->lifecycle == "Terminating" || (one->lifecycle == "Pending" && refresh.fresh.contains(one->id));
  });
  if (!any) end_refresh(c, refresh, "Cancelled", refresh.reason);
}

}  // namespace

int percent_of(int part, int whole) { return whole <= 0 ? 100 : part * 100 / whole; }

Refresh* active_refresh(ScalingGroup& group) {
  return group.refreshes.empty() || group.refreshes.front().ended ? nullptr : &group.refreshes.front();
}

int take_turn(Context& c, ScalingGroup& group) {
  Refresh* refresh = active_refresh(group);
  if (refresh == nullptr) return desired_of(group);
  look_at(c, group, c.now() + c.world.times.scaled(c.world.times.tick));
  if (refresh->status == "Cancelling") {
    wait_for_the_rest(c, group, *refresh);
    return desired_of(group);
  }
  if (refresh->status == "Pending") {
    refresh->status = "InProgress";
    refresh->started = refresh->progress_at = c.now();
    choose_olds(c, group, *refresh);
  }
  if (const auto alarm = alarmed(c, *refresh); !alarm.empty() && !refresh->rolls_back())
    fail(c, group, *refresh, "The CloudWatch alarm " + alarm + " is in the ALARM state.");
  if (refresh->ended || pauses(c, group, *refresh)) return desired_of(group);
  return replace(c, group, *refresh);
}

const Json& launched_configuration(const ScalingGroup& group) {
  if (group.refreshes.empty()) return group.fields;
  const Refresh& refresh = group.refreshes.front();
  const bool forward = refresh.status == "InProgress" || refresh.status == "Baking";
  return forward && refresh.desired.is_object() ? refresh.desired : group.fields;
}

void note_launch(ScalingGroup& group, const std::string& id) {
  Refresh* refresh = active_refresh(group);
  if (refresh != nullptr && refresh->status != "Cancelling") refresh->fresh.insert(id);
}

void begin_rollback(Context& c, ScalingGroup& group, Refresh& refresh, const std::string& reason) {
  const auto standing = standing_of(c, group, refresh);
  refresh.done = done_of(standing, refresh);
  refresh.rollback = {{"RollbackReason", reason},
                      {"RollbackStartTime", format_time(c.now())},
                      {"PercentageCompleteOnRollback", percent_of(refresh.done, refresh.total)},
                      {"InstancesToUpdateOnRollback", refresh.total - refresh.done}};
  refresh.status = "RollbackInProgress";
  refresh.reason = reason;
  refresh.hold_until.reset();
  refresh.progress.reset();
  refresh.progress_at = c.now();
  refresh.replaced = refresh.done;
  refresh.asked_for = refresh.total;
  refresh.todo.clear();
  for (const Instance* one : members_of(c, group))
    if (refresh.fresh.contains(one->id) && one->lifecycle != "Terminating") refresh.todo.insert(one->id);
  refresh.total = static_cast<int>(refresh.todo.size());
  refresh.fresh.clear();
}

void end_refresh(Context& c, Refresh& refresh, const std::string& status, const std::string& reason) {
  refresh.status = status;
  refresh.reason = reason;
  refresh.ended = c.now();
}

}  // namespace fairlead::sandbox::fleet
