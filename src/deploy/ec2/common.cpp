// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/common.hpp"

#include "fairlead/aws/alarms.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

Awaitable<void> wait_for(engine::StepContext& step, Time until, bool asked) {
  const auto span = std::clamp<Duration>(until - step.now(), 1ms, 1min);
  if (step.cancel_requested()) co_return co_await sleep_for(span);  // it is known already
  try {
    co_await with_deadline(asked ? step.answered() : step.canceled(), deadline_in(span), "waiting");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout) throw;
  }
}

Awaitable<void> take_all(engine::StepContext& step, const Parts& parts, std::set<std::string> resources, std::vector<std::string>& locks) {
  for (const auto& resource : resources) {
    std::string holder;
    while (const auto other = co_await parts.take(resource, step.job().key)) {
      if (*other != holder) co_await step.log("waiting for " + *other + ", which deploys to these hosts now\n");
      holder = *other;
      if (step.cancel_requested()) throw Error(ErrorKind::invalid, "canceled while waiting for " + holder + "; nothing was changed");
      co_await wait_for(step, step.now() + 2s, false);
    }
    locks.push_back(resource);
  }
}

std::string lock_of_group(const aws::Scope& scope, const std::string& group) {
  return "asg:" + (scope.account.empty() ? aws::account_in(scope.role) : scope.account) + ":" + scope.region + ":" + group;
}

Awaitable<std::string> ringing(const Parts& parts, aws::Scope scope, std::vector<std::string> alarms) {
  const auto states = co_await aws::alarm_states(*parts.aws, std::move(scope), std::move(alarms));
  for (const auto& alarm : states) {
    if (alarm.state == "ALARM") co_return "alarm " + alarm.name + " rang: " + alarm.reason;
    if (alarm.state == "MISSING") co_return "there is no alarm \"" + alarm.name + "\"";
  }
  co_return "";
}

Awaitable<void> look_at_alarms(engine::ActionPlan& plan, const Parts& parts, aws::Scope scope, std::vector<std::string> alarms) {
  if (alarms.empty()) co_return;
  if (const auto why = co_await ringing(parts, std::move(scope), std::move(alarms)); !why.empty())
    plan.problems.push_back({true, why, "the deploy would end before anything is changed"});
}

void need_aws(const Inputs& in, const std::optional<aws::Scope>& scope, const std::string& environment) {
  if (scope) return;
  const char* what = !in.alarms.empty()          ? "alarms are"
                     : !in.target_groups.empty() ? "load-balancer.target-groups are"
                     : !in.groups.empty()        ? "targets.auto-scaling-groups are"
                     : !in.tags.empty()          ? "targets.tags are"
                     : !in.ssh                   ? "transport ssm is"
                                                 : nullptr;
  if (what)
    throw Error(ErrorKind::invalid, std::string(what) + " of AWS, and environment " + environment + " has no `aws:` block",
                "add it to fairlead.yml, or list hosts and write `transport: ssh`");
}

void need_hosts_allowed(const Inputs& in, const Parts& parts, const std::string& environment) {
  if (!in.ssh || !parts.ssh) return;
  const auto allowed = parts.ssh(environment).hosts;
  if (!allowed) return;
  if (!in.tags.empty() || !in.groups.empty())
    throw Error(ErrorKind::refused,
                "environment " + environment + " deploys over ssh to hosts that it names (environments." + environment +
                    ".ssh.hosts), not to those of tags or groups",
                "name them in targets.hosts, or use `transport: ssm`");
  std::vector<std::string> others;
  std::ranges::copy_if(in.hosts, std::back_inserter(others), [&](const auto& host) { return !glob_list_match(*allowed, host); });
  if (!others.empty())
    throw Error(ErrorKind::refused,
                "environment " + environment + " does not deploy to " + join(others, ", ") + " (environments." + environment +
                    ".ssh.hosts: " + (allowed->empty() ? "none" : join(*allowed, ", ")) + ")",
                "name its own hosts in targets.hosts, or let whoever runs the server add them to fairlead.yml");
}

}  // namespace fairlead::deploy::ec2
