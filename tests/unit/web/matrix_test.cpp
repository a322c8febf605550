// SPDX-License-Identifier: Apache-2.0
#include "unit/web/api_fixture.hpp"
#include "web/route.hpp"

/// Every route × every role × own and other app answers as the table says (reliability I22).
namespace fairlead::web {
namespace {

class Matrix : public ApiTest {
 protected:
  std::string target_of(const Route& route, const std::string& app, const std::string& run) {
    std::string target = route.pattern;
    const auto put = [&target](const std::string& name, const std::string& value) {
      if (const auto at = target.find(name); at != std::string::npos) target.replace(at, name.size(), value);
    };
    put("{app}", app);
    put("{environment}", "staging");
    put("{run}", run);
    put("{job}", "unit");
    put("{step}", "0");
    put("{name}", "NAME");
    put("{provider}", "github");
    put("{id}", "none");
    put("{identity}", "none");
    return target;
  }

  Reply reply(const Route& route, const std::string& app, const std::string& run, const net::Headers& headers) {
    auto incoming = request(route.method, target_of(route, app, run), nullptr, headers);
    if (headers.size() == 0) incoming.peer = {.address = "192.0.2." + std::to_string(++strangers_), .uid = std::nullopt};
    return send(std::move(incoming));
  }

  int strangers_ = 0;
};

TEST_F(Matrix, EveryRouteAsksForItsRole) {
  const auto run = started();
  until_state(run, "waiting");
  const std::vector<std::pair<Access, net::Headers>> callers{{Access::none, {}},
                                                             {Access::viewer, token("viewer")},
                                                             {Access::approver, token("approver")},
                                                             {Access::deployer, token("deployer")},
                                                             {Access::admin, token("admin")}};
  for (const auto& route : routes().all()) {
    for (const auto& [access, headers] : callers) {
      const auto answer = reply(route, "shop", run, headers);
      const int got = answer.status;
      const bool by_role = answer.text.contains("needs the role");
      const auto where = route.method + " " + route.pattern + " as " + std::string(to_string(access));
      if (access >= route.access) {
        EXPECT_NE(got, 401) << where;
        EXPECT_NE(got, 500) << where;
        EXPECT_FALSE(by_role) << where;
      } else if (access == Access::none) {
        EXPECT_EQ(got, 401) << where;
      } else {
        EXPECT_EQ(got, 403) << where;
        EXPECT_TRUE(by_role) << where;
      }
    }
  }
}

TEST_F(Matrix, ATokenForAnotherAppReachesNothing) {
  const auto run = started();
  until_state(run, "waiting");
  const auto stranger = token("admin", {{"apps", {"other"}}});
  for (const auto& route : routes().all()) {
    const bool concerns_the_app = route.pattern.contains("{app}") || route.pattern.contains("{run}");
    if (!concerns_the_app || route.access == Access::none) continue;
    const int got = reply(route, "shop", run, stranger).status;
    EXPECT_TRUE(got == 404 || got == 403) << route.method << " " << route.pattern << " answered " << got;
  }
  for (const char* path : {"/api/v1/apps", "/api/v1/runs", "/api/v1/deployments"}) {
    const auto reply = call("GET", path, nullptr, stranger);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.text.find("\"shop\""), std::string::npos) << path << reply.text;
  }
  for (const char* path :
       {"/api/v1/events", "/api/v1/audit", "/api/v1/tokens", "/api/v1/events?stream=run:*", "/api/v1/events?stream=app:*"})
    EXPECT_EQ(call("GET", path, nullptr, stranger).status, 403) << path;
  EXPECT_EQ(call("GET", "/api/v1/events?stream=run:" + run, nullptr, stranger).status, 404);
  EXPECT_EQ(call("POST", "/api/v1/deployments", {{"app", "shop"}, {"environment", "staging"}}, stranger).status, 404);
  EXPECT_EQ(call("POST", "/api/v1/tokens", {{"name", "more"}, {"role", "viewer"}}, stranger).status, 403);
  EXPECT_EQ(call("PUT", "/api/v1/secrets/NAME", {{"value", "long enough"}, {"app", "shop"}}, stranger).status, 404);
  EXPECT_EQ(call("POST", "/api/v1/locks", {{"environment", "staging"}, {"reason", "x"}}, stranger).status, 404);
}

TEST_F(Matrix, ATokenForSomeEnvironmentsActsOnlyThere) {
  const auto limited = token("deployer", {{"environments", {"staging"}}});
  EXPECT_EQ(call("POST", "/api/v1/deployments", {{"app", "shop"}, {"environment", "production"}}, limited).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/apps/shop/runs", nullptr, limited).status, 403);
  EXPECT_EQ(call("POST", "/api/v1/deployments", {{"app", "shop"}, {"environment", "staging"}}, limited).status, 201);
  EXPECT_EQ(call("POST", "/api/v1/locks", {{"environment", "production"}, {"reason", "x"}}, limited).status, 403);
}

}  // namespace
}  // namespace fairlead::web
