// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/action_plan.hpp"

#include "deploy/ecs/deploy_plan.hpp"
#include "deploy/ecs/preflight.hpp"
#include "deploy/ecs/schedule.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

bool is_open(const Json& value) { return value.is_object() && value.contains("$expr"); }

/// The first place in the value that is not known yet: "cluster", "network.subnets".
std::string open_in(const Json& value, const std::string& path) {
  if (is_open(value)) return path + " (" + text_at(value, "$expr") + ")";
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      if (auto found = open_in(inner, path.empty() ? key : path + "." + key); !found.empty()) return found;
    }
  }
  if (value.is_array()) {
    for (const Json& inner : value) {
      if (auto found = open_in(inner, path); !found.empty()) return found;
    }
  }
  return {};
}

engine::ActionPlan known_later(const std::string& what, const Json& with) {
  engine::ActionPlan plan;
  plan.lines.push_back("what it does is known when " + what + " is");
  plan.digest = sha256_hex("later\n" + dump(with));
  return plan;
}

/// A look that AWS did not answer could make another plan out of the same world: then there is none.
void take_findings(engine::ActionPlan& plan, const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    if (finding.passing) throw Error(ErrorKind::unavailable, finding.text);
    plan.problems.push_back({finding.fatal, finding.text, finding.advice});
  }
}

std::string hash_of(const Json& definition) { return definition.is_object() ? content_hash(definition) : "none"; }

void digest(engine::ActionPlan& plan, const Json& with, const std::vector<std::string>& facts) {
  plan.digest = sha256_hex(dump(with) + "\n" + join(facts, "\n"));
}

Json images_json(const Json& definition) {
  Json images = Json::object();
  for (const auto& [container, image] : images_of(definition)) images[container] = image;
  return images;
}

/// "ecs:ap-northeast-1:web/api"
std::string target_of(const aws::Scope& scope, const std::string& cluster, const std::string& name) {
  return "ecs:" + scope.region + ":" + cluster + "/" + name;
}

/// The definition of a file of the commit. Null when an earlier step may still write it; then `later` says what is not known.
Awaitable<Json> read_given(engine::PlanContext& context, const Parts& parts, std::string file, std::string& later) {
  const auto text = co_await context.file(file);
  if (!text && !context.early())
    throw Error(ErrorKind::not_found, "task-definition " + file + " is not in the repository at this commit",
                "commit it, or correct its path");
  if (!text) later = "an earlier step has written task-definition " + file;
  if (!text) co_return Json();
  try {
    co_return definition_of(parts, file, *text, context.contexts());
  } catch (const Error& error) {
    if (!context.early()) throw;
    later = "task-definition " + file + " can be read (" + error.message() + ")";
  }
  co_return Json();
}

/// "api:41 → a new revision of api".
std::string step_of(const std::string& before, const Named& named) {
  const std::string after = named.arn.empty() ? "a new revision of " + text_at(named.definition, "family") : revision_of(named.arn);
  return before.empty() ? after : revision_of(before) + " → " + after;
}

void describe_run(engine::ActionPlan& plan, const Named& named, const Json& with, const std::string& cluster) {
  const Json& count = member(with, "count");
  const std::string times = count.is_string() ? count.get<std::string>() : std::to_string(number_at(with, "count", 1));
  plan.lines.push_back("runs " + step_of({}, named) + (times == "1" ? "" : " (" + times + " tasks)") + " in cluster " + cluster +
                       " and waits for its end");
  for (const auto& [container, image] : images_of(named.definition)) plan.lines.push_back("  container " + container + ": " + image);
  std::vector<std::string> words;
  for (const Json& word : member(with, "command")) words.push_back(word.is_string() ? word.get<std::string>() : dump(word));
  if (!words.empty()) plan.lines.push_back("  command: " + join(words, " "));
}

