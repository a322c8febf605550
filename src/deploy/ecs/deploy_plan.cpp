// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/deploy_plan.hpp"

#include <algorithm>
#include <iterator>

#include "deploy/ecs/fields.hpp"
#include "deploy/ecs/preflight.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

Duration duration_in(const Json& with, std::string_view key, Duration fallback) {
  const std::string text = text_at(with, key);
  if (text.empty()) return fallback;
  const auto span = parse_duration(text);
  if (!span) throw Error(ErrorKind::invalid, std::string(key) + ": \"" + text + "\" is no duration", "write 30s, 10m or 1h30m");
  return *span;
}

/// A number of the pipeline file may come out of an expression as text.
std::optional<int> int_in(const Json& with, std::string_view key) {
  const Json& value = member(with, key);
  if (value.is_number_integer()) return value.get<int>();
  if (!value.is_string()) return std::nullopt;
  const auto number = parse_int(value.get<std::string>());
  if (!number) throw Error(ErrorKind::invalid, std::string(key) + ": \"" + value.get<std::string>() + "\" is no number");
  return static_cast<int>(*number);
}

Awaitable<Json> find_service(aws::Aws& aws, Poller& poller, aws::Scope scope, const Inputs& inputs) {
  Json found = co_await poller.service(scope, inputs.cluster, inputs.service);
  if (!found.is_null()) co_return found;
  Json params{{"cluster", inputs.cluster}};
  const Json listed = co_await aws::all_pages(aws, scope, "ecs:ListServices", std::move(params), "serviceArns", 1000);
  std::vector<std::string> names;
  for (const Json& arn : member(listed, "serviceArns")) names.push_back(short_id(arn.get<std::string>()));
  const auto meant = nearest(inputs.service, names);
  std::string hint = names.empty() ? "the cluster has no services" : "it has: " + ellipsize(join(names, ", "), 300);
  if (meant) hint = "did you mean " + *meant + "?";
  throw Error(ErrorKind::not_found, "there is no service \"" + inputs.service + "\" in cluster " + inputs.cluster, hint);
}

bool carries_our_key(const Json& described) {
  for (const Json& tag : member(described, "tags")) {
    if (text_at(tag, "key") == "fairlead:key") return true;
  }
  return false;
}

Baseline baseline_of(const Service& service, const Wishes& wishes) {
  Baseline it;
  it.task_definition = service.task_definition;
  if (const Deployment* primary = service.primary()) {
    it.task_definition = primary->task_definition;
    it.deployment = primary->id;
    it.completed = primary->rollout == "COMPLETED";
    it.serves = primary->running > 0;
  }
  it.desired = wishes.desired.value_or(service.desired);
  it.min_percent = wishes.min_percent.value_or(service.min_percent);
  it.max_percent = wishes.max_percent.value_or(service.max_percent);
  it.target_groups = service.target_groups;
  for (const Deployment& deployment : service.deployments) it.deployments.insert(deployment.id);
  return it;
}

/// From the waves: a task takes about so long to start, then the slowest health check, then the window in which nothing may fail.
Duration estimate_of(const Baseline& base, const Settings& settings, Duration health) {
  constexpr Duration start = std::chrono::seconds(40);
  const Duration watched = settings.stability + settings.bake;
  return base.reuse ? watched
                    : waves_of(base.desired, wave_of(base.desired, base.min_percent, base.max_percent)) * (start + health) + watched;
}

void describe_plan(DeployPlan& plan, const Inputs& inputs, const Json& before) {
  const auto& base = plan.baseline;
  plan.lines.push_back("service " + inputs.cluster + "/" + inputs.service + " runs " + revision_of(base.task_definition) + ", " +
                       std::to_string(base.desired) + " tasks wanted");
  if (base.reuse) {
    plan.lines.push_back("it runs exactly this already: nothing is changed, it is only watched");
    return;
  }
  plan.changes = differences(before, plan.definition);
  for (const auto& line : plan.changes) plan.lines.push_back("  " + line);
  const int wave = wave_of(base.desired, base.min_percent, base.max_percent);
  plan.lines.push_back(std::to_string(waves_of(base.desired, wave)) + (wave >= base.desired ? " wave" : " waves") + " of up to " +
                       std::to_string(wave) + " tasks");
}

