// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet_plan.hpp"
#include "deploy/ec2/fleet_step.hpp"
#include "deploy/ec2/refresh_step.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::deploy {
namespace {

class FleetAction : public engine::Action {
 public:
  explicit FleetAction(const Parts& parts) : parts_(parts) {}
  std::string_view name() const override { return "ec2-deploy"; }
  bool keeps_time() const override { return true; }
  bool plans() const override { return true; }
  Awaitable<engine::ActionPlan> plan(engine::PlanContext& context) override { co_return co_await ec2::plan_fleet(context, parts_); }
  Awaitable<engine::StepOutcome> run(engine::StepContext& step) override {
    if (text_at(step.with(), "strategy") == "instance-refresh") {
      ec2::RefreshStep refresh(step, parts_);
      co_return co_await refresh.run();
    }
    ec2::FleetStep fleet(step, parts_);
    co_return co_await fleet.run();
  }

 private:
  Parts parts_;
};

}  // namespace

std::string problem_of_ec2_inputs(const Json& with) {
  // Expressions in these say nothing about the others.
  Json literal = with;
  for (const char* key : {"env", "image", "launch-template-version", "files", "archive", "alarms", "bucket", "health"})
    if (dump(member(literal, key)).contains("${{")) literal.erase(key);
  if (dump(literal).contains("${{")) return {};
  try {
    ec2::inputs_from(literal);
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  return {};
}

void add_ec2_actions(engine::Actions& actions, const Parts& parts) { actions["ec2-deploy"] = std::make_shared<FleetAction>(parts); }

}  // namespace fairlead::deploy
