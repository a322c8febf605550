// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/deploy_step.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/aws/error.hpp"

// What an ecs-deploy changes beyond the new revision. None of these calls has a token: each can be told by looking.
namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

/// The deployment that this step started: of its revision, and not one that was there before (a rollback's revision may still drain),
/// unless ECS has made that one the PRIMARY.
const Deployment* DeployStep::ours_in(const Service& service) const {
  for (const Deployment& deployment : service.deployments) {
    if (deployment.task_definition != rollout_->task_definition()) continue;
    if (deployment.status == "PRIMARY" || !plan_.baseline.deployments.contains(deployment.id)) return &deployment;
  }
  return nullptr;
}

/// The service, as soon as AWS answers again.
Awaitable<Json> DeployStep::look_patiently() {
  return patiently([this] { return poller_.service(scope_, inputs_.cluster, inputs_.service); });
}

/// Whether UpdateService took effect before the server died. A revision that was registered for this step tells; and when somebody
/// else has set the service to the revision of a rollback meanwhile, it is what was wanted.
Awaitable<std::optional<std::string>> DeployStep::updated_already() {
  for (int tries = 0; tries < 3; ++tries) {
    const Json raw = co_await look_patiently();
    const Service service = service_from(raw);
    if (const Deployment* ours = ours_in(service)) co_return dump(Json{{"deployment", ours->id}});
    const Deployment* primary = service.primary();
    if (primary != nullptr && primary->id != plan_.baseline.deployment) {
      if (primary->task_definition == plan_.baseline.task_definition) co_return dump(Json{{"deployment", ""}});  // came and was rolled back
      throw Error(
          ErrorKind::conflict,
          "while the server was away, someone else set the service to " + revision_of(primary->task_definition) + "; it was left alone",
          "look at the service, then retry the run");
    }
    if (tries < 2) co_await sleep_for(2s);  // reads are eventually consistent
  }
  co_return std::nullopt;
}

/// Among many deploys a revision may wait minutes for its turn to be registered: what the plan was made on must still be there.
Awaitable<void> DeployStep::check_baseline() {
  std::string found;
  for (int tries = 0; tries < 3; ++tries) {
    if (tries > 0) co_await sleep_for(2s);  // reads are eventually consistent
    const Json raw = co_await look_patiently();
    const Service service = service_from(raw);
    const Deployment* primary = service.primary();
    if (primary == nullptr) co_return;
    found = primary->task_definition;
    if (found == plan_.baseline.task_definition || found == rollout_->task_definition()) co_return;
  }
  throw Error(
      ErrorKind::conflict,
      "between the plan of this deploy and its update, someone else set the service to " + revision_of(found) + "; it was left alone",
      "look at the service, then retry the run");
}

Awaitable<std::string> DeployStep::send_update(Json request) {
  co_await check_baseline();
  try {
    const Json answer = co_await parts_.aws->call(scope_, "ecs:UpdateService", request);
    const Service service = service_from(member(answer, "service"));
    const Deployment* ours = ours_in(service);
    co_return dump(Json{{"deployment", ours == nullptr ? "" : ours->id}});
  } catch (const aws::AwsError& error) {
    if (!error.outcome_unknown() && !is_away(error)) throw;
  }
  if (auto found = co_await updated_already()) co_return *found;
  co_await set_service(std::move(request));
  co_return dump(Json{{"deployment", ""}});  // its id shows in the next read
}

/// UpdateService to a given revision, which may be asked for twice.
Awaitable<Json> DeployStep::set_service(Json request) {
  return patiently([this, request = std::move(request)] { return parts_.aws->call(scope_, "ecs:UpdateService", request); });
}

Awaitable<void> DeployStep::update() {
  Json request = update_request(inputs_, plan_, rollout_->task_definition());
  auto probe = [this] { return updated_already(); };
  auto act = [this, request](std::string) { return send_update(request); };
  const std::string result = co_await step_.effect("update-service", store::OpClass::b, dump(request), probe, act);
  const Json answer = parse_json(result);
  rollout_->updated(text_at(answer, "deployment"), step_.now());
}

/// The service deployment of our revision: UpdateService does not name it, and the service's own field may be stale.
Awaitable<std::string> DeployStep::send_stop() {
  const auto found =
      co_await aws::ecs::service_deployments(*parts_.aws, scope_, inputs_.cluster, inputs_.service, rollout_->started() - 1h);
  for (const Json& deployment : found) {
    const std::string status = text_at(deployment, "status");
    if (status != "PENDING" && status != "IN_PROGRESS") continue;
    Json params{{"serviceRevisionArns", Json::array({text_at(member(deployment, "targetServiceRevision"), "arn")})}};
    const Json revisions = co_await parts_.aws->call(scope_, "ecs:DescribeServiceRevisions", std::move(params));
    for (const Json& revision : member(revisions, "serviceRevisions")) {
      if (text_at(revision, "taskDefinition") != rollout_->task_definition()) continue;
      Json stop{{"serviceDeploymentArn", text_at(deployment, "serviceDeploymentArn")}, {"stopType", "ROLLBACK"}};
      const Json answer = co_await parts_.aws->call(scope_, "ecs:StopServiceDeployment", std::move(stop));
      co_return dump(Json{{"stopped", text_at(answer, "serviceDeploymentArn")}});
    }
  }
  co_return dump(Json{{"refused", "no service deployment of this revision is active"}});
}

Awaitable<std::string> DeployStep::try_stop() {
  std::string why;
  try {
    co_return co_await send_stop();
  } catch (const aws::AwsError& error) {
    why = error.code().empty() ? error.message() : error.code();
  }
  co_return dump(Json{{"refused", why}});
}

Awaitable<void> DeployStep::stop_deployment() {
  auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };  // asking again just goes on
  auto act = [this](std::string) { return try_stop(); };
  const Json intent{{"deployment", rollout_->deployment()}};
  const Json result = parse_json(co_await step_.effect("stop-service-deployment", store::OpClass::b, dump(intent), probe, act));
  if (result.contains("stopped")) {
    rollout_->stopped(step_.now());
  } else {
    rollout_->stop_refused(text_at(result, "refused"), step_.now());
  }
}

Awaitable<std::optional<std::string>> DeployStep::restored_already() {
  const Json raw = co_await look_patiently();
  const Service service = service_from(raw);
  const Deployment* primary = service.primary();
  if (primary == nullptr || primary->task_definition != plan_.baseline.task_definition) co_return std::nullopt;
  co_return std::string("{}");
}

Awaitable<std::string> DeployStep::send_restore(Json request) {
  co_await set_service(std::move(request));
  co_return std::string("{}");
}

Awaitable<void> DeployStep::restore() {
  const Json request = restore_request(inputs_, plan_);
  auto probe = [this] { return restored_already(); };
  auto act = [this, request](std::string) { return send_restore(request); };
  std::string why;
  try {
    co_await step_.effect("restore-service", store::OpClass::b, dump(request), probe, act);
  } catch (const aws::AwsError& error) {
    why = error.message();
  }
  if (why.empty()) {
    rollout_->restored(step_.now());
  } else {
    rollout_->restore_refused(why, step_.now());
  }
}

}  // namespace fairlead::deploy::ecs
