// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a Git host (or a signed HTTP caller) told us, as plain values: one normal form for every host.
namespace fairlead::triggers {

/// Which route a request came in by. Fixed by the path, never guessed from headers (Gitea also sends GitHub's).
enum class Provider { github, gitlab, bitbucket, gitea, codecommit, http };
std::string_view to_string(Provider);
std::optional<Provider> provider_from(std::string_view name);

/// Request headers in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// Value of the first field of that name, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Repository {
  std::vector<std::string> urls;  ///< clone, ssh, git and html addresses, as sent
  std::string full_name;          ///< "acme/shop"; Bitbucket Data Center: "KEY/slug"
  std::string id;                 ///< the host's own id: survives a rename
  std::string default_branch;     ///< empty when not told
};

struct Commit {
  std::string id;
  std::string message;
  std::string author_name;
  std::string author_email;
  std::string author_login;  ///< empty when the host does not say
};

/// Who caused it, from the signed payload's sender: never from a commit, which anyone can forge.
struct Actor {
  std::string login;
  std::string id;
  std::string email;
};

struct PullRequest {
  std::int64_t number = 0;
  std::string action;     ///< the host's word: opened, synchronize, update, …
  std::string title;
  std::string head_sha;   ///< empty when the host only sends an abbreviation
  std::string head_ref;   ///< branch name in the head repository
  std::string head_repository;
  std::string base_ref;   ///< branch name it asks to be merged into
  bool fork = false;      ///< the head lives in another repository: no secrets, no environment, no cache writes
};

enum class Kind { push, tag, pull_request, http };
/// The words of a run's trigger: push, tag, pull-request, http.
std::string_view to_string(Kind);

/// One change of one ref (a Bitbucket delivery may carry several).
struct Delivery {
  Provider provider = Provider::github;
  Kind kind = Kind::push;
  Repository repository;
  std::string ref;     ///< always full: refs/heads/…, refs/tags/…, refs/pull/…; kind http: as the caller wrote it, may be empty
  std::string before;  ///< empty for a new ref
  std::string after;   ///< empty for a deleted ref, and when the host only sends an abbreviation
  bool created = false;
  bool deleted = false;
  bool forced = false;          ///< only where the host says so
  bool peel = false;            ///< `after` may be an annotated tag object: read it as `after^{commit}`
  bool commits_complete = true; ///< false when the host cut the list
  std::vector<Commit> commits;
  std::optional<Commit> head;
  Actor actor;
  std::optional<PullRequest> pull_request;

  std::string app;          ///< provider http only: fixed by the path
  std::string environment;  ///< http only
  std::string reason;       ///< http only
  std::string inputs;       ///< http only: JSON object as text, or empty

  std::string ignored;      ///< why this change starts nothing (deleted, skip marker); empty: it may
};

/// Result of reading a request. Without deliveries, `ignored` says why the whole request starts nothing.
struct Parsed {
  std::string event;  ///< the host's name of it, for the record: "push", "Push Hook", "repo:push"
  std::vector<Delivery> deliveries;
  std::string ignored;
};

/// "github:octocat", "gitlab:root", …; "http:<app>"; the provider alone when the payload names nobody.
std::string actor_name(const Delivery&);

/// The marker in a head commit's message that asks for no run ("[skip ci]", "[deploy skip]", "skip-checks: true"), or nothing.
std::optional<std::string> skip_marker(std::string_view message);

}  // namespace fairlead::triggers
