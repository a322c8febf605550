// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/classifier.hpp"

#include <gtest/gtest.h>

namespace fairlead::deploy::ecs {
namespace {

Task stopped(std::string code, std::string reason, std::optional<int> exit_code = {}, std::string container_reason = {}) {
  Task task;
  task.arn = "arn:aws:ecs:eu-west-1:111122223333:task/web/0123456789abcdef0123456789abcdef";
  task.stop_code = std::move(code);
  task.stopped_reason = std::move(reason);
  task.containers = {{"app", exit_code, std::move(container_reason), "UNKNOWN"}};
  return task;
}

struct Row {
  Cause cause;
  Task task;
};

/// Texts as AWS writes them (ECS developer guide "Stopped tasks error messages", and issues that quote them).
const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {Cause::config,
       stopped("TaskFailedToStart",
               "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
               "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:nope: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/api:nope: not found")},
      {Cause::config, stopped("TaskFailedToStart", "Task failed to start", {},
                              "CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref "
                              "\"docker.io/library/nope:1\": pull access denied, repository does not exist or may require authorization")},
      {Cause::config, stopped("TaskFailedToStart",
                              "CannotPullContainerError: Error response from daemon: manifest for api:2 not found: manifest unknown: "
                              "Requested image not found")},
      {Cause::config, stopped("TaskFailedToStart",
                              "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain "
                              "descriptor matching platform 'linux/amd64'")},
      {Cause::config, stopped("TaskFailedToStart",
                              "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer sha256:0123: write "
                              "/var/lib/x: no space left on device: unknown")},
      {Cause::config,
       stopped("TaskFailedToStart", "CannotPullImageManifestError: Error response from daemon: manifest for api:2 not found")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
                              "unable to retrieve secret from asm: "
                              "service call has been retried 1 time(s): failed to fetch secret "
                              "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db from secrets manager: "
                              "ResourceNotFoundException: Secrets Manager can't find the specified secret.")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
                              "unable to retrieve secrets from ssm: "
                              "service call has been retried 1 time(s): AccessDeniedException: User: "
                              "arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: ssm:GetParameters")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: "
                              "invalid ssm parameters: /shop/db")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
                              "to create Cloudwatch log stream: "
                              "ResourceNotFoundException: The specified log group does not exist. : exit status 1")},
      {Cause::config,
       stopped("TaskFailedToStart",
               "CannotStartContainerError: ResourceInitializationError: unable to create new container: mount callback failed")},
      {Cause::config,
       stopped("TaskFailedToStart", "Task failed to start", 127,
               "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI runtime create failed: "
               "runc create failed: unable to start container process: exec: \"/app/serve\": stat /app/serve: no such file or directory: "
               "unknown")},
      {Cause::config, stopped("EssentialContainerExited", "Essential container in task exited", 255, "exec /app/serve: exec format error")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/x' that was provided for this task.")},
      {Cause::config, stopped("TaskFailedToStart",
                              "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to "
                              "resolve fs-1.efs.eu-west-1.amazonaws.com")},
      {Cause::config, stopped("TaskFailedToStart", "CannotCreateVolumeError: local volume driver: no such volume")},
      {Cause::app, stopped("EssentialContainerExited", "Essential container in task exited", 1)},
      {Cause::app, stopped("EssentialContainerExited", "Essential container in task exited", 0)},
      {Cause::app, stopped("EssentialContainerExited", "Essential container in task exited", 137,
                           "OutOfMemoryError: Container killed due to memory usage")},
      {Cause::health, stopped("ServiceSchedulerInitiated",
                              "Task failed ELB health checks in (target-group "
                              "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef)",
                              143)},
      {Cause::health, stopped("ServiceSchedulerInitiated", "Task failed container health checks", 137)},
      {Cause::pull, stopped("TaskFailedToStart",
                            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to do request: Head "
                            "\"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/api\": dial tcp 52.1.2.3:443: i/o timeout")},
      {Cause::pull, stopped("TaskFailedToStart",
                            "CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected "
                            "status code 503 Service Unavailable")},
      {Cause::pull, stopped("TaskFailedToStart", "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.")},
      {Cause::pull, stopped("TaskFailedToStart",
                            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
                            "Amazon ECR: There is a connection issue between the task and Amazon ECR.")},
      {Cause::capacity,
       stopped("TaskFailedToStart", "Capacity is unavailable at this time. Please try again later or in a different availability zone")},
      {Cause::capacity, stopped("TaskFailedToStart", "You've reached the limit on the number of vCPUs you can run concurrently")},
      {Cause::capacity, stopped("TaskFailedToStart",
                                "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in "
                                "subnet 'subnet-1': InsufficientFreeAddressesInSubnet")},
      {Cause::capacity, stopped("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete.")},
      {Cause::capacity, stopped("TaskFailedToStart", "RESOURCE:MEMORY")},
      {Cause::platform, stopped("SpotInterruption", "Your Spot Task was interrupted.", 143)},
      {Cause::platform, stopped("TerminationNotice", "Task stopped by Fargate Spot", 143)},
      {Cause::platform, stopped("", "Host EC2 (instance i-0123456789abcdef0) terminated.")},
      {Cause::platform, stopped("ServiceSchedulerInitiated",
                                "Amazon ECS is performing maintenance on the underlying infrastructure hosting the task.", 143)},
      {Cause::human, stopped("UserInitiated", "Task stopped by user", 143)},
      {Cause::human, stopped("UserInitiated", "kicking it, see runbook", 137)},
      {Cause::scaling, stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1234567890123456789)", 137)},
      {Cause::scaling, stopped("ServiceSchedulerInitiated", "Task stopped for Availability Zone rebalancing", 143)},
  };
  return rows;
}