bool changes_settings(const Wishes& wishes) { return wishes.desired || wishes.min_percent || wishes.max_percent; }

/// A rollback's definition: the recorded revision itself while ECS has it, else its content as a new revision.
Awaitable<void> take_recorded(aws::Aws& aws, aws::Scope scope, Json record, DeployPlan& plan) {
  const std::string arn = text_at(record, "task_definition");
  plan.definition = registrable(member(record, "definition"));
  bool active = false;
  try {
    const Json described = co_await aws::ecs::describe_task_definition(aws, scope, arn);
    active = text_at(member(described, "taskDefinition"), "status", "ACTIVE") == "ACTIVE";
  } catch (const aws::AwsError& error) {
    if (error.failure() != aws::Failure::not_found && error.failure() != aws::Failure::rejected) throw;
  }
  if (active) plan.baseline.revision = arn;
  plan.lines.push_back("rollback: " + revision_of(arn) +
                       (active ? ", as it was deployed then" : " is not there any more: what it was is registered again"));
}

/// Whether there is nothing to do: the service is at rest and runs this content, or a rollback's very revision, which then is only
/// watched; one that ECS has given up is tried anew.
bool runs_already(const DeployPlan& plan, const Service& service, const Wishes& wishes, const Json& before) {
  if (changes_settings(wishes)) return false;
  const Deployment* primary = service.primary();
  const bool given_up = primary != nullptr && primary->rollout == "FAILED";
  if (!plan.baseline.revision.empty() && plan.baseline.revision == plan.baseline.task_definition) return !given_up;
  const bool steady = plan.baseline.completed && service.running >= plan.baseline.desired;
  return steady && content_hash(before) == content_hash(plan.definition);
}

}  // namespace

Inputs inputs_from(Json with, const Json& recorded) {
  Inputs it;
  if (recorded.is_object()) {
    it.recorded = recorded;
    for (const char* key : {"cluster", "service"}) with[key] = text_at(recorded, key, text_at(with, key));
    for (const char* key : {"images", "task-definition"}) with.erase(key);
  }
  it.cluster = text_at(with, "cluster");
  it.service = text_at(with, "service");
  it.file = text_at(with, "task-definition");
  it.images = images_wanted(with);
  it.settings.wait_for_completed = text_at(with, "wait-for") == "completed";
  it.settings.stability = duration_in(with, "stability", std::chrono::seconds(30));
  it.settings.bake = duration_in(with, "bake", Duration(0));
  it.settings.progress = duration_in(with, "progress-deadline", std::chrono::minutes(10));
  it.settings.roll_back = flag_at(with, "rollback", true);
  it.settings.patience = duration_in(with, "answer-within", std::chrono::hours(1));
  for (const Json& alarm : member(with, "alarms")) it.settings.alarms.push_back(alarm.get<std::string>());
  it.wishes.strategy = text_at(with, "strategy", "rolling");
  it.wishes.desired = int_in(with, "desired-count");
  it.wishes.min_percent = int_in(with, "min-healthy");
  it.wishes.max_percent = int_in(with, "max-healthy");
  return it;
}

Json to_json(const DeployPlan& plan) {
  const Baseline& base = plan.baseline;
  return {{"service_arn", plan.service_arn},
          {"definition", plan.definition},
          {"configuration", plan.configuration},
          {"baseline",
           {{"task_definition", base.task_definition},
            {"deployment", base.deployment},
            {"completed", base.completed},
            {"serves", base.serves},
            {"desired", base.desired},
            {"min_percent", base.min_percent},
            {"max_percent", base.max_percent},
            {"target_groups", base.target_groups},
            {"health_checked", base.health_checked},
            {"reuse", base.reuse},
            {"revision", base.revision},
            {"deployments", base.deployments}}}};
}

