// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/glob.hpp"

#include <gtest/gtest.h>

#include <random>

namespace fairlead {
namespace {

struct Case {
  const char* pattern;
  const char* text;
  bool matches;
};

constexpr Case cases[] = {
    {"main", "main", true},
    {"main", "main2", false},
    {"", "", true},
    {"", "a", false},
    {"release/*", "release/1.2", true},
    {"release/*", "release/1/2", false},
    {"release/*", "release/", true},
    {"*", "a/b", false},
    {"**", "a/b", true},
    {"**", "", true},
    {"src/**", "src/a/b", true},
    {"src/**", "src", false},
    {"src/**", "lib/src/a", false},
    {"**/x", "x", true},
    {"**/x", "a/b/x", true},
    {"**/x", "a/bx", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "a/xb", false},
    {"a/**/b", "ab", false},
    {"**/*.md", "README.md", true},
    {"**/*.md", "docs/a.b/x.md", true},
    {"**/*.md", "docs/x.md/y", false},
    {"*.md", "docs/x.md", false},
    {"v*.*", "v1.2.3", true},
    {"v*-rc*", "v1-beta-rc2", true},
    {"feature**", "feature/a/b", true},
    {"?at", "cat", true},
    {"?at", "at", false},
    {"a?b", "a/b", false},
    {"[abc]at", "bat", true},
    {"[abc]at", "dat", false},
    {"[!abc]at", "dat", true},
    {"[!abc]at", "bat", false},
    {"v[0-9]*", "v2", true},
    {"v[0-9]*", "vx", false},
    {"a[!x]b", "a/b", false},
    {"[]]", "]", true},
    {"[!]]", "x", true},
    {"[a-]", "-", true},
    {"a[b", "a[b", true},
    {"*[", "x[", true},
    {"**/a*/**/z", "q/ab/c/z", true},
    {"**/a*/**/z", "q/b/c/z", false},
    {"a*/b*c/**", "ax/bxc/d", true},
    {"***", "a/b", true},
};

TEST(Glob, MatchesTheTable) {
  for (const Case& c : cases) EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

/// The plain definition, exponential, for comparison.
bool slow_match(std::string_view p, std::string_view t, bool at_segment = true) {
  if (p.empty()) return t.empty();
  if (at_segment && p.starts_with("**/")) {
    if (slow_match(p.substr(3), t, true)) return true;
    for (std::size_t i = 0; i < t.size(); ++i) {
      if (t[i] == '/' && slow_match(p.substr(3), t.substr(i + 1), true)) return true;
    }
    return false;
  }
  if (p.starts_with("**")) {
    for (std::size_t i = 0; i <= t.size(); ++i) {
      if (slow_match(p.substr(2), t.substr(i), false)) return true;
    }
    return false;
  }
  if (p[0] == '*') {
    for (std::size_t i = 0; i <= t.size(); ++i) {
      if (slow_match(p.substr(1), t.substr(i), false)) return true;
      if (i < t.size() && t[i] == '/') return false;
    }
    return false;
  }
  if (t.empty() || (p[0] == '?' ? t[0] == '/' : p[0] != t[0])) return false;
  return slow_match(p.substr(1), t.substr(1), p[0] == '/');
}

std::string random_text(std::mt19937& random, std::string_view letters, std::size_t limit) {
  std::string out(random() % (limit + 1), ' ');
  for (char& c : out) c = letters[random() % letters.size()];
  return out;
}

TEST(Glob, AgreesWithThePlainDefinition) {
  std::mt19937 random(7);
  for (int i = 0; i < 200000; ++i) {
    std::string pattern = random_text(random, "ab/*?", 9);
    if (pattern.find("***") != std::string::npos) continue;  // stars in a row are one "**", which the definition leaves open
    std::string text = random_text(random, "ab/", 8);
    ASSERT_EQ(glob_match(pattern, text), slow_match(pattern, text)) << pattern << " on " << text;
  }
}

TEST(Glob, DoesNotBlowUp) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a*";
  for (int i = 0; i < 50; ++i) stars += "**/a*";
  EXPECT_FALSE(glob_match(stars + "b", std::string(5000, 'a')));
}

TEST(GlobList, TheLastPatternThatMatchesDecides) {
  std::vector<std::string> patterns = {"release/**", "!release/old/**", "release/old/keep"};
  EXPECT_TRUE(glob_list_match(patterns, "release/1"));
  EXPECT_FALSE(glob_list_match(patterns, "release/old/1"));
  EXPECT_TRUE(glob_list_match(patterns, "release/old/keep"));
  EXPECT_FALSE(glob_list_match(patterns, "main"));
  EXPECT_FALSE(glob_list_match({}, "main"));
}

}  // namespace
}  // namespace fairlead
