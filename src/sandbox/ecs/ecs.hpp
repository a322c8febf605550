// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbox/context.hpp"

/// ECS: names and values that its parts share. Functions whose comment says so throw Refusal in AWS's words.
namespace fairlead::sandbox::ecs {

// clusters.cpp
/// Of a name or an ARN, empty: "default". Refusal: ClusterNotFoundException.
Json& find_cluster(Context&, const std::string& name);
std::string cluster_arn(Context&, const Json& params);
void add_clusters(Table&);

// task_definitions.cpp
/// Of an ARN, "family" or "family:7"; null when there is none.
Json* find_task_definition(Context&, const std::string& name);
/// Refusal: ClientException when there is none or it is inactive.
Json& usable_task_definition(Context&, const std::string& name);
void add_task_definitions(Table&);

// tags.cpp
Json tags_of(Context&, const std::string& arn);
bool wants_tags(const Json& params);
void add_tags(Table&);

// services.cpp, service_update.cpp, service_view.cpp
Service* find_service(Context&, const std::string& cluster, const std::string& name);
/// Refusal: ServiceNotFoundException, ServiceNotActiveException.
Service& active_service(Context&, const Json& params);
std::string controller_of(const Service&);
Json service_view(Context&, Service&);
/// Refuses settings that AWS refuses, and those that this world does not have.
void check_service(Context&, const Json& fields);
Json merged_configuration(const Json& old, const Json& given);
void add_services(Table&);
void add_service_update(Table&);

// deployments.cpp
/// A new PRIMARY with a revision made of the service's fields; the earlier ones become ACTIVE.
void begin_deployment(Context&, Service&, const std::string& reason);
/// A new PRIMARY of an earlier revision, inside the same service deployment.
void begin_rollback(Context&, Service&, const std::string& revision, const std::string& reason, const std::string& event);
ServiceDeployment* service_deployment_of(Context&, const Service&);
/// What a service revision is made of: a change of one of these starts a deployment.
const std::vector<std::string>& revision_parts();
Json revision_fields(const Json& fields);
void set_status(Context&, ServiceDeployment&, const std::string& status, const std::string& reason = {});
bool is_over(const ServiceDeployment&);

// service_deployments.cpp
void add_service_deployments(Table&);

// scheduler.cpp
/// One look of the service's scheduler: replaces, launches, stops, completes. Plans the next one while something is going on.
void look(Context&, Service&);
/// A look soon, because something changed.
void wake(Context&, Service&);
void say(Context&, Service&, const std::string& text);

// breaker.cpp
int threshold_of(const Service&, const Json& configuration);
/// A task of the deployment failed; may make the deployment FAILED and begin its rollback.
void count_failure(Context&, Service&, Task&);
void note_healthy(Context&, Service&, Task&);
/// Fails the PRIMARY: rolls back when `rollback`, else launches nothing more.
void fail_deployment(Context&, Service&, const std::string& cause, bool rollback, const std::string& detail);
void watch_alarms(Context&, Service&);
bool any_alarm(Context&, const Json& names, std::vector<std::string>* which = nullptr);

// task_api.cpp
void add_tasks(Table&);

// task_make.cpp
struct TaskRequest {
  std::string cluster, task_definition, started_by, group, service, deployment, launch_type;
  Json overrides = Json::object(), tags = Json::array(), network, load_balancers = Json::array(), capacity;
  bool exec = false;
};
Task& make_task(Context&, const TaskRequest&);
Json task_view(Context&, const Task&, bool tags);

// task_life.cpp
/// Ends a task in the orderly way: drains its targets, then SIGTERM, then STOPPED.
void stop_task(Context&, Task&, const std::string& code, const std::string& reason);
void on_provisioned(Context&, Task&);
void on_pulled(Context&, Task&);
void on_start_due(Context&, Task&);
void on_drained(Context&, Task&);
void on_stop_due(Context&, Task&);
void on_crash(Context&, Task&, int code);
void on_kill(Context&, Task&);
void container_started(Context&, Task&, const ContainerStarted&);
void container_failed(Context&, Task&, const ContainerFailed&);
void container_exited(Context&, Task&, const std::string& name, int code);
/// Running and, where something checks it, healthy; without any check after `settle`.
bool is_healthy(Context&, const Task&);
std::string container_health(const Task&);
bool checks_health(const Task&);

// task_checks.cpp
void plan_checks(Context&, Task&);
void on_check_due(Context&, Task&, const std::string& container);
void check_ended(Context&, Task&, const CheckEnded&);

// image.cpp
struct Image {
  std::string kind;     ///< process | container | sim
  std::string program;  ///< of a process
  std::string version;  ///< tag
  std::string digest;   ///< sha256:…; empty: not known before the pull
  std::string problem;  ///< CannotPullContainerError's words
};
/// What an image name means here; looks into the ECR of this world.
Image resolve_image(Context&, const std::string& name);

}  // namespace fairlead::sandbox::ecs
