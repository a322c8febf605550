// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/place.hpp"

namespace fairlead::engine {
class Engine;
}
namespace fairlead::net {
struct HttpRequest;
struct HttpReply;
}  // namespace fairlead::net
namespace fairlead::pipeline {
struct ServerConfig;
}

namespace fairlead::chat {

class Links;
class WebApi;

/// Somebody who may be told that a decision is waited for.
struct Reachable {
  std::string user;    ///< Slack's id
  std::string person;  ///< as votes name them: "user:…" when linked, else "slack:U…"
};

/// Who is behind an account. Everything is asked at the moment of the act (a short cache serves cards only) and fails closed.
class People {
 public:
  virtual ~People() = default;
  /// Throws Error(refused) with the text for the person: guest, bot, deactivated, of another workspace, not resolvable now.
  /// `groups` (of "slack:@name", "slack:S…", "github:team:o/t") that could not be asked are not in the person's groups, and what the
  /// speaker is then refused says so.
  virtual Awaitable<Speaker> identify(Account) = 0;
  /// The same for what changes nothing (status, cards, options): account and groups may be 60 s old.
  virtual Awaitable<Speaker> identify_reader(Account account) { return identify(std::move(account)); }
  /// Who could be counted among `who` (people as language.md spells them), for reminders: what cannot be asked is left out.
  virtual Awaitable<std::vector<Reachable>> eligible_people(std::string /*workspace*/, std::vector<std::string> /*who*/) {
    co_return std::vector<Reachable>{};
  }
};

/// Mentions ("<@U1>") of at most `limit` people who could still approve the stage: named by its environment's rules, have not voted, did
/// not ask for the run. For reminders.
Awaitable<std::vector<std::string>> approvers(engine::Engine&, People&, RunId, std::string stage, std::string workspace, int limit);

struct SlackPeopleParts {
  Links* links = nullptr;
  std::shared_ptr<const pipeline::ServerConfig> config;
  /// The Web API of a workspace; null: not connected.
  std::function<WebApi*(const std::string& workspace)> api;
  /// The server's REST API in somebody's name.
  std::function<Api(engine::Person, std::string via)> act_as;
  /// For teams of GitHub; empty: they are nobody's.
  std::function<Awaitable<net::HttpReply>(net::HttpRequest, Deadline)> http;
  /// `webhooks.github.api-token`, looked up; an empty secret: none is configured.
  std::function<Awaitable<Secret>()> github_token;
};

/// Accounts of Slack. io thread.
std::unique_ptr<People> slack_people(SlackPeopleParts);

/// Why an account may not act, from Slack's `user` object (users.info) and where it says to be; empty: it may. Pure.
struct Installation {
  std::string team;        ///< "T…"; empty when the app is installed in a whole organisation
  std::string enterprise;  ///< "E…"; empty outside of Enterprise Grid
};
std::string why_not(const Json& user, const Account&, const Installation&);
/// The address that Slack has confirmed, or empty. Pure.
std::string confirmed_email(const Json& user);

}  // namespace fairlead::chat
