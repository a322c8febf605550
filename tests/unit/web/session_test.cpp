// SPDX-License-Identifier: Apache-2.0
#include "unit/web/session_fixture.hpp"
#include "web/route.hpp"

namespace fairlead::web {
namespace {

using testing::HasSubstr;
using testing::Not;

class Session : public SessionTest {};

TEST_F(Session, ATokenInTheFormOpensOneAndItsRightsAreTheTokens) {
  const auto browser = signed_in(token("viewer"));
  const auto who = visit(browser, "GET", "/api/v1/whoami");
  EXPECT_EQ(who.status, 200);
  EXPECT_EQ(text_at(who.body, "role"), "viewer");
  const auto page = visit(browser, "GET", "/chat");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.text, HasSubstr("name=\"csrf-token\" content=\"" + browser.csrf + "\""));
  EXPECT_EQ(visit(browser, "POST", "/api/v1/apps/shop/runs").status, 403) << "a viewer starts nothing";
}

TEST_F(Session, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  const auto secret = secret_of(token("viewer"));
  auto plain = form("token=" + secret);
  EXPECT_THAT(std::string(send(plain).headers.get("Set-Cookie")),
              testing::MatchesRegex("fairlead=[0-9a-f]+[.][-_A-Za-z0-9]+; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"));
  auto encrypted = form("token=" + secret);
  encrypted.peer.secure = true;
  const std::string cookie(send(encrypted).headers.get("Set-Cookie"));
  EXPECT_THAT(cookie, testing::StartsWith("__Host-fairlead="));
  EXPECT_THAT(cookie, testing::EndsWith("; Secure"));
  for (const auto& doc : run(store_->read([](store::View& view) { return view.list("web.session"); })))
    EXPECT_THAT(doc.body, Not(HasSubstr(cookie.substr(cookie.find('.') + 1, 20)))) << "only a hash is kept";
}

TEST_F(Session, AWrongTokenIsSaidInThePageAndSlowedDown) {
  auto reply = send(form("token=fl_0123456789abcdef_nonsense"));
  EXPECT_EQ(reply.status, 401);
  EXPECT_THAT(reply.text, HasSubstr("the API token is not valid"));
  EXPECT_FALSE(reply.headers.has("Set-Cookie"));
  EXPECT_EQ(send(form("")).status, 400);
  for (int i = 0; i < 30 && reply.status == 401; ++i) reply = send(form("token=fl_0123456789abcdef_nonsense"));
  EXPECT_EQ(reply.status, 429);
  EXPECT_TRUE(reply.headers.has("Retry-After"));
}

TEST_F(Session, AnotherSitesFormSignsNobodyIn) {
  auto foreign = form("token=" + secret_of(token("viewer")));
  foreign.headers.set("Origin", "https://evil.example");
  EXPECT_EQ(send(foreign).status, 403);
  foreign.headers.set("Origin", "null");
  EXPECT_EQ(send(foreign).status, 403);
}

TEST_F(Session, WhatChangesSomethingNeedsThePagesOwnToken) {
  const auto browser = signed_in(token("deployer"));
  auto forged = browser;
  forged.csrf.clear();
  EXPECT_EQ(visit(forged, "POST", "/api/v1/apps/shop/runs").status, 403);
  forged.csrf = signed_in(token("deployer")).csrf;
  EXPECT_EQ(visit(forged, "POST", "/api/v1/apps/shop/runs").status, 403) << "that of another session";
  auto incoming = ask(browser, "POST", "/api/v1/apps/shop/runs");
  incoming.headers.set("Origin", "https://evil.example");
  EXPECT_EQ(send(incoming).status, 403);
  incoming.headers.set("Origin", "http://fairlead.test");
  incoming.headers.set("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(send(incoming).status, 403);
  incoming.headers.set("Sec-Fetch-Site", "same-origin");
  EXPECT_EQ(send(incoming).status, 201);
  incoming.headers.set("Host", "127.0.0.1:7070");
  incoming.headers.set("Origin", "http://127.0.0.1:7070");
  EXPECT_EQ(send(incoming).status, 201);
}

TEST_F(Session, ItEndsWithSigningOutWithTimeAndWithItsToken) {
  const auto first = signed_in(token("viewer"));
  const auto reply = visit(first, "POST", "/sign-out");
  EXPECT_EQ(reply.status, 204);
  EXPECT_THAT(std::string(reply.headers.get("Set-Cookie")), HasSubstr("Max-Age=0"));
  EXPECT_EQ(visit(first, "GET", "/api/v1/whoami").status, 401);
  EXPECT_THAT(visit(first, "GET", "/chat").text, HasSubstr("not signed in any more"));

  const auto second = signed_in(token("viewer"));
  const auto name = "viewer" + std::to_string(names_);
  EXPECT_EQ(call("DELETE", "/api/v1/tokens/" + name).status, 204);
  EXPECT_EQ(visit(second, "GET", "/api/v1/whoami").status, 401);

  const auto third = signed_in(token("viewer"));
  now_ += std::chrono::hours(13);
  EXPECT_EQ(visit(third, "GET", "/api/v1/whoami").status, 401);
}

TEST_F(Session, APlainCookieIsWorthNothingOnTls) {
  const auto browser = signed_in(token("viewer"));
  auto incoming = ask(browser, "GET", "/api/v1/whoami");
  incoming.peer.secure = true;
  EXPECT_EQ(send(incoming).status, 401);
}

TEST_F(Session, ThePagesRunNoScriptButOurFiles) {
  const auto browser = signed_in(token("viewer"));
  for (const auto& reply : {visit(browser, "GET", "/chat"), call("GET", "/chat"), visit(browser, "GET", "/ui/chat.js")}) {
    EXPECT_EQ(reply.status, 200);
    const std::string policy(reply.headers.get("Content-Security-Policy"));
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  }
  const auto file = visit(browser, "GET", "/ui/chat.js");
  auto again = ask(browser, "GET", "/ui/chat.js");
  again.headers.set("If-None-Match", std::string(file.headers.get("ETag")));
  EXPECT_EQ(send(again).status, 304);
  EXPECT_EQ(visit(browser, "GET", "/ui/chat.html").status, 404) << "templates are no files of the pages";
}

TEST_F(Session, TheFirstTryOnLoopbackIsToldHowToMakeAToken) {
  auto incoming = request("GET", "/chat");
  incoming.peer = {.address = "127.0.0.1", .uid = std::nullopt};
  EXPECT_THAT(send(incoming).text, HasSubstr("fairlead token create me --user user:me@example.com --role deployer"));
  token("viewer");
  EXPECT_THAT(send(incoming).text, Not(HasSubstr("There is no token yet")));
}

/// Every route × every role, by cookie: with the page's token it answers as to an API token, without it changes nothing.
TEST_F(Session, EveryRouteAsksABrowserForItsRoleAndForThePagesToken) {
  for (const auto access : {Access::viewer, Access::approver, Access::deployer, Access::admin}) {
    const auto browser = signed_in(token(std::string(to_string(access))));
    auto forged = browser;
    forged.csrf = std::string(64, '0');
    for (const auto& route : routes().all()) {
      if (route.access == Access::none || route.pattern == "/sign-out") continue;
      auto target = route.pattern;
      for (const char* name : {"{app}", "{environment}", "{run}", "{job}", "{step}", "{name}", "{id}"})
        if (const auto at = target.find(name); at != std::string::npos) target.replace(at, std::string_view(name).size(), "1");
      const auto where = route.method + " " + route.pattern + " as " + std::string(to_string(access));
      const auto reply = visit(browser, route.method, target);
      EXPECT_NE(reply.status, 401) << where;
      EXPECT_NE(reply.status, 500) << where;
      EXPECT_EQ(reply.text.contains("needs the role"), access < route.access) << where << reply.text;
      if (route.method == "GET") continue;
      const auto refused = visit(forged, route.method, target);
      EXPECT_EQ(refused.status, 403) << where;
      EXPECT_THAT(refused.text, HasSubstr("own page")) << where;
    }
  }
}

}  // namespace
}  // namespace fairlead::web
