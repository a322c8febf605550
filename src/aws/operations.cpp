// SPDX-License-Identifier: Apache-2.0
#include "aws/operations.hpp"

#include <algorithm>
#include <array>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws {
namespace {

using enum Repeat;
using enum Protocol;

// CloudWatch speaks three protocols; JSON is the one whose answers need no shapes.
constexpr std::array services{
    Service{"application-autoscaling", "APPLICATION_AUTO_SCALING", "application-autoscaling", "application-autoscaling", json_1_1,
            "AnyScaleFrontendService"},
    Service{"autoscaling", "AUTO_SCALING", "autoscaling", "autoscaling", query, "2011-01-01"},
    Service{"cloudwatch", "CLOUDWATCH", "monitoring", "monitoring", json_1_0, "GraniteServiceVersion20100801"},
    Service{"ec2", "EC2", "ec2", "ec2", ec2, "2016-11-15"},
    Service{"ecr", "ECR", "api.ecr", "ecr", json_1_1, "AmazonEC2ContainerRegistry_V20150921"},
    Service{"ecs", "ECS", "ecs", "ecs", json_1_1, "AmazonEC2ContainerServiceV20141113"},
    Service{"elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2", "elasticloadbalancing", "elasticloadbalancing", query, "2015-12-01"},
    Service{"events", "EVENTBRIDGE", "events", "events", json_1_1, "AWSEvents"},
    Service{"iam", "IAM", "iam", "iam", query, "2010-05-08"},
    Service{"kms", "KMS", "kms", "kms", json_1_1, "TrentService"},
    Service{"logs", "CLOUDWATCH_LOGS", "logs", "logs", json_1_1, "Logs_20140328"},
    Service{"s3", "S3", "s3", "s3", rest_xml, "2006-03-01"},
    Service{"scheduler", "SCHEDULER", "scheduler", "scheduler", rest_json, "2021-06-30"},
    Service{"secretsmanager", "SECRETS_MANAGER", "secretsmanager", "secretsmanager", json_1_1, "secretsmanager"},
    Service{"sns", "SNS", "sns", "sns", query, "2010-03-31"},
    Service{"sqs", "SQS", "sqs", "sqs", json_1_0, "AmazonSQS"},
    Service{"ssm", "SSM", "ssm", "ssm", json_1_1, "AmazonSSM"},
    Service{"sts", "STS", "sts", "sts", query, "2011-06-15"},
};

constexpr std::array operations{
    Operation{"application-autoscaling", "DescribeScalableTargets", read},
    Operation{"application-autoscaling", "RegisterScalableTarget", set},

    Operation{"autoscaling", "AttachInstances", set},
    Operation{"autoscaling", "CancelInstanceRefresh", set},
    Operation{"autoscaling", "CompleteLifecycleAction", set},
    Operation{"autoscaling", "DescribeAutoScalingGroups", read},
    Operation{"autoscaling", "DescribeAutoScalingInstances", read},
    Operation{"autoscaling", "DescribeInstanceRefreshes", read},
    Operation{"autoscaling", "DescribeScalingActivities", read},
    Operation{"autoscaling", "DetachInstances", once},
    Operation{"autoscaling", "EnterStandby", once},
    Operation{"autoscaling", "ExitStandby", once},
    Operation{"autoscaling", "RecordLifecycleActionHeartbeat", set},
    Operation{"autoscaling", "ResumeProcesses", set},
    Operation{"autoscaling", "RollbackInstanceRefresh", once},
    Operation{"autoscaling", "SetInstanceProtection", set},
    Operation{"autoscaling", "StartInstanceRefresh", once},
    Operation{"autoscaling", "SuspendProcesses", set},
    Operation{"autoscaling", "UpdateAutoScalingGroup", set},

    Operation{"cloudwatch", "DeleteAlarms", set},
    Operation{"cloudwatch", "DescribeAlarms", read},
    Operation{"cloudwatch", "GetMetricData", read},
    Operation{"cloudwatch", "PutMetricAlarm", set},
    Operation{"cloudwatch", "SetAlarmState", set},

    Operation{"ec2", "CreateLaunchTemplateVersion", token, "", "ClientToken"},
    Operation{"ec2", "DescribeImages", read},
    Operation{"ec2", "DescribeInstanceStatus", read},
    Operation{"ec2", "DescribeInstances", read},
    Operation{"ec2", "DescribeLaunchTemplateVersions", read},
    Operation{"ec2", "DescribeLaunchTemplates", read},
    Operation{"ec2", "DescribeSecurityGroups", read},
    Operation{"ec2", "DescribeSubnets", read},

    Operation{"ecr", "BatchDeleteImage", set},
    Operation{"ecr", "BatchGetImage", read},
    Operation{"ecr", "CreateRepository", set},
    Operation{"ecr", "DeleteRepository", set},
    Operation{"ecr", "DescribeImageScanFindings", read},
    Operation{"ecr", "DescribeImages", read},
    Operation{"ecr", "DescribeRepositories", read},
    Operation{"ecr", "GetAuthorizationToken", read},
    Operation{"ecr", "GetDownloadUrlForLayer", read},
    Operation{"ecr", "ListImages", read},
    Operation{"ecr", "PutImage", set},
    Operation{"ecr", "PutLifecyclePolicy", set},

    Operation{"ecs", "ContinueServiceDeployment", set, "services-write"},
    Operation{"ecs", "CreateCluster", set},
    Operation{"ecs", "CreateService", token, "services-write", "clientToken"},
    Operation{"ecs", "DeleteCluster", set},
    Operation{"ecs", "DeleteService", set, "services-write"},
    Operation{"ecs", "DeregisterTaskDefinition", set, "task-definitions-write"},
    Operation{"ecs", "DescribeCapacityProviders", read},
    Operation{"ecs", "DescribeClusters", read, "clusters-read"},
    Operation{"ecs", "DescribeContainerInstances", read, "tasks-read"},
    Operation{"ecs", "DescribeServiceDeployments", read, "deployments-read"},
    Operation{"ecs", "DescribeServiceRevisions", read, "deployments-read"},
    Operation{"ecs", "DescribeServices", read, "services-read"},
    Operation{"ecs", "DescribeTaskDefinition", read, "task-definitions-read"},
    Operation{"ecs", "DescribeTasks", read, "tasks-read"},
    Operation{"ecs", "ListClusters", read, "clusters-read"},
    Operation{"ecs", "ListContainerInstances", read, "tasks-read"},
    Operation{"ecs", "ListServiceDeployments", read, "deployments-read"},
    Operation{"ecs", "ListServices", read, "services-read"},
    Operation{"ecs", "ListTagsForResource", read},
    Operation{"ecs", "ListTaskDefinitionFamilies", read, "task-definitions-read"},
    Operation{"ecs", "ListTaskDefinitions", read, "task-definitions-read"},
    Operation{"ecs", "ListTasks", read, "tasks-read"},
    Operation{"ecs", "RegisterTaskDefinition", once, "task-definitions-write"},
    Operation{"ecs", "RunTask", token, "tasks-run", "clientToken"},
    Operation{"ecs", "StopServiceDeployment", set, "services-write"},
    Operation{"ecs", "StopTask", set, "tasks-run"},
    Operation{"ecs", "TagResource", set},
    Operation{"ecs", "UntagResource", set},
    // Set-like without forceNewDeployment; with it each call starts a deployment (repeat_of in retry.cpp).
    Operation{"ecs", "UpdateService", set, "services-write"},

    Operation{"elasticloadbalancing", "CreateListener", set, "modify"},
    Operation{"elasticloadbalancing", "CreateLoadBalancer", set, "modify"},
    Operation{"elasticloadbalancing", "CreateTargetGroup", set, "modify"},
    Operation{"elasticloadbalancing", "DeregisterTargets", set, "targets"},
    Operation{"elasticloadbalancing", "DescribeListeners", read, "read"},
    Operation{"elasticloadbalancing", "DescribeLoadBalancers", read, "read"},
    Operation{"elasticloadbalancing", "DescribeRules", read, "read"},
    Operation{"elasticloadbalancing", "DescribeTags", read, "read"},
    Operation{"elasticloadbalancing", "DescribeTargetGroupAttributes", read, "read"},
    Operation{"elasticloadbalancing", "DescribeTargetGroups", read, "read"},
    Operation{"elasticloadbalancing", "DescribeTargetHealth", read, "read"},
    Operation{"elasticloadbalancing", "ModifyListener", set, "modify"},
    Operation{"elasticloadbalancing", "ModifyRule", set, "modify"},
    Operation{"elasticloadbalancing", "ModifyTargetGroupAttributes", set, "modify"},
    Operation{"elasticloadbalancing", "RegisterTargets", set, "targets"},

    Operation{"events", "DeleteRule", set},
    Operation{"events", "DescribeRule", read},
    Operation{"events", "DisableRule", set},
    Operation{"events", "EnableRule", set},
    Operation{"events", "ListRules", read},
    Operation{"events", "ListTagsForResource", read},
    Operation{"events", "ListTargetsByRule", read},
    Operation{"events", "PutEvents", once},
    Operation{"events", "PutRule", set},
    Operation{"events", "PutTargets", set},
    Operation{"events", "RemoveTargets", set},
    Operation{"events", "TagResource", set},

    Operation{"iam", "GetRole", read},
    Operation{"iam", "SimulatePrincipalPolicy", read},

    Operation{"kms", "Decrypt", read},
    Operation{"kms", "DescribeKey", read},
    Operation{"kms", "Encrypt", read},
    Operation{"kms", "GenerateDataKey", read},

    Operation{"logs", "CreateLogGroup", set},
    Operation{"logs", "CreateLogStream", set},
    Operation{"logs", "DescribeLogGroups", read, "describe"},
    Operation{"logs", "DescribeLogStreams", read, "describe"},
    Operation{"logs", "FilterLogEvents", read, "filter"},
    Operation{"logs", "GetLogEvents", read, "get"},
    Operation{"logs", "PutLogEvents", once},
    Operation{"logs", "PutRetentionPolicy", set},

    Operation{"s3", "CreateBucket", set, "", "", "PUT", "/{Bucket}"},
    Operation{"s3", "DeleteObject", set, "", "", "DELETE", "/{Bucket}/{Key+}?versionId={VersionId}"},
    Operation{"s3", "GetObject", read, "", "", "GET", "/{Bucket}/{Key+}?versionId={VersionId}"},
    Operation{"s3", "HeadBucket", read, "", "", "HEAD", "/{Bucket}"},
    Operation{"s3", "HeadObject", read, "", "", "HEAD", "/{Bucket}/{Key+}?versionId={VersionId}"},
    Operation{"s3", "ListObjectsV2", read, "", "", "GET",
              "/{Bucket}?list-type=2&delimiter={Delimiter}&encoding-type={EncodingType}&max-keys={MaxKeys}&prefix={Prefix}"
              "&continuation-token={ContinuationToken}&fetch-owner={FetchOwner}&start-after={StartAfter}"},
    Operation{"s3", "PutObject", set, "", "", "PUT", "/{Bucket}/{Key+}"},

    Operation{"scheduler", "CreateSchedule", token, "", "ClientToken", "POST", "/schedules/{Name}"},
    Operation{"scheduler", "CreateScheduleGroup", token, "", "ClientToken", "POST", "/schedule-groups/{Name}"},
    Operation{"scheduler", "DeleteSchedule", token, "", "ClientToken", "DELETE",
              "/schedules/{Name}?clientToken={ClientToken}&groupName={GroupName}"},
    Operation{"scheduler", "GetSchedule", read, "", "", "GET", "/schedules/{Name}?groupName={GroupName}"},
    Operation{"scheduler", "GetScheduleGroup", read, "", "", "GET", "/schedule-groups/{Name}"},
    Operation{"scheduler", "ListSchedules", read, "", "", "GET",
              "/schedules?ScheduleGroup={GroupName}&MaxResults={MaxResults}&NamePrefix={NamePrefix}&NextToken={NextToken}&State={State}"},
    Operation{"scheduler", "UpdateSchedule", token, "", "ClientToken", "PUT", "/schedules/{Name}"},

    Operation{"secretsmanager", "CreateSecret", token, "", "ClientRequestToken"},
    Operation{"secretsmanager", "DeleteSecret", set},
    Operation{"secretsmanager", "DescribeSecret", read},
    Operation{"secretsmanager", "GetSecretValue", read},
    Operation{"secretsmanager", "PutSecretValue", token, "", "ClientRequestToken"},

    Operation{"sns", "Publish", once},

    Operation{"sqs", "ChangeMessageVisibility", set},
    Operation{"sqs", "DeleteMessage", set},
    Operation{"sqs", "GetQueueAttributes", read},
    Operation{"sqs", "GetQueueUrl", read},
    Operation{"sqs", "ReceiveMessage", read},
    Operation{"sqs", "SendMessage", once},

    Operation{"ssm", "CancelCommand", set},
    Operation{"ssm", "DeleteParameter", set},
    Operation{"ssm", "DescribeInstanceInformation", read},
    Operation{"ssm", "GetAutomationExecution", read},
    Operation{"ssm", "GetCommandInvocation", read, "invocations"},
    Operation{"ssm", "GetParameter", read, "parameters"},
    Operation{"ssm", "GetParameters", read, "parameters"},
    Operation{"ssm", "GetParametersByPath", read, "parameters"},
    Operation{"ssm", "ListCommandInvocations", read, "invocations"},
    Operation{"ssm", "ListCommands", read},
    Operation{"ssm", "PutParameter", set},
    Operation{"ssm", "SendCommand", once},
    Operation{"ssm", "StartAutomationExecution", token, "", "ClientToken"},

    Operation{"sts", "AssumeRole", read},
    Operation{"sts", "AssumeRoleWithWebIdentity", read},
    Operation{"sts", "GetCallerIdentity", read},
};

}  // namespace

