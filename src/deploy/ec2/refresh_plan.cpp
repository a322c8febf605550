// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/refresh_plan.hpp"

#include <algorithm>

#include "deploy/ec2/common.hpp"
#include "deploy/ec2/record.hpp"
#include "deploy/ec2/refresh_step.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr Duration boot_guess = std::chrono::seconds(60);

std::string with_image(const std::string& version, const std::string& image) {
  return "version " + version + (image.empty() ? "" : " (" + image + ")");
}

/// How many are replaced at a time, and how long that takes.
std::string pace_line(const Inputs& in, const Group& group) {
  const int must = in.settings.pace.min_healthy.at_least(group.desired);
  const int more = group.desired * (in.max_healthy - 100) / 100;
  const int at_once = std::clamp(group.desired - must + more, 1, std::max(group.desired, 1));
  const auto rounds = (group.desired + at_once - 1) / at_once;
  const auto each = boot_guess + in.warmup.value_or(group.warmup);
  return "min-healthy " + to_string(in.settings.pace.min_healthy) + " of " + std::to_string(group.desired) + " is " + std::to_string(must) +
         ", max-healthy " + std::to_string(in.max_healthy) + "%: " + std::to_string(at_once) + " at a time, about " +
         format_duration(each * rounds) + " (warm-up " + format_duration(in.warmup.value_or(group.warmup)) + ")";
}

std::string checkpoints_line(const Inputs& in) {
  std::vector<std::string> texts;
  for (const auto& one : in.settings.checkpoints) texts.push_back(to_string(one));
  return "people are asked after " + join(texts, ", ");
}

}  // namespace

Awaitable<void> plan_refresh(engine::ActionPlan& plan, const Inputs& in, const Parts& parts, aws::Scope scope, Json recorded) {
  const auto group = group_from(co_await describe_group(*parts.aws, scope, in.groups.front()));
  const auto now = co_await find_version(*parts.aws, scope, group.template_id, group.configured);
  TemplateVersion then{"", in.image};
  const auto wanted = text_at(recorded, "version", in.template_version.empty() ? "$Latest" : in.template_version);
  if (in.image.empty() || !text_at(recorded, "version").empty())
    then = co_await find_version(*parts.aws, scope, group.template_id, wanted);
  else if (in.image == now.image)
    then = now;
  plan.lines.push_back("group " + group.name + ": " + std::to_string(group.desired) + (group.desired == 1 ? " instance" : " instances") +
                       " from " + with_image(now.number, now.image) + " to " +
                       (then.number.empty() ? "a new version (" + then.image + ")" : with_image(then.number, then.image)) +
                       " of launch template " + group.template_id);
  if (const auto old = version_of_most(group.members); !old.empty() && old != now.number)
    plan.lines.push_back("most instances still run version " + old);
  if (!parse_int(group.configured))
    plan.lines.push_back("the group follows " + group.configured + " now; afterwards it names the version by its number");
  if (!then.number.empty() && now.number == then.number &&
      std::ranges::all_of(group.members, [&](const Member& one) { return one.version == then.number; }))
    plan.lines.push_back("every instance runs it already: nothing would be changed");
  plan.lines.push_back(pace_line(in, group));
  if (!in.settings.checkpoints.empty()) plan.lines.push_back(checkpoints_line(in));
  if (const auto active = co_await active_refresh(*parts.aws, scope, group.name); active.is_object())
    plan.problems.push_back({true,
                             "instance refresh " + text_at(active, "InstanceRefreshId") + " of the group is " + text_at(active, "Status"),
                             "wait for it, or cancel it"});
  if (text_at(recorded, "version").empty()) co_await look_at_alarms(plan, parts, scope, in.alarms);
  plan.digest = sha256_hex(plan.digest + now.number + then.number + then.image);
}

Awaitable<Json> group_now(Parts parts, aws::Scope scope, Json record) {
  const auto group = group_from(co_await describe_group(*parts.aws, scope, text_at(record, "group")));
  std::vector<HostNow> hosts;
  for (const auto& one : group.members)
    if (one.lifecycle == "InService") hosts.push_back({one.id, "version " + one.version, "", ""});
  co_return compare(record, hosts);
}

}  // namespace fairlead::deploy::ec2
