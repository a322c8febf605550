// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "deploy/ec2/inputs.hpp"
#include "deploy/ec2/rollout.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

/// What the steps of both strategies do alike.
namespace fairlead::deploy::ec2 {

/// Waits until `until`, at most a minute; sooner when the step is canceled, or answered while `asked`.
Awaitable<void> wait_for(engine::StepContext&, Time until, bool asked);

/// Takes the locks of real resources, in the same order everywhere, and says in the log for whom it waits. `locks`: those that it has,
/// also when it is canceled meanwhile: Error(invalid).
Awaitable<void> take_all(engine::StepContext&, const Parts&, std::set<std::string> resources, std::vector<std::string>& locks);
/// "asg:<account>:<region>:<group>".
std::string lock_of_group(const aws::Scope&, const std::string& group);

/// Why an alarm condemns what is deployed; empty: none does. Throws AwsError.
Awaitable<std::string> ringing(const Parts&, aws::Scope, std::vector<std::string> alarms);
/// Says in a plan that one of them rings or does not exist.
Awaitable<void> look_at_alarms(engine::ActionPlan&, const Parts&, aws::Scope, std::vector<std::string> alarms);
/// Throws Error(invalid) when something of AWS is asked for, and the environment has no `aws:` block.
void need_aws(const Inputs&, const std::optional<aws::Scope>&, const std::string& environment);
/// Throws Error(refused) when the step names a host that the environment does not deploy to over ssh (environments.<name>.ssh.hosts).
void need_hosts_allowed(const Inputs&, const Parts&, const std::string& environment);

/// The question is the machine's, and as durable: it is asked again after a restart, which is the same question.
template <class Machine>
Awaitable<void> ask_people(engine::StepContext& step, Machine& machine) {
  const auto asked = machine.asked();
  if (!asked) co_return co_await step.withdraw();
  const std::string key = "checkpoint-" + std::to_string(asked->round);
  co_await step.ask({key, asked->text, checkpoint_answers, asked->until});
  if (const auto given = step.answer(key)) machine.answered(given->choice, given->by, step.now());
}

}  // namespace fairlead::deploy::ec2