DeployPlan plan_from(const Json& json) {
  DeployPlan plan;
  plan.service_arn = text_at(json, "service_arn");
  plan.definition = member(json, "definition");
  plan.configuration = member(json, "configuration");
  const Json& base = member(json, "baseline");
  plan.baseline.task_definition = text_at(base, "task_definition");
  plan.baseline.deployment = text_at(base, "deployment");
  plan.baseline.completed = flag_at(base, "completed");
  plan.baseline.serves = flag_at(base, "serves", true);
  plan.baseline.desired = static_cast<int>(number_at(base, "desired"));
  plan.baseline.min_percent = static_cast<int>(number_at(base, "min_percent"));
  plan.baseline.max_percent = static_cast<int>(number_at(base, "max_percent"));
  for (const Json& group : member(base, "target_groups")) plan.baseline.target_groups.push_back(group.get<std::string>());
  plan.baseline.health_checked = flag_at(base, "health_checked");
  plan.baseline.reuse = flag_at(base, "reuse");
  plan.baseline.revision = text_at(base, "revision");
  for (const Json& id : member(base, "deployments")) plan.baseline.deployments.insert(id.get<std::string>());
  return plan;
}

Awaitable<DeployPlan> make_plan(const Parts& parts, Poller& poller, aws::Scope scope, const Inputs& inputs) {
  const Json raw = co_await find_service(*parts.aws, poller, scope, inputs);
  const Service service = service_from(raw);
  DeployPlan plan;
  plan.service_arn = service.arn;
  plan.configuration = member(raw, "deploymentConfiguration");
  plan.baseline = baseline_of(service, inputs.wishes);
  Json before;
  if (!plan.baseline.task_definition.empty()) {
    before = co_await aws::ecs::describe_task_definition(*parts.aws, scope, plan.baseline.task_definition);
  }
  plan.findings = check_service(service, inputs.wishes, carries_our_key(before));
  if (service.controller != "ECS" || service.status != "ACTIVE") co_return plan;
  const bool recorded = inputs.recorded.is_object();
  if (recorded) {
    co_await take_recorded(*parts.aws, scope, inputs.recorded, plan);
  } else if (inputs.file.empty() && inputs.images.empty()) {
    plan.findings.push_back({true, "the step names neither a task-definition nor images: there is nothing to deploy",
                             "give `task-definition: file` or `images: { container: … }`"});
    co_return plan;
  } else {
    if (!inputs.file.empty()) std::ranges::move(unknown_fields(inputs.given), std::back_inserter(plan.findings));
    plan.definition = with_images(inputs.file.empty() ? registrable(before) : inputs.given, inputs.images);
  }
  Json checked = co_await pinned(parts, scope, plan.definition, plan.findings);
  if (!recorded) plan.definition = std::move(checked);  // what was recorded stays as it was, also where a tag could not be pinned then
  plan.baseline.health_checked = has_health_check(plan.definition);
  plan.baseline.reuse = runs_already(plan, service, inputs.wishes, before);
  if (plan.baseline.reuse || plan.baseline.revision == plan.baseline.task_definition) plan.baseline.revision.clear();
  co_await check_definition(*parts.aws, scope, plan.definition, plan.findings);
  const Duration health = co_await check_surroundings(*parts.aws, scope, service, inputs.settings.alarms, plan.findings);
  plan.estimate = estimate_of(plan.baseline, inputs.settings, health);
  describe_plan(plan, inputs, before);
  co_return plan;
}

Json update_request(const Inputs& inputs, const DeployPlan& plan, const std::string& task_definition) {
  Json request{{"cluster", inputs.cluster}, {"service", inputs.service}, {"taskDefinition", task_definition}};
  if (inputs.wishes.desired) request["desiredCount"] = *inputs.wishes.desired;
  if (inputs.wishes.min_percent || inputs.wishes.max_percent) {
    Json configuration = plan.configuration.is_object() ? plan.configuration : Json::object();
    if (inputs.wishes.min_percent) configuration["minimumHealthyPercent"] = *inputs.wishes.min_percent;
    if (inputs.wishes.max_percent) configuration["maximumPercent"] = *inputs.wishes.max_percent;
    request["deploymentConfiguration"] = std::move(configuration);
  }
  return request;
}

Json restore_request(const Inputs& inputs, const DeployPlan& plan) {
  Json request{{"cluster", inputs.cluster}, {"service", inputs.service}, {"taskDefinition", plan.baseline.task_definition}};
  if ((inputs.wishes.min_percent || inputs.wishes.max_percent) && plan.configuration.is_object())
    request["deploymentConfiguration"] = plan.configuration;
  return request;
}

}  // namespace fairlead::deploy::ecs
