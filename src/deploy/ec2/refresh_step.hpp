// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/ec2/group.hpp"
#include "deploy/ec2/inputs.hpp"
#include "deploy/ec2/refresh.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy::ec2 {

/// A version of a launch template, and the image in it.
struct TemplateVersion {
  std::string number, image;
};
/// "7", "$Latest" or "$Default" of a launch template. Throws Error(not_found).
Awaitable<TemplateVersion> find_version(aws::Aws&, aws::Scope, std::string template_id, std::string wanted);
/// The group as DescribeAutoScalingGroups shows it. Throws Error(not_found).
Awaitable<Json> describe_group(aws::Aws&, aws::Scope, std::string name);
/// The group's newest refresh that is still going on; null when there is none.
Awaitable<Json> active_refresh(aws::Aws&, aws::Scope, std::string name);

/// One `ec2-deploy` step with `strategy: instance-refresh`: performs what the machine says and feeds back what it sees. Started again from
/// its first line after a restart of the server. Lives as long as its coroutine.
class RefreshStep {
 public:
  RefreshStep(engine::StepContext&, const Parts&);
  Awaitable<engine::StepOutcome> run();

 private:
  Awaitable<void> prepare();
  Awaitable<void> plan();
  Awaitable<std::string> wanted_version(const Group&);
  Awaitable<std::string> new_version(const Group&);
  Awaitable<void> walk();
  Awaitable<void> perform(RefreshCommand);
  Awaitable<RefreshLook> look();
  Awaitable<Json> activities();
  Awaitable<void> start(std::string name, std::string version, int percent);
  Awaitable<std::string> send_start(Json request, std::string version, std::vector<std::string> known);
  Awaitable<void> find_started(int round);
  Awaitable<std::optional<std::string>> find_ours(std::string version, std::vector<std::string> known);
  Json request_of(const std::string& version, int percent) const;
  Awaitable<void> change(std::string name, std::string operation);
  Awaitable<void> watch_alarms();
  Awaitable<void> tell();
  void check_time();
  engine::StepOutcome outcome_of() const;

  engine::StepContext& step_;
  const Parts& parts_;
  Inputs inputs_;
  aws::Scope scope_;
  std::vector<std::string> locks_;
  Group group_;
  std::string version_, baseline_, image_, refresh_;
  std::set<std::string> failed_before_;  ///< activities
  bool nothing_to_do_ = false;
  Time started_{}, deadline_ = Time::max(), alarms_at_{};
  bool timed_out_ = false;
  std::optional<Refresh> machine_;
  std::string kept_memory_, told_progress_;
};

}  // namespace fairlead::deploy::ec2
