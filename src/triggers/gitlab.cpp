// SPDX-License-Identifier: Apache-2.0
#include "triggers/payload.hpp"

namespace fairlead::triggers {
namespace {

Repository repository_of(const Json& project) {
  Repository repository;
  repository.full_name = text_at(project, "path_with_namespace");
  repository.id = id_text(member(project, "id"));
  repository.default_branch = text_at(project, "default_branch");
  for (auto key : {"git_http_url", "git_ssh_url", "http_url", "ssh_url", "url", "web_url", "homepage"}) add_url(repository, project, key);
  return repository;
}

Commit commit_of(const Json& json) {
  const auto& author = member(json, "author");
  return {.id = text_at(json, "id"),
          .message = text_at(json, "message"),
          .author_name = text_at(author, "name"),
          .author_email = text_at(author, "email"),
          .author_login = {}};
}

std::optional<Commit> head_of(const Delivery& delivery) {
  for (const auto& commit : delivery.commits)
    if (commit.id == delivery.after) return commit;
  return std::nullopt;
}

Parsed push(std::string_view event, const Json& payload) {
  Delivery delivery;
  delivery.provider = Provider::gitlab;
  delivery.repository = repository_of(member(payload, "project"));
  if (delivery.repository.id.empty()) delivery.repository.id = id_text(member(payload, "project_id"));
  delivery.ref = text_at(payload, "ref");
  delivery.before = text_at(payload, "before");
  delivery.after = text_at(payload, "after");
  delivery.deleted = is_zero_sha(delivery.after);
  // checkout_sha is the commit even where `after` is an annotated tag's object.
  if (auto checkout = text_at(payload, "checkout_sha"); !checkout.empty()) delivery.after = checkout;
  delivery.actor = {
      .login = text_at(payload, "user_username"), .id = id_text(member(payload, "user_id")), .email = text_at(payload, "user_email")};
  for (const auto& commit : member(payload, "commits")) delivery.commits.push_back(commit_of(commit));
  auto count = static_cast<std::int64_t>(delivery.commits.size());
  delivery.commits_complete = number_at(payload, "total_commits_count", count) <= count;
  settle(delivery);
  delivery.head = head_of(delivery);
  delivery.peel = delivery.kind == Kind::tag && text_at(payload, "checkout_sha").empty();
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

/// An update without oldrev changed the title, a label or an approval, not the commits.
bool starts_runs(const Json& attributes) {
  auto action = text_at(attributes, "action");
  return action == "open" || action == "reopen" || (action == "update" && !text_at(attributes, "oldrev").empty());
}

PullRequest pull_request_of(const Json& json) {
  return {.number = number_at(json, "iid"),
          .action = text_at(json, "action"),
          .title = text_at(json, "title"),
          .head_sha = text_at(member(json, "last_commit"), "id"),
          .head_ref = text_at(json, "source_branch"),
          .head_repository = text_at(member(json, "source"), "path_with_namespace"),
          .base_ref = text_at(json, "target_branch"),
          .fork = id_text(member(json, "source_project_id")) != id_text(member(json, "target_project_id"))};
}

Parsed merge_request(std::string_view event, const Json& payload) {
  const auto& attributes = member(payload, "object_attributes");
  if (!starts_runs(attributes)) return ignored(event, "merge request " + text_at(attributes, "action", "event") + " does not start a run");
  Delivery delivery;
  delivery.provider = Provider::gitlab;
  delivery.kind = Kind::pull_request;
  delivery.repository = repository_of(member(payload, "project"));
  delivery.pull_request = pull_request_of(attributes);
  delivery.ref = "refs/merge-requests/" + std::to_string(delivery.pull_request->number) + "/head";
  delivery.before = commit_or_empty(text_at(attributes, "oldrev"));
  delivery.after = delivery.pull_request->head_sha;
  const auto& user = member(payload, "user");
  delivery.actor = {.login = text_at(user, "username"), .id = id_text(member(user, "id")), .email = text_at(user, "email")};
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

/// The kind stands in the body: a system hook sends pushes under its own event name.
Parsed parse_gitlab(std::string_view event, const Json& payload) {
  auto kind = text_at(payload, "object_kind", text_at(payload, "event_name"));
  if (kind == "push" || kind == "tag_push") return push(event, payload);
  if (kind == "merge_request") return merge_request(event, payload);
  return ignored(event, "event " + (kind.empty() ? std::string("without a name") : kind) + " does not start runs");
}

}  // namespace fairlead::triggers