const Service* find_service(std::string_view name) {
  const auto at = std::ranges::find(services, name, &Service::name);
  return at == services.end() ? nullptr : at;
}

const Operation* find_operation(std::string_view service, std::string_view name) {
  const auto at = std::ranges::find_if(operations, [&](const Operation& one) { return one.service == service && one.name == name; });
  return at == operations.end() ? nullptr : at;
}

std::span<const Operation> all_operations() { return operations; }

Called look_up(std::string_view full_name) {
  const auto colon = full_name.find(':');
  if (colon != std::string_view::npos) {
    const auto* service = find_service(full_name.substr(0, colon));
    const auto* operation = find_operation(full_name.substr(0, colon), full_name.substr(colon + 1));
    if (service && operation) return {*service, *operation};
  }
  throw Error(ErrorKind::internal, "no AWS operation '" + std::string(full_name) + "' in the table");
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const auto& one : operations) names.push_back(std::string(one.service) + ":" + std::string(one.name));
  std::ranges::sort(names);
  return names;
}

std::string iam_action(std::string_view operation) {
  if (operation == "s3:HeadObject") return "s3:GetObject";
  if (operation == "s3:HeadBucket" || operation == "s3:ListObjectsV2") return "s3:ListBucket";
  return std::string(operation);
}

}  // namespace fairlead::aws
