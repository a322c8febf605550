// SPDX-License-Identifier: Apache-2.0
#include "triggers/payload.hpp"

/// Bitbucket Data Center.
namespace fairlead::triggers {
namespace {

Repository repository_of(const Json& json) {
  Repository repository;
  repository.full_name = text_at(member(json, "project"), "key") + "/" + text_at(json, "slug");
  repository.id = id_text(member(json, "id"));
  for (auto kind : {"clone", "self"})
    for (const auto& link : at_path(json, {"links", kind})) add_url(repository, link, "href");
  return repository;
}

Actor actor_of(const Json& payload) {
  const auto& actor = member(payload, "actor");
  return {.login = text_at(actor, "name"), .id = id_text(member(actor, "id")), .email = text_at(actor, "emailAddress")};
}

Commit commit_of(const Json& json) {
  const auto& author = member(json, "author");
  return {.id = text_at(json, "id"),
          .message = text_at(json, "message"),
          .author_name = text_at(author, "displayName", text_at(author, "name")),
          .author_email = text_at(author, "emailAddress"),
          .author_login = text_at(author, "slug")};
}

Delivery change_of(const Json& payload, const Json& change) {
  Delivery delivery;
  delivery.provider = Provider::bitbucket;
  delivery.repository = repository_of(member(payload, "repository"));
  delivery.actor = actor_of(payload);
  delivery.ref = text_at(member(change, "ref"), "id", text_at(change, "refId"));
  delivery.before = text_at(change, "fromHash");
  delivery.after = text_at(change, "toHash");
  delivery.created = text_at(change, "type") == "ADD";
  delivery.deleted = text_at(change, "type") == "DELETE";
  delivery.commits_complete = false;
  settle(delivery);
  if (const auto& head = member(payload, "toCommit"); text_at(head, "id") == delivery.after && !delivery.deleted)
    delivery.head = commit_of(head);
  delivery.peel = delivery.kind == Kind::tag;
  return delivery;
}

Parsed push(std::string_view event, const Json& payload) {
  Parsed parsed{.event = std::string(event), .deliveries = {}, .ignored = {}};
  for (const auto& change : member(payload, "changes")) parsed.deliveries.push_back(change_of(payload, change));
  if (parsed.deliveries.empty()) parsed.ignored = "the push changes no ref";
  return parsed;
}

Parsed pull_request(std::string_view event, const Json& payload) {
  const auto& json = member(payload, "pullRequest");
  const auto& from = member(json, "fromRef");
  const auto& to = member(json, "toRef");
  PullRequest request{.number = number_at(json, "id"),
                      .action = std::string(event.substr(event.find(':') + 1)),
                      .title = text_at(json, "title"),
                      .head_sha = text_at(from, "latestCommit"),
                      .head_ref = text_at(from, "displayId"),
                      .head_repository = repository_of(member(from, "repository")).full_name,
                      .base_ref = text_at(to, "displayId"),
                      .fork = id_text(at_path(from, {"repository", "id"})) != id_text(at_path(to, {"repository", "id"}))};
  Delivery delivery;
  delivery.provider = Provider::bitbucket;
  delivery.kind = Kind::pull_request;
  delivery.repository = repository_of(member(to, "repository"));
  delivery.ref = "refs/pull-requests/" + std::to_string(request.number) + "/from";
  delivery.before = commit_or_empty(text_at(payload, "previousFromHash"));
  delivery.after = request.head_sha;
  delivery.actor = actor_of(payload);
  delivery.pull_request = std::move(request);
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

Parsed parse_bitbucket_server(std::string_view event, const Json& payload) {
  if (event == "repo:refs_changed") return push(event, payload);
  if (event == "pr:opened" || event == "pr:from_ref_updated") return pull_request(event, payload);
  if (event == "diagnostics:ping") return ignored(event, "ping: the webhook works");
  return ignored(event, "event " + std::string(event) + " does not start runs");
}

}  // namespace fairlead::triggers
