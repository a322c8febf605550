// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "unit/web/api_fixture.hpp"

namespace fairlead::web {

/// A browser that is signed in: what it sends with each request of the page.
struct Browser {
  std::string cookie, csrf;
};

/// The API as a browser sees it.
class SessionTest : public ApiTest {
 protected:
  using ApiTest::ApiTest;

  static std::string secret_of(const net::Headers& bearer) {
    return std::string(bearer.get("Authorization").substr(std::string_view("Bearer ").size()));
  }

  static net::Request form(const std::string& body) {
    auto incoming = request("POST", "/sign-in");
    incoming.peer = {.address = "192.0.2.7", .uid = std::nullopt};
    incoming.body = body;
    return incoming;
  }

  Browser signed_in(const net::Headers& bearer) {
    const auto reply = send(form("token=" + secret_of(bearer)));
    EXPECT_EQ(reply.status, 303) << reply.text;
    EXPECT_EQ(reply.headers.get("Location"), "/chat");
    const std::string cookie(reply.headers.get("Set-Cookie"));
    Browser browser{cookie.substr(0, cookie.find(';')), ""};
    const std::string mark = "name=\"csrf-token\" content=\"";
    const auto page = visit(browser, "GET", "/chat").text;
    browser.csrf = page.substr(page.find(mark) + mark.size(), 64);
    return browser;
  }

  static net::Request ask(const Browser& browser, const std::string& method, const std::string& target, const Json& body = nullptr) {
    auto incoming = request(method, target, body, {{"Cookie", "other=1; " + browser.cookie}, {"X-CSRF-Token", browser.csrf}});
    incoming.peer = {.address = "192.0.2.7", .uid = std::nullopt};
    return incoming;
  }
  Reply visit(const Browser& browser, const std::string& method, const std::string& target, const Json& body = nullptr) {
    return send(ask(browser, method, target, body));
  }
};

}  // namespace fairlead::web