TEST(Classifier, knows_the_texts_of_aws) {
  for (const auto& row : table()) {
    const auto it = classify(row.task);
    EXPECT_EQ(to_string(it.cause), to_string(row.cause)) << it.sentence;
    EXPECT_FALSE(it.sentence.empty());
  }
}

TEST(Classifier, equal_reasons_have_equal_fingerprints) {
  const auto one = classify(
      stopped("TaskFailedToStart", "CannotPullContainerError: request 0123456789abcdef0123456789abcdef from 10.0.1.17:443: not found"));
  const auto two = classify(
      stopped("TaskFailedToStart", "CannotPullContainerError: request fedcba9876543210fedcba9876543210 from 10.0.2.99:443: not found"));
  EXPECT_EQ(one.fingerprint, two.fingerprint);
}

TEST(Classifier, another_exit_code_is_another_fingerprint) {
  EXPECT_NE(classify(stopped("EssentialContainerExited", "Essential container in task exited", 1)).fingerprint,
            classify(stopped("EssentialContainerExited", "Essential container in task exited", 2)).fingerprint);
}

TEST(Classifier, says_which_container_ended_how) {
  const auto it = classify(stopped("EssentialContainerExited", "Essential container in task exited", 137,
                                   "OutOfMemoryError: Container killed due to memory usage"));
  EXPECT_EQ(it.sentence,
            "Essential container in task exited; container app exited with 137; container app: OutOfMemoryError: Container killed due to "
            "memory usage");
  EXPECT_EQ(it.advice, "the container needs more memory than its limit");
}

/// genova W22: a container that never started has no exit code.
TEST(Classifier, genova_W22_a_task_without_exit_code_has_a_reason) {
  const auto it = classify(stopped("TaskFailedToStart", "CannotPullContainerError: not found"));
  EXPECT_EQ(it.sentence, "CannotPullContainerError: not found");
}

TEST(Classifier, events_that_mean_something) {
  EXPECT_EQ(meaning_of("(service api) has started 2 tasks: (task 1) (task 2)."), EventMeaning::nothing);
  EXPECT_EQ(meaning_of("(service api) has reached a steady state."), EventMeaning::nothing);
  EXPECT_EQ(meaning_of("(service api) registered 1 targets in (target-group x)"), EventMeaning::nothing);
  EXPECT_EQ(
      meaning_of("(service api) (port 80) is unhealthy in (target-group x) due to (reason Health checks failed with these codes: [502])."),
      EventMeaning::tasks_stopped);
  EXPECT_EQ(meaning_of("(service api) is unable to consistently start tasks successfully."), EventMeaning::tasks_stopped);
  EXPECT_EQ(meaning_of("(service api) was unable to place a task because no container instance met all of its requirements."),
            EventMeaning::no_room);
  EXPECT_EQ(meaning_of("(service api) operations are being throttled on elb. Will try again later."), EventMeaning::no_room);
  EXPECT_EQ(meaning_of("(service api) was unable to stop or start tasks during a deployment because of the service deployment "
                       "configuration. Update the minimumHealthyPercent or "
                       "maximumPercent value and try again."),
            EventMeaning::impossible);
}

}  // namespace
}  // namespace fairlead::deploy::ecs