Awaitable<void> check_cluster(aws::Aws& aws, aws::Scope scope, std::string cluster, engine::ActionPlan& plan) {
  Json params{{"clusters", Json::array({cluster})}};
  const Json answer = co_await aws.call(scope, "ecs:DescribeClusters", std::move(params));
  for (const Json& it : member(answer, "clusters")) {
    if (text_at(it, "status", "ACTIVE") == "ACTIVE") co_return;
  }
  plan.problems.push_back({true, "there is no cluster \"" + cluster + "\" in " + scope.region, "correct `cluster`, or create it"});
}

/// The target that a schedule step changes, as it is now.
struct Scheduled {
  std::string name;        ///< "rule nightly"
  std::string expression;  ///< "cron(…)"
  std::string state;
  std::string before;      ///< ARN of the revision that it runs
};

Awaitable<Scheduled> look_at_schedule(aws::Aws& aws, aws::Scope scope, Json with) {
  const std::string rule = text_at(with, "rule"), schedule = text_at(with, "schedule");
  Json described, target;
  if (rule.empty()) {
    Json params{{"Name", schedule}, {"GroupName", text_at(with, "group", "default")}};
    described = co_await aws.call(scope, "scheduler:GetSchedule", std::move(params));
    target = member(described, "Target");
  } else {
    Json by_name{{"Name", rule}};
    described = co_await aws.call(scope, "events:DescribeRule", std::move(by_name));
    Json of_rule{{"Rule", rule}};
    const Json listed = co_await aws.call(scope, "events:ListTargetsByRule", std::move(of_rule));
    target = choose_target(member(listed, "Targets"), text_at(with, "target"), rule);
  }
  changed_target(target, {});  // throws for a target that runs no task
  co_return Scheduled{rule.empty() ? "schedule " + schedule : "rule " + rule, text_at(described, "ScheduleExpression"),
                      text_at(described, "State"), text_at(member(target, "EcsParameters"), "TaskDefinitionArn")};
}

void describe_schedule(engine::ActionPlan& plan, const Scheduled& now, const Named& named, const Json& with) {
  plan.lines.push_back(now.name + " (" + now.expression + ", " + to_lower(now.state) + ") runs " + step_of(now.before, named));
  const std::string wanted = text_at(with, "expression");
  if (!wanted.empty() && wanted != now.expression) plan.lines.push_back("  expression: " + now.expression + " → " + wanted);
  const Json& enabled = member(with, "enabled");
  if (enabled.is_boolean() && enabled.get<bool>() != (now.state == "ENABLED"))
    plan.lines.push_back(enabled.get<bool>() ? "  is switched on" : "  is switched off");
}

}  // namespace

std::string prepare_inputs(Json& with) {
  if (with.contains("images") && with["images"].is_object()) {
    for (auto& [container, image] : with["images"].items()) {
      if (is_open(image)) image = unbuilt_image(text_at(image, "$expr"));
    }
  }
  return open_in(with, {});
}

Awaitable<engine::ActionPlan> plan_deploy(engine::PlanContext& context, const Parts& parts, Poller& poller) {
  Json with = context.with();
  if (context.recorded().is_object()) {
    with["images"] = Json::object();  // not built again: the record says what is deployed
    with["recorded"] = text_at(context.recorded(), "hash");
  }
  if (const auto open = prepare_inputs(with); !open.empty()) co_return known_later(open, with);
  Inputs inputs = inputs_from(with, context.recorded());
  const aws::Scope scope = scope_of(context.environment(), parts);
  std::string later;
  if (!inputs.file.empty()) inputs.given = co_await read_given(context, parts, inputs.file, later);
  if (!later.empty()) co_return known_later(later, with);
  DeployPlan made = co_await make_plan(parts, poller, scope, inputs);
  engine::ActionPlan plan;
  take_findings(plan, made.findings);
  const auto& base = made.baseline;
  plan.lines = std::move(made.lines);
  if (!base.reuse && base.revision.empty() && made.definition.is_object())
    plan.lines.push_back(step_of(base.task_definition, {made.definition, {}}) + " is registered, then the service is set to it");
  if (made.estimate > Duration::zero()) plan.lines.push_back("about " + format_duration(made.estimate) + " until it serves");
  digest(plan, with, {made.service_arn, base.task_definition, hash_of(made.definition)});
  const int wave = wave_of(base.desired, base.min_percent, base.max_percent);
  plan.details = std::make_shared<const Json>(Json{{"kind", "ecs-deploy"},
                                                   {"target", target_of(scope, inputs.cluster, inputs.service)},
                                                   {"service", made.service_arn},
                                                   {"current", base.task_definition},
                                                   {"family", text_at(made.definition, "family")},
                                                   {"images", images_json(made.definition)},
                                                   {"changes", made.changes},
                                                   {"unchanged", base.reuse},
                                                   {"desired", base.desired},
                                                   {"wave", wave},
                                                   {"waves", waves_of(base.desired, wave)},
                                                   {"seconds", std::chrono::duration_cast<std::chrono::seconds>(made.estimate).count()}});
  co_return plan;
}

