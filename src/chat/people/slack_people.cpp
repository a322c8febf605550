// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/people/github_teams.hpp"
#include "chat/people/named_groups.hpp"
#include "chat/people/reaching.hpp"
#include "chat/people/slack_groups.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/chat/web_api.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::chat {

namespace {

constexpr auto patience = std::chrono::seconds(8);
constexpr auto reader_memory = std::chrono::seconds(60);
constexpr std::size_t most_readers = 10'000;

/// Adds to a refusal which groups could not be asked: the person may be in one of them.
Awaitable<ApiAnswer> act_noting(Api inner, std::vector<std::string> unasked, ApiCall call) {
  auto answer = co_await inner(std::move(call));
  if (answer.status != 403 || unasked.empty()) co_return answer;
  answer.hint += (answer.hint.empty() ? "" : "; ") + join(unasked, "; ");
  co_return answer;
}

Api noting(Api inner, std::vector<std::string> unasked) {
  if (unasked.empty()) return inner;
  return [inner = std::move(inner), unasked = std::move(unasked)](ApiCall call) { return act_noting(inner, unasked, std::move(call)); };
}

std::string api_url(const pipeline::ServerConfig& config) {
  const auto github = config.webhooks.find("github");
  return github == config.webhooks.end() ? "" : github->second.api_url;
}

class SlackPeople : public People {
 public:
  explicit SlackPeople(SlackPeopleParts given)
      : parts_(std::move(given)),
        named_(named_groups(*parts_.config)),
        github_(parts_.http, parts_.github_token, api_url(*parts_.config)) {}

  Awaitable<Speaker> identify(Account account) override {
    auto known = co_await ask(account, true);
    co_return speaker(account, std::move(known));
  }

  Awaitable<Speaker> identify_reader(Account account) override {
    const std::pair key(account.workspace, account.user + "/" + account.home);
    const auto time = std::chrono::steady_clock::now();
    if (const auto known = readers_.find(key); known != readers_.end() && known->second.until > time)
      co_return speaker(account, known->second.known);
    auto known = co_await ask(account, false);
    if (readers_.size() >= most_readers) readers_.clear();
    readers_.insert_or_assign(key, Reader{known, time + reader_memory});
    co_return speaker(account, std::move(known));
  }

  Awaitable<std::vector<Reachable>> eligible_people(std::string workspace, std::vector<std::string> who) override {
    auto* const api = parts_.api(workspace);
    if (api == nullptr) co_return std::vector<Reachable>{};
    const auto installed = co_await installation(*api, workspace, deadline_in(patience));
    const Reaching reaching{.api = api,
                            .workspace = std::move(workspace),
                            .team = installed.team,
                            .groups = &groups_,
                            .github = &github_,
                            .links = co_await parts_.links->list(),
                            .deadline = deadline_in(patience)};
    co_return co_await reach(reaching, std::move(who));
  }

 private:
  struct Known {
    engine::Person person;
    std::vector<std::string> unasked;  ///< one sentence each
    std::string zone;                  ///< that the account's times of day are in
  };
  struct Reader {
    Known known;
    Deadline until;
  };

  Speaker speaker(const Account& account, Known known) const {
    Speaker made;
    made.mention = "<@" + account.user + ">";
    made.via = "slack";
    made.zone = known.zone;
    made.api = noting(parts_.act_as(known.person, "slack"), std::move(known.unasked));
    made.person = std::move(known.person);
    return made;
  }

  /// Which workspace a token is of never changes.
  Awaitable<Installation> installation(WebApi& api, std::string workspace, Deadline deadline) {
    if (const auto known = installations_.find(workspace); known != installations_.end()) co_return known->second;
    const Json answer = co_await api.call(workspace, "auth.test", Json::object(), deadline);
    Installation found{.team = text_at(answer, "team_id"), .enterprise = text_at(answer, "enterprise_id")};
    if (flag_at(answer, "is_enterprise_install")) found.team.clear();
    if (found.team.empty() && found.enterprise.empty()) throw Error(ErrorKind::unavailable, "auth.test names no workspace");
    installations_.insert_or_assign(workspace, found);
    co_return found;
  }

  Awaitable<Known> ask(Account account, bool fresh) {
    auto* const api = parts_.api(account.workspace);
    if (api == nullptr) throw Error(ErrorKind::refused, "fairlead is not connected to this workspace now, so it cannot ask who you are");
    const Deadline deadline = deadline_in(patience);
    Json user;
    Installation ours;
    try {
      ours = co_await installation(*api, account.workspace, deadline);
      user = member(co_await api->call(account.workspace, "users.info", {{"user", account.user}}, deadline), "user");
    } catch (const Error& error) {
      throw Error(ErrorKind::refused, "Slack could not be asked who you are (" + error.message() + "), so nothing was done",
                  "try again, or use the command line or the console");
    }
    if (const auto why = why_not(user, account, ours); !why.empty()) throw Error(ErrorKind::refused, why);
    co_return co_await person_of(*api, account, ours, std::move(user), fresh, deadline);
  }

  Awaitable<Known> person_of(WebApi& api, Account account, Installation ours, Json user, bool fresh, Deadline deadline) {
    const std::string email = confirmed_email(user);
    co_await parts_.links->confirmed("slack:" + account.user, email);
    Known known;
    known.person.id = "slack:" + account.user;
    known.zone = text_at(user, "tz");
    if (!email.empty()) known.person.aliases.insert("user:" + to_lower(email));
    known.person = with_links(std::move(known.person), co_await parts_.links->list());
    for (const auto& group : named_.slack) {
      try {
        const auto members = co_await groups_.members(api, account.workspace, ours.team, group, fresh, deadline);
        if (members.contains(account.user)) known.person.groups.insert(group);
      } catch (const Error& error) {
        known.unasked.push_back(group + " could not be asked: " + error.message());
      }
    }
    co_await add_teams(known, deadline);
    co_return known;
  }

  Awaitable<void> add_teams(Known& known, Deadline deadline) {
    for (const auto& identity : known.person.aliases) {
      constexpr std::string_view prefix = "github:";
      if (!identity.starts_with(prefix)) continue;
      for (const auto& team : named_.github) {
        try {
          if (co_await github_.has(team, identity.substr(prefix.size()), deadline)) known.person.groups.insert(team);
        } catch (const Error& error) {
          known.unasked.push_back(team + " could not be asked: " + error.message());
        }
      }
    }
  }

  SlackPeopleParts parts_;
  NamedGroups named_;
  SlackGroups groups_;
  GithubTeams github_;
  std::map<std::string, Installation> installations_;
  std::map<std::pair<std::string, std::string>, Reader> readers_;
};

}  // namespace

std::unique_ptr<People> slack_people(SlackPeopleParts parts) { return std::make_unique<SlackPeople>(std::move(parts)); }

}  // namespace fairlead::chat
