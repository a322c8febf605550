// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "simulator.hpp"

namespace fairlead::engine {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::int64_t usual_folds = 40'000;  // the same paths, at a third of the speed
#else
constexpr std::int64_t usual_folds = 200'000;
#endif

/// FAIRLEAD_FOLDS sets how many; FAIRLEAD_SEED where to begin.
std::int64_t setting(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

TEST(RandomHistories, hold_every_invariant_and_come_to_an_end) {
  const std::int64_t wanted = setting("FAIRLEAD_FOLDS", usual_folds);
  const auto start = std::chrono::steady_clock::now();
  test::Tally tally;
  auto seed = static_cast<std::uint64_t>(setting("FAIRLEAD_SEED", 1));
  const auto plans = test::random_plans(seed, 200);
  int worlds = 0;
  for (; tally.folds < wanted; ++seed, ++worlds) {
    test::Simulator world(seed, plans, tally);
    world.live(600);
    for (const auto& violation : world.violations()) ADD_FAILURE() << violation;
    if (!world.violations().empty()) break;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cout << tally.folds << " folds, " << tally.decisions << " decisions, " << tally.refolds << " events folded again, " << tally.runs
            << " runs in " << worlds << " worlds, " << seconds << " s; ends:";
  for (const auto& [state, count] : tally.ends) std::cout << " " << count << " " << state;
  std::cout << "\n";
  EXPECT_GT(tally.ends["succeeded"], 0);
  EXPECT_GT(tally.ends["superseded"], 0);
}

}  // namespace
}  // namespace fairlead::engine
