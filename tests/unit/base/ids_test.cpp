// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <thread>
#include <vector>

#include "fairlead/base/time.hpp"
#include "fairlead/base/uuid.hpp"

namespace fairlead {
namespace {

TEST(NewUuid, HasVersionSevenAndTheTime) {
  static const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  auto before = to_micros(now()) / 1000;
  std::string uuid = new_uuid();
  EXPECT_TRUE(std::regex_match(uuid, form)) << uuid;
  EXPECT_GE(std::stoll(uuid.substr(0, 8) + uuid.substr(9, 4), nullptr, 16), before);
}

TEST(NewUuid, GrowsAndNeverRepeatsAcrossThreads) {
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < 5000; ++i) mine.push_back(new_uuid());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    for (const std::string& uuid : mine) all.insert(uuid.substr(0, 18));  // time and counter alone are already unique
  }
  EXPECT_EQ(all.size(), 20000u);
}

TEST(UuidFrom, IsTheSameForEver) {
  EXPECT_EQ(uuid_from("abc"), "ba7816bf-8f01-8fea-8141-40de5dae2223");
  EXPECT_NE(uuid_from("abd"), uuid_from("abc"));
}

TEST(IsSha, AcceptsFullLowerCaseIdsOnly) {
  EXPECT_TRUE(is_sha(std::string(40, 'a')));
  EXPECT_TRUE(is_sha(std::string(64, '0')));
  EXPECT_FALSE(is_sha(std::string(40, 'A')));
  EXPECT_FALSE(is_sha(std::string(39, 'a')));
  EXPECT_FALSE(is_sha(std::string(40, 'g')));
  EXPECT_FALSE(is_sha(""));
}

TEST(Ids, UuidOfATimeSortsByIt) {
  const auto at = from_micros(1'790'000'000'123'456);
  EXPECT_EQ(uuid_at(at, "a"), uuid_at(at, "a"));
  EXPECT_NE(uuid_at(at, "a"), uuid_at(at, "b"));
  EXPECT_LT(uuid_at(at, "b"), uuid_at(at + std::chrono::microseconds(1), "a"));
  EXPECT_LT(uuid_at(at, "b"), uuid_at(at + std::chrono::milliseconds(1), "a"));
  EXPECT_EQ(uuid_at(at, "a")[14], '7');
}

}  // namespace
}  // namespace fairlead
