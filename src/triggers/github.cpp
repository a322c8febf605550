// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "triggers/payload.hpp"

/// GitHub and its descendants (Gitea, Forgejo): one shape with small differences.
namespace fairlead::triggers {
namespace {

Repository repository_of(const Json& json) {
  Repository repository;
  repository.full_name = text_at(json, "full_name");
  repository.id = id_text(member(json, "id"));
  repository.default_branch = text_at(json, "default_branch");
  for (auto key : {"clone_url", "ssh_url", "git_url", "html_url"}) add_url(repository, json, key);
  return repository;
}

Commit commit_of(const Json& json) {
  const auto& author = member(json, "author");
  return {.id = text_at(json, "id"),
          .message = text_at(json, "message"),
          .author_name = text_at(author, "name"),
          .author_email = text_at(author, "email"),
          .author_login = text_at(author, "username")};
}

Actor actor_of(const Json& payload) {
  const auto& sender = member(payload, "sender");
  const auto& pusher = member(payload, "pusher");
  Actor actor{.login = text_at(sender, "login", text_at(sender, "username")), .id = id_text(member(sender, "id")), .email = {}};
  actor.email = text_at(sender, "email", text_at(pusher, "email"));
  if (actor.login.empty()) actor.login = text_at(pusher, "login", text_at(pusher, "name"));
  return actor;
}

bool list_complete(const Json& payload, Provider provider) {
  auto count = static_cast<std::int64_t>(member(payload, "commits").size());
  if (provider == Provider::github) return count < 2048;
  return number_at(payload, "total_commits", count) <= count;
}

Parsed push(std::string_view event, const Json& payload, Provider provider) {
  Delivery delivery;
  delivery.provider = provider;
  delivery.repository = repository_of(member(payload, "repository"));
  delivery.ref = text_at(payload, "ref");
  delivery.before = text_at(payload, "before");
  delivery.after = text_at(payload, "after");
  delivery.created = flag_at(payload, "created");
  delivery.deleted = flag_at(payload, "deleted");
  delivery.forced = flag_at(payload, "forced");
  delivery.actor = actor_of(payload);
  for (const auto& commit : member(payload, "commits")) delivery.commits.push_back(commit_of(commit));
  delivery.commits_complete = list_complete(payload, provider);
  if (const auto& head = member(payload, "head_commit"); head.is_object()) delivery.head = commit_of(head);
  settle(delivery);
  // `after` of an annotated tag is the tag object; the commit stands in head_commit, when the host sends it.
  delivery.peel = delivery.kind == Kind::tag;
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

bool starts_runs(std::string_view action) {
  static constexpr std::array<std::string_view, 4> actions{"opened", "reopened", "synchronize", "synchronized"};
  return std::ranges::find(actions, action) != actions.end();
}

PullRequest pull_request_of(const Json& payload, const Json& json) {
  const auto& head = member(json, "head");
  const auto& base = member(json, "base");
  auto head_repository = text_at(member(head, "repo"), "full_name");
  return {.number = number_at(json, "number"),
          .action = text_at(payload, "action"),
          .title = text_at(json, "title"),
          .head_sha = text_at(head, "sha"),
          .head_ref = text_at(head, "ref"),
          .head_repository = head_repository,
          .base_ref = text_at(base, "ref"),
          .fork = head_repository.empty() || head_repository != text_at(member(base, "repo"), "full_name")};
}

Parsed pull_request(std::string_view event, const Json& payload, Provider provider) {
  auto action = text_at(payload, "action");
  if (!starts_runs(action)) return ignored(event, "pull request " + action + " does not start a run");
  Delivery delivery;
  delivery.provider = provider;
  delivery.kind = Kind::pull_request;
  delivery.repository = repository_of(member(payload, "repository"));
  delivery.pull_request = pull_request_of(payload, member(payload, "pull_request"));
  delivery.ref = "refs/pull/" + std::to_string(delivery.pull_request->number) + "/head";
  delivery.before = commit_or_empty(text_at(payload, "before"));
  delivery.after = delivery.pull_request->head_sha;
  delivery.actor = actor_of(payload);
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

Parsed parse_github(std::string_view event, const Json& payload, Provider provider) {
  if (event == "push") return push(event, payload, provider);
  if (event == "pull_request" || event == "pull_request_sync") return pull_request(event, payload, provider);
  if (event == "ping") return ignored(event, "ping: the webhook works");
  if (event == "create" || event == "delete") return ignored(event, "the push event of the same ref counts");
  if (event.empty()) return ignored(event, "the delivery names no event");
  return ignored(event, "event " + std::string(event) + " does not start runs");
}

}  // namespace fairlead::triggers
