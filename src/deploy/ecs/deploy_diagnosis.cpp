// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "deploy/ecs/deploy_step.hpp"
#include "deploy/ecs/report.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/error.hpp"
#include "fairlead/aws/logs.hpp"
#include "fairlead/base/strings.hpp"

// Why it failed, while AWS still has it: stopped tasks are shown for an hour.
namespace fairlead::deploy::ecs {
namespace {

constexpr int first_lines = 20, last_lines = 30;

std::vector<std::string> texts(const std::vector<aws::logs::Line>& lines) {
  std::vector<std::string> out;
  for (const auto& line : lines) out.push_back(line.text);
  return out;
}

/// Which container of the fingerprint "code|reason|container|exit|reason" it was.
std::string container_of(const Exhibit& it, const Json& definition) {
  const auto parts = split(it.strike.fingerprint, '|');
  return parts.size() > 2 && !parts[2].empty() ? parts[2] : main_container(definition);
}

Awaitable<void> add_lines(aws::Aws& aws, aws::Scope scope, const Json& definition, Exhibit& it) {
  const std::string container = container_of(it, definition);
  const LogPlace place = log_place(definition, container);
  if (!place.readable()) {
    it.log_note = "container " + container + " does not log to CloudWatch Logs with a stream prefix";
    co_return;
  }
  if (!place.region.empty()) scope.region = place.region;
  const std::string stream = place.stream(container, short_id(it.task));
  try {
    const auto tail = co_await aws::logs::tail(aws, scope, place.group, stream, last_lines);
    it.last_lines = texts(tail.lines);
    if (static_cast<int>(tail.lines.size()) >= last_lines) {
      const auto head = co_await aws::logs::head(aws, scope, place.group, stream, first_lines);
      it.first_lines = texts(head.lines);
    }
    if (it.last_lines.empty()) it.log_note = "container " + container + " wrote nothing";
  } catch (const aws::AwsError& error) {
    it.log_note = error.message();
  }
}

std::string unhealthy(const std::vector<Target>& targets) {
  std::vector<std::string> reasons;
  for (const Target& target : targets) {
    if (target.state == "healthy" || target.state == "draining" || target.reason.empty()) continue;
    std::string text = target.reason + (target.description.empty() ? "" : ": " + target.description);
    if (std::ranges::find(reasons, text) == reasons.end()) reasons.push_back(std::move(text));
  }
  return join(reasons, "; ");
}

}  // namespace

/// Nothing here may keep the rollback from going on: what cannot be read is said to be so.
Awaitable<void> DeployStep::diagnose() {
  auto found = exhibits(rollout_->strikes());
  std::string health;
  try {
    const auto targets = co_await watch_->targets(plan_.baseline.target_groups);
    health = unhealthy(targets);
  } catch (const aws::AwsError&) {
    health.clear();
  }
  for (auto& it : found) {
    co_await add_lines(*parts_.aws, scope_, plan_.definition, it);
    if (it.strike.cause == Cause::health) it.health = health;
  }
  report_ = report(*rollout_->verdict(), *rollout_, found, watch_->events());
  co_await step_.remember("report", report_, true);
  co_await step_.log(report_);
  rollout_->diagnosed(step_.now());
}

}  // namespace fairlead::deploy::ecs
