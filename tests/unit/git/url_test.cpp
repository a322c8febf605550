// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/url.hpp"

#include <gtest/gtest.h>

namespace fairlead::git {
namespace {

TEST(GitUrl, every_form_of_one_repository_has_the_same_identity) {
  for (const auto* url :
       {"https://github.com/acme/shop-api", "https://github.com/acme/shop-api.git", "https://GitHub.com/acme/shop-api.git/",
        "http://github.com/acme/shop-api", "https://octocat:token@github.com/acme/shop-api.git", "git@github.com:acme/shop-api.git",
        "github.com:acme/shop-api", "ssh://git@github.com/acme/shop-api.git", "ssh://git@github.com:22/acme/shop-api",
        "git+ssh://git@github.com/acme/shop-api", "HTTPS://github.com:443/acme//shop-api", "https://github.com/acme/shop%2Dapi?x=1#y"})
    EXPECT_EQ(normalize_url(url), "github.com/acme/shop-api") << url;
}

TEST(GitUrl, local_repositories_are_compared_by_path) {
  for (const auto* url : {"/srv/git/shop.git", "file:///srv/git/shop.git", "file://localhost/srv/git/shop", "/srv/git//shop/"})
    EXPECT_EQ(normalize_url(url), "/srv/git/shop") << url;
  EXPECT_EQ(normalize_url("/home/me/shop/.git"), "/home/me/shop/.git");
}

TEST(GitUrl, the_case_of_a_path_counts) { EXPECT_NE(normalize_url("https://host/Acme/x"), normalize_url("https://host/acme/x")); }

TEST(GitUrl, what_is_not_a_repository_is_refused) {
  for (const auto* url : {"",
                          "ext::sh -c id",
                          "--upload-pack=id",
                          "-x:y",
                          "shop",
                          "./shop",
                          "../shop",
                          "https://",
                          "https://host",
                          "https://host/",
                          "ftp://host/x",
                          "javascript://x/y",
                          "file://other-host/x",
                          "ssh://-oProxyCommand=id/x",
                          "-oProxyCommand=id:x",
                          "host:-x",
                          "user@-h:x",
                          "ssh://-l@host/x",
                          "https://ho st/x",
                          "https://host:0/x",
                          "https://host:99999/x",
                          "https://host/%zz",
                          "https://host/a%0ab",
                          "https://host/a\nb",
                          "host::x"})
    EXPECT_FALSE(parse_url(url)) << url << " -> " << normalize_url(url);
}

TEST(GitUrl, ipv6_hosts_keep_their_brackets) {
  EXPECT_EQ(normalize_url("ssh://git@[::1]:2222/srv/x.git"), "[::1]/srv/x");
  EXPECT_EQ(normalize_url("git@[::1]:srv/x.git"), "[::1]/srv/x");
}

TEST(GitUrl, credentials_do_not_reach_the_argument) {
  EXPECT_EQ(without_credentials("https://me:p%40ss@host:8443/a/b.git"), "https://host:8443/a/b.git");
  EXPECT_EQ(without_credentials("https://token@host/a"), "https://host/a");
  EXPECT_EQ(without_credentials("ssh://git:x@host/a"), "ssh://git@host/a");
  EXPECT_EQ(without_credentials("git@host:a/b"), "git@host:a/b");
  EXPECT_EQ(without_credentials("https://host/a@b"), "https://host/a@b");
  const auto url = parse_url("https://me:p%40ss@host/a");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "me");
  EXPECT_EQ(url->password, "p@ss");
}

TEST(GitUrl, credentials_are_removed_from_the_words_of_others) {
  EXPECT_EQ(redact("fatal: unable to access 'https://me:hush@host/x/': 403"), "fatal: unable to access 'https://***@host/x/': 403");
  EXPECT_EQ(redact("token s3cr3t/x and s3cr3t%2Fx", "s3cr3t/x"), "token *** and ***");
  EXPECT_EQ(redact("https://host/a@b stays"), "https://host/a@b stays");
}

}  // namespace
}  // namespace fairlead::git
