// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "unit/chat/click_world.hpp"

namespace fairlead::chat::test {
namespace {

/// CLICKS=100000 for the long run.
int schedules() {
  const char* more = std::getenv("CLICKS");
  return more == nullptr ? 5000 : std::atoi(more);
}

std::string line_of(const std::map<std::string, long>& counts) {
  std::string line;
  for (const auto& [word, count] : counts) line += (line.empty() ? "" : ", ") + std::to_string(count) + " " + word;
  return line;
}

TEST(Clicks, InAnyOrderApproveWhatTheModelApprovesAndNothingElse) {
  Outcomes outcomes;
  const int count = schedules();
  for (int seed = 0; seed < count; ++seed) {
    ClickWorld world(static_cast<std::uint64_t>(seed), outcomes);
    world.play();
  }
  std::printf("%d schedules: %ld wrong; runs: %s; clicks: %s\n", count, outcomes.wrong, line_of(outcomes.runs).c_str(),
              line_of(outcomes.clicks).c_str());
  for (const auto& complaint : outcomes.complaints) ADD_FAILURE() << complaint;
  EXPECT_EQ(outcomes.wrong, 0);
  for (const char* word : {"passed", "rejected", "expired", "superseded", "open"}) EXPECT_GT(outcomes.runs[word], 0) << word;
  for (const char* word : {"accepted", "again", "refused", "repeated", "refused at the button", "refused for the account", "taken back"})
    EXPECT_GT(outcomes.clicks[word], 0) << word;
}

}  // namespace
}  // namespace fairlead::chat::test
