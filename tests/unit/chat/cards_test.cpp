// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "fairlead/base/files.hpp"
#include "unit/chat/card_inputs.hpp"
#include "unit/chat/card_samples.hpp"

namespace fairlead::chat::test {
namespace {

/// With FAIRLEAD_RECORD set the recorded cards are written anew; look at the difference before committing it.
TEST(Cards, AreDrawnAsRecorded) {
  const std::filesystem::path folder = FIXTURES "/cards";
  const bool record = std::getenv("FAIRLEAD_RECORD") != nullptr;
  for (const auto& sample : samples(sample_context())) {
    const auto path = folder / (sample.name + ".json");
    if (record) {
      std::filesystem::create_directories(folder);
      std::ofstream(path) << sample.drawn.dump(2) << "\n";
    }
    std::ifstream file(path);
    ASSERT_TRUE(file) << path << " is missing";
    EXPECT_EQ(Json::parse(file), sample.drawn) << sample.name;
  }
}

TEST(Cards, KeepWithinTheLimits) {
  for (const auto& sample : samples(sample_context())) EXPECT_EQ(problems_of(sample), std::vector<std::string>{}) << sample.name;
}

/// Nothing but the revision may make an edit necessary.
TEST(Cards, DoNotDependOnTheClock) {
  auto later = sample_context();
  later.now += std::chrono::hours(3);
  const auto before = samples(sample_context());
  const auto after = samples(later);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].drawn, after[i].drawn) << before[i].name;
}

Json without_block_ids(Json drawn) {
  for (auto& block : drawn["blocks"]) block.erase("block_id");
  return drawn;
}

TEST(Cards, HaveNewBlockIdsInEveryDrawing) {
  const auto first = samples(sample_context(1));
  const auto second = samples(sample_context(2));
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].is_view) continue;
    EXPECT_EQ(without_block_ids(first[i].drawn), without_block_ids(second[i].drawn)) << first[i].name;
    EXPECT_NE(first[i].drawn, second[i].drawn) << first[i].name;
  }
}

}  // namespace
}  // namespace fairlead::chat::test