Awaitable<engine::ActionPlan> plan_run_task(engine::PlanContext& context, const Parts& parts) {
  Json with = context.with();
  if (const auto open = prepare_inputs(with); !open.empty()) co_return known_later(open, with);
  const aws::Scope scope = scope_of(context.environment(), parts);
  const std::string name = text_at(with, "task-definition"), cluster = text_at(with, "cluster");
  Json given;
  std::string later;
  if (is_file(name)) given = co_await read_given(context, parts, name, later);
  if (!later.empty()) co_return known_later(later, with);
  std::vector<Finding> findings;
  const Named named = co_await find_definition(parts, scope, name, std::move(given), images_wanted(with), findings);
  engine::ActionPlan plan;
  take_findings(plan, findings);
  co_await check_cluster(*parts.aws, scope, cluster, plan);
  describe_run(plan, named, with, cluster);
  digest(plan, with, {named.arn, hash_of(named.definition)});
  plan.details = std::make_shared<const Json>(Json{{"kind", "ecs-run-task"},
                                                   {"target", target_of(scope, cluster, text_at(named.definition, "family"))},
                                                   {"task_definition", named.arn},
                                                   {"images", images_json(named.definition)}});
  co_return plan;
}

Awaitable<engine::ActionPlan> plan_schedule(engine::PlanContext& context, const Parts& parts) {
  Json with = context.with();
  if (const auto open = prepare_inputs(with); !open.empty()) co_return known_later(open, with);
  if (text_at(with, "rule").empty() == text_at(with, "schedule").empty())
    throw Error(ErrorKind::invalid, "give either `rule` (EventBridge) or `schedule` (EventBridge Scheduler)");
  const aws::Scope scope = scope_of(context.environment(), parts);
  const std::string name = text_at(with, "task-definition");
  Json given;
  std::string later;
  if (is_file(name)) given = co_await read_given(context, parts, name, later);
  if (!later.empty()) co_return known_later(later, with);
  std::vector<Finding> findings;
  const Named named = co_await find_definition(parts, scope, name, std::move(given), images_wanted(with), findings);
  const Scheduled now = co_await look_at_schedule(*parts.aws, scope, with);
  engine::ActionPlan plan;
  take_findings(plan, findings);
  describe_schedule(plan, now, named, with);
  const Json before = co_await aws::ecs::describe_task_definition(*parts.aws, scope, now.before);
  const auto changes = differences(before, named.definition);
  for (const auto& line : changes) plan.lines.push_back("  " + line);
  digest(plan, with, {now.name, now.before, now.expression, now.state, named.arn, hash_of(named.definition)});
  plan.details = std::make_shared<const Json>(Json{{"kind", "ecs-schedule"},
                                                   {"target", now.name},
                                                   {"current", now.before},
                                                   {"images", images_json(named.definition)},
                                                   {"changes", changes}});
  co_return plan;
}

}  // namespace fairlead::deploy::ecs
