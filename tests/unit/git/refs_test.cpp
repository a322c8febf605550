// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/refs.hpp"

#include <gtest/gtest.h>

#include "git/links.hpp"

namespace fairlead::git {
namespace {

TEST(GitRefs, names_that_git_itself_takes_are_refs) {
  for (const auto* ref : {"refs/heads/main", "refs/heads/feature/x", "refs/tags/v1.0", "refs/heads/`$(id)`", "refs/heads/--upload-pack=x",
                          "refs/heads/a@b", "refs/heads/日本", "refs/pull/3/head", "refs/heads/a;b|c&d'e\"f", "refs/heads/@"})
    EXPECT_TRUE(is_ref(ref)) << ref;
}

TEST(GitRefs, names_that_git_check_ref_format_refuses_are_not) {
  for (const auto* ref : {"",
                          "main",
                          "heads/main",
                          "refs/",
                          "refs/heads/",
                          "refs/heads//x",
                          "refs/heads/.x",
                          "refs/heads/x.lock",
                          "refs/heads/x.lock/y",
                          "refs/heads/a..b",
                          "refs/heads/a b",
                          "refs/heads/a~1",
                          "refs/heads/a^",
                          "refs/heads/a:b",
                          "refs/heads/a?",
                          "refs/heads/a*",
                          "refs/heads/a[b",
                          "refs/heads/a\\b",
                          "refs/heads/a@{1}",
                          "refs/heads/a\nb",
                          "refs/heads/a\x7f",
                          "refs/heads/a.",
                          "refs/heads/a/"})
    EXPECT_FALSE(is_ref(ref)) << ref;
}

TEST(GitRefs, branches_and_tags_are_told_apart) {
  EXPECT_EQ(branch_of("refs/heads/release/1"), "release/1");
  EXPECT_FALSE(branch_of("refs/tags/v1"));
  EXPECT_FALSE(branch_of("refs/heads/"));
  EXPECT_EQ(tag_of("refs/tags/v1"), "v1");
  EXPECT_TRUE(is_zero_sha(std::string(40, '0')));
  EXPECT_FALSE(is_zero_sha(std::string(41, '0')));
}

TEST(GitLinks, only_links_that_cannot_climb_out_stay_inside) {
  EXPECT_TRUE(stays_inside(0, "a/b"));
  EXPECT_TRUE(stays_inside(1, "../a"));
  EXPECT_TRUE(stays_inside(2, ".././../a"));
  EXPECT_FALSE(stays_inside(0, "../a"));
  EXPECT_FALSE(stays_inside(1, "../../a"));
  EXPECT_FALSE(stays_inside(1, "/etc/passwd"));
  EXPECT_FALSE(stays_inside(3, "link/../../x")) << "`link` may lead to the top";
  EXPECT_FALSE(stays_inside(0, ""));
}

TEST(GitLinks, hostile_names_are_not_safe) {
  for (const auto* name : {"", ".", "..", ".git", ".GIT", "a/b"}) EXPECT_FALSE(is_safe_name(name)) << name;
  for (const auto* name : {".github", "...", "..a", ".gitignore", "-x", "a b"}) EXPECT_TRUE(is_safe_name(name)) << name;
}

}  // namespace
}  // namespace fairlead::git
