// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "deploy/ec2/fleet_plan.hpp"
#include "deploy/ec2/fleet_step.hpp"
#include "deploy/ec2/refresh_step.hpp"
#include "deploy/ec2/shared.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/deploy/appspec.hpp"

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

namespace {

std::string in_words(const Error& error) { return error.message() + (error.hint().empty() ? "" : "; " + error.hint()); }

/// What can be told of inputs without a run; nullopt when it depends on expressions. Throws as inputs_from.
std::optional<ec2::Inputs> literal_inputs(const Json& with) {
  // Expressions in these say nothing about the others.
  Json literal = with;
  for (const char* key : {"env", "image", "launch-template-version", "files", "archive", "alarms", "bucket", "health"})
    if (dump(member(literal, key)).contains("${{")) literal.erase(key);
  if (dump(literal).contains("${{")) return {};
  return ec2::inputs_from(literal);
}

}  // namespace

std::string problem_of_ec2_inputs(const Json& with) {
  try {
    literal_inputs(with);
  } catch (const Error& error) {
    return in_words(error);
  }
  return {};
}

std::string problem_of_ec2_files(const Json& with, const std::filesystem::path& bundle, bool complete) {
  std::optional<ec2::Inputs> in;
  try {
    in = literal_inputs(with);
  } catch (const Error&) {
    return {};  // told already
  }
  // The files of an archive, and what an image of AWS has, are not here.
  if (!in || in->refresh || !member(with, "archive").is_null() || !in->destination.empty()) return {};
  const auto name = appspec_in(bundle, in->appspec);
  if (!name.empty() && !in->starts_nothing()) return in_words(ec2::two_ways(name, "the folder"));
  if (name.empty() && complete && in->starts_nothing()) return in_words(ec2::no_way(*in, "the folder"));
  return {};
}

void add_ec2_actions(engine::Actions& actions, const Parts& parts) { actions["ec2-deploy"] = std::make_shared<FleetAction>(parts); }

}  // namespace fairlead::deploy
