// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "chat/cards/words.hpp"
#include "unit/chat/card_inputs.hpp"
#include "unit/chat/card_samples.hpp"
#include "unit/chat/hostile.hpp"

namespace fairlead::chat::test {
namespace {

TEST(HostileCards, KeepWithinTheLimitsAndLetNothingThrough) {
  Hostile hostile(4711);
  std::size_t drawn = 0;
  for (std::uint64_t round = 0; round < 25; ++round) {
    for (const auto& sample : samples(sample_context(), [&](Json input) { return hostile.spoil(input); })) {
      ASSERT_EQ(problems_of(sample), std::vector<std::string>{}) << sample.name << " in round " << round;
      ASSERT_EQ(leaks(sample.drawn), std::vector<std::string>{}) << sample.name << " in round " << round;
      ++drawn;
    }
  }
  EXPECT_GE(hostile.made(), 10'000U);
  EXPECT_GE(drawn, 1'000U);
}

TEST(HostileCards, TheSearchForLeaksFindsThem) {
  const auto of = [](const char* text) { return leaks({{"text", "x"}, {"blocks", {{{"type", "mrkdwn"}, {"text", text}}}}}); };
  EXPECT_EQ(of("a &lt;b&gt; <@U0LEAD> <https://deploy.example.com/runs/1|run>"), std::vector<std::string>{});
  for (const char* text :
       {"<!channel>", "<@U0EVIL>", "<https://evil.example|Approve>", "a < b", "a > b", "a & b", "```", "a\u202E", "a\u200B", "\x1b[31m"})
    EXPECT_EQ(of(text).size(), 1U) << text;
}

TEST(HostileCards, AReasonSomebodyTypedMentionsNobody) {
  Json run = run_locked();
  run["stages"][2]["gates"][0]["reason"] = "locked by slack:U0LEAD: ask slack:U0EVIL, slack:S0EVIL";
  run["start_reason"] = "for slack:U0EVIL";
  const auto drawn = dump(run_card(run, sample_context()).blocks);
  EXPECT_NE(drawn.find("locked by <@U0LEAD>"), std::string::npos);
  EXPECT_EQ(drawn.find("<@U0EVIL>"), std::string::npos);
  EXPECT_EQ(drawn.find("<!subteam"), std::string::npos);
}

TEST(HostileCards, AnAddressThatIsNoneBecomesText) {
  EXPECT_EQ(link("https://a.example/x", "page|<b>"), "<https://a.example/x|page¦&lt;b&gt;>");
  EXPECT_EQ(link("https://a.example/x|<!channel>", "page"), "page");
  EXPECT_EQ(link("javascript:alert(1)", "page"), "page");
  EXPECT_EQ(link("https://a.example/x y", "page"), "page");
  const std::string sha(40, 'a'), other(40, 'b');
  EXPECT_EQ(commit_url("git@github.com:acme/shop|<!channel>.git", sha), "");
  EXPECT_EQ(commit_url("https://user:word@github.com/acme/shop.git", sha), "https://github.com/acme/shop/commit/" + sha);
  EXPECT_EQ(commit_url("ssh://git@gitlab.example.com:2222/acme/shop.git", sha), "https://gitlab.example.com/acme/shop/-/commit/" + sha);
  EXPECT_EQ(commit_url("/srv/git/shop.git", sha), "");
  EXPECT_EQ(commit_url("file:///srv/git/shop.git", sha), "");
  EXPECT_EQ(commit_url("git@git.example.com:acme/shop.git", sha), "");
  EXPECT_EQ(compare_url("git@github.com:acme/shop.git", sha, other), "https://github.com/acme/shop/compare/" + sha + "..." + other);
  EXPECT_EQ(compare_url("git@github.com:acme/shop.git", "v1|x", sha), "");
}

TEST(HostileCards, ARunWithoutAnythingIsDrawn) {
  for (const Json& run : {Json(nullptr), Json::object(), Json::array(), Json("x")}) {
    for (const auto& message : {run_card(run, {}), approval_card(run, "production", {}), failure_reply(run, std::nullopt, {}),
                                question_card(run, "a", 0, {}), bypass_note(run, "production", {}), reminder(run, "production", {}, {})})
      EXPECT_EQ(over_limits(message), std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace fairlead::chat::test
