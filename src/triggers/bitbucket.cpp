// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/ids.hpp"
#include "triggers/payload.hpp"

/// Bitbucket Cloud: one delivery may carry several refs; commits are cut at five, without file lists.
namespace fairlead::triggers {
namespace {

Repository repository_of(const Json& json) {
  Repository repository;
  repository.full_name = text_at(json, "full_name");
  repository.id = text_at(json, "uuid");
  repository.default_branch = text_at(member(json, "mainbranch"), "name");
  add_url(repository, at_path(json, {"links", "html"}), "href");
  for (const auto& clone : at_path(json, {"links", "clone"})) add_url(repository, clone, "href");
  return repository;
}

/// "Jane Doe <jane@example.com>"
void read_raw_author(Commit& commit, std::string_view raw) {
  auto open = raw.rfind('<');
  auto close = raw.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    commit.author_name = raw;
    return;
  }
  auto name = raw.substr(0, open);
  while (name.ends_with(' ')) name.remove_suffix(1);
  commit.author_name = name;
  commit.author_email = raw.substr(open + 1, close - open - 1);
}

Commit commit_of(const Json& json) {
  Commit commit;
  commit.id = text_at(json, "hash");
  commit.message = text_at(json, "message");
  commit.author_login = text_at(at_path(json, {"author", "user"}), "nickname");
  read_raw_author(commit, text_at(member(json, "author"), "raw"));
  return commit;
}

Actor actor_of(const Json& payload) {
  const auto& actor = member(payload, "actor");
  auto id = text_at(actor, "account_id", text_at(actor, "uuid"));
  return {.login = text_at(actor, "nickname", text_at(actor, "username")), .id = id, .email = {}};
}

std::string full_ref(const Json& side) { return (text_at(side, "type") == "tag" ? "refs/tags/" : "refs/heads/") + text_at(side, "name"); }

Delivery change_of(const Json& payload, const Json& change) {
  const auto& now_there = member(change, "new");
  const auto& was_there = member(change, "old");
  Delivery delivery;
  delivery.provider = Provider::bitbucket;
  delivery.repository = repository_of(member(payload, "repository"));
  delivery.actor = actor_of(payload);
  delivery.deleted = now_there.is_null();
  delivery.created = was_there.is_null();
  delivery.forced = flag_at(change, "forced");
  delivery.ref = full_ref(delivery.deleted ? was_there : now_there);
  delivery.before = text_at(member(was_there, "target"), "hash");
  delivery.after = text_at(member(now_there, "target"), "hash");
  for (const auto& commit : member(change, "commits")) delivery.commits.push_back(commit_of(commit));
  delivery.commits_complete = !flag_at(change, "truncated");
  if (!delivery.deleted) delivery.head = commit_of(member(now_there, "target"));
  settle(delivery);
  return delivery;
}

Parsed push(std::string_view event, const Json& payload) {
  Parsed parsed{.event = std::string(event), .deliveries = {}, .ignored = {}};
  for (const auto& change : at_path(payload, {"push", "changes"})) parsed.deliveries.push_back(change_of(payload, change));
  if (parsed.deliveries.empty()) parsed.ignored = "the push changes no ref";
  return parsed;
}

Parsed pull_request(std::string_view event, const Json& payload) {
  const auto& json = member(payload, "pullrequest");
  const auto& source = member(json, "source");
  const auto& destination = member(json, "destination");
  PullRequest request{.number = number_at(json, "id"),
                      .action = std::string(event.substr(event.find(':') + 1)),
                      .title = text_at(json, "title"),
                      .head_sha = text_at(member(source, "commit"), "hash"),
                      .head_ref = text_at(member(source, "branch"), "name"),
                      .head_repository = text_at(member(source, "repository"), "full_name"),
                      .base_ref = text_at(member(destination, "branch"), "name"),
                      .fork = false};
  request.fork = request.head_repository != text_at(member(destination, "repository"), "full_name");
  if (request.fork) return ignored(event, "Bitbucket Cloud offers no ref for pull requests from forks");
  // The host abbreviates the commit: the branch says where the head is.
  if (!is_sha(request.head_sha)) request.head_sha.clear();
  Delivery delivery;
  delivery.provider = Provider::bitbucket;
  delivery.kind = Kind::pull_request;
  delivery.repository = repository_of(member(payload, "repository"));
  delivery.ref = "refs/heads/" + request.head_ref;
  delivery.after = request.head_sha;
  delivery.actor = actor_of(payload);
  delivery.pull_request = std::move(request);
  return {.event = std::string(event), .deliveries = {std::move(delivery)}, .ignored = {}};
}

}  // namespace

Parsed parse_bitbucket(std::string_view event, const Json& payload) {
  if (event == "repo:push") return push(event, payload);
  if (event == "pullrequest:created" || event == "pullrequest:updated") return pull_request(event, payload);
  if (event.empty()) return ignored(event, "the delivery names no event");
  return ignored(event, "event " + std::string(event) + " does not start runs");
}

}  // namespace fairlead::triggers
