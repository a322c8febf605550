// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/sns.hpp"
#include "triggers/payload.hpp"

/// AWS CodeCommit: an EventBridge event ("CodeCommit Repository State Change") inside an SNS notification.
namespace fairlead::triggers {
namespace {

Repository repository_of(const Json& event, const Json& detail) {
  Repository repository;
  repository.full_name = text_at(detail, "repositoryName");
  repository.id = text_at(detail, "repositoryId");
  auto region = text_at(event, "region");
  auto path = ".amazonaws.com/v1/repos/" + repository.full_name;
  if (region.empty() || repository.full_name.empty()) return repository;
  repository.urls = {"https://git-codecommit." + region + path, "ssh://git-codecommit." + region + path};
  return repository;
}

Parsed state_change(const Json& event) {
  const auto& detail = member(event, "detail");
  Delivery delivery;
  delivery.provider = Provider::codecommit;
  delivery.repository = repository_of(event, detail);
  delivery.ref = text_at(detail, "referenceFullName");
  delivery.before = text_at(detail, "oldCommitId");
  delivery.after = text_at(detail, "commitId");
  auto what = text_at(detail, "event");
  delivery.created = what == "referenceCreated";
  delivery.deleted = what == "referenceDeleted";
  if (delivery.deleted) delivery.after.clear();
  delivery.actor.login = text_at(detail, "callerUserArn");
  delivery.commits_complete = false;
  settle(delivery);
  delivery.peel = delivery.kind == Kind::tag;
  return {.event = what, .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

Parsed parse_codecommit(std::string_view body) {
  auto sns = parse_sns(body).value_or(SnsMessage{});
  if (sns.type == "SubscriptionConfirmation") return ignored(sns.type, "the subscription to " + sns.topic_arn + " is confirmed");
  if (sns.type != "Notification") return ignored(sns.type, "event " + sns.type + " does not start runs");
  auto event = parse_json(sns.message);
  if (text_at(event, "source") != "aws.codecommit" || text_at(event, "detail-type") != "CodeCommit Repository State Change")
    return ignored(text_at(event, "detail-type"), "event " + text_at(event, "detail-type", "without a name") + " does not start runs");
  return state_change(event);
}

}  // namespace fairlead::triggers
