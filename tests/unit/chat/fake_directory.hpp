// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fairlead/chat/web_api.hpp"

namespace fairlead::chat::test {

/// Slack as far as people and groups go: the workspace T1 with its members, as the test makes them.
class FakeDirectory : public WebApi {
 public:
  Awaitable<Json> call(std::string, std::string method, Json arguments, Deadline) override {
    ++calls[method];
    if (failing.contains(method)) throw ApiError(ApiError::Kind::throttled, method, "ratelimited", "");
    co_return answer(method, arguments);
  }

  /// A full member with a confirmed address.
  Json& add(const std::string& user, const std::string& email) {
    return users[user] = {{"id", user}, {"team_id", "T1"}, {"is_email_confirmed", true}, {"profile", {{"email", email}}}};
  }

  std::map<std::string, Json> users;
  std::map<std::string, std::string> handles;            ///< of user groups: handle → id
  std::map<std::string, std::set<std::string>> members;  ///< by id
  std::set<std::string> failing;                         ///< methods that are throttled
  std::map<std::string, int> calls;
  std::string enterprise;

 private:
  Json answer(const std::string& method, const Json& arguments) {
    if (method == "auth.test") return {{"team_id", "T1"}, {"enterprise_id", enterprise}};
    if (method == "users.info") {
      const auto user = users.find(text_at(arguments, "user"));
      if (user == users.end()) throw ApiError(ApiError::Kind::rejected, method, "user_not_found", "");
      return {{"user", user->second}};
    }
    if (method == "users.lookupByEmail") {
      for (const auto& [id, user] : users)
        if (text_at(member(user, "profile"), "email") == text_at(arguments, "email")) return {{"user", user}};
      throw ApiError(ApiError::Kind::rejected, method, "users_not_found", "");
    }
    if (method == "usergroups.list") {
      Json groups = Json::array();
      for (const auto& [handle, id] : handles) groups.push_back({{"id", id}, {"handle", handle}, {"date_delete", 0}});
      return {{"usergroups", groups}};
    }
    if (method == "usergroups.users.list") return {{"users", members[text_at(arguments, "usergroup")]}};
    throw ApiError(ApiError::Kind::rejected, method, "unknown_method", "");
  }
};

}  // namespace fairlead::chat::test
