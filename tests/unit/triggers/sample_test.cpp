// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/sample.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"
#include "fairlead/triggers/provider.hpp"

namespace fairlead::triggers {
namespace {

const Time at = *parse_time("2026-11-20T03:04:05Z");

TEST(Sample, a_file_is_a_request) {
  auto sample =
      parse_sample("POST /hooks/github HTTP/1.1\r\nX-GitHub-Event: push\r\nContent-Type:application/json\r\n\r\n{\n}\r\n", "push.http");
  EXPECT_EQ(sample.provider, Provider::github);
  EXPECT_EQ(sample.path, "/hooks/github");
  EXPECT_EQ(sample.headers.get("x-github-event"), "push");
  EXPECT_EQ(sample.body, "{\n}");
  auto http = parse_sample("POST /hooks/http/shop-api HTTP/1.1\n\n{}", "x");
  EXPECT_EQ(http.app, "shop-api");
}

TEST(Sample, what_is_wrong_is_named_with_its_line) {
  for (const char* text : {"", "GET /hooks/github HTTP/1.1\n\n", "POST /hooks/sourceforge HTTP/1.1\n\n", "POST /x HTTP/1.1\n\n",
                           "POST /hooks/http HTTP/1.1\n\n", "POST /hooks/github/x HTTP/1.1\n\n", "POST /hooks/github HTTP/1.1\nnothing\n\n",
                           "POST /hooks/github HTTP/1.1\nA: b\n"})
    EXPECT_THROW(parse_sample(text, "f"), Error) << text;
  try {
    parse_sample("POST /hooks/github HTTP/1.1\nnothing\n\n", "f.http");
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "f.http:2: expected Name: value");
  }
}

TEST(Sample, what_is_signed_here_is_verified_here) {
  for (const char* path : {"/hooks/github", "/hooks/gitlab", "/hooks/bitbucket", "/hooks/gitea", "/hooks/http/shop"}) {
    auto sample = parse_sample("POST " + std::string(path) + " HTTP/1.1\n\n{\"a\":1}\n", "f");
    sign_sample(sample, Secret("a secret of ours"), at, "fresh-1");
    EXPECT_TRUE(verify(sample.provider, sample.headers, sample.body, {Secret("a secret of ours")}, at)) << path;
    EXPECT_FALSE(verify(sample.provider, sample.headers, sample.body, {Secret("another secret")}, at)) << path;
    EXPECT_EQ(delivery_id(sample.provider, sample.headers, sample.body), "fresh-1") << path;
  }
  auto sample = parse_sample("POST /hooks/github HTTP/1.1\n\n{}", "f");
  EXPECT_THROW(sign_sample(sample, Secret(""), at), Error);
}

TEST(WebhookHelp, says_where_to_enter_what) {
  auto text = webhook_help(Provider::github, "https://deploy.example.com/", "shop");
  EXPECT_NE(text.find("https://deploy.example.com/hooks/github\n"), std::string::npos);
  EXPECT_NE(webhook_help(Provider::http, "https://deploy.example.com", "shop").find("/hooks/http/shop\n"), std::string::npos);
}

}  // namespace
}  // namespace fairlead::triggers
