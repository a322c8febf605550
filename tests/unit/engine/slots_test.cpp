// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace fairlead::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SlotRequest request(std::string app, std::int64_t order, int band = 2) {
  std::string key = app + "#" + std::to_string(order);
  return {std::move(key), std::move(app), band, order};
}

TEST(SlotQueue, gives_what_it_has_and_the_rest_waits) {
  SlotQueue queue(2);
  for (int i = 1; i <= 3; ++i) queue.request(request("a", i));
  EXPECT_THAT(queue.grant(), ElementsAre("a#1", "a#2"));
  EXPECT_THAT(queue.grant(), IsEmpty());
  EXPECT_EQ(queue.busy(), 2);
  EXPECT_EQ(queue.waiting(), 1u);
  queue.withdraw("a#1");
  EXPECT_THAT(queue.grant(), ElementsAre("a#3"));
}

TEST(SlotQueue, the_same_key_again_changes_nothing) {
  SlotQueue queue(1);
  queue.request(request("a", 1));
  queue.request(request("a", 1));
  EXPECT_EQ(queue.waiting(), 1u);
  queue.grant();
  queue.request(request("a", 1));
  EXPECT_EQ(queue.waiting(), 0u);
  queue.withdraw("nobody");
  EXPECT_EQ(queue.busy(), 1);
}

TEST(SlotQueue, earlier_runs_of_an_app_go_first) {
  SlotQueue queue(1);
  queue.request(request("a", 2));
  queue.request(request("a", 1));
  EXPECT_THAT(queue.grant(), ElementsAre("a#1"));
}

TEST(SlotQueue, a_thousand_of_one_app_delay_another_by_one_slot_time) {
  for (const int band : {2, 3, 4}) {
    SlotQueue queue(1);
    for (int i = 1; i <= 1000; ++i) queue.request(request("busy", i));
    auto held = queue.grant();
    for (int turn = 0; turn < 50; ++turn) {
      queue.withdraw(held.front());
      held = queue.grant();
    }
    queue.request(request("other", 1, band));
    queue.withdraw(held.front());
    const auto next = queue.grant();
    queue.withdraw(next.front());
    const auto after = queue.grant();
    EXPECT_TRUE(next.front() == "other#1" || after.front() == "other#1") << "band " << band;
  }
}

TEST(SlotQueue, apps_take_turns) {
  SlotQueue queue(1);
  for (int i = 1; i <= 3; ++i) queue.request(request("a", i));
  for (int i = 1; i <= 3; ++i) queue.request(request("b", i));
  std::string order;
  for (auto held = queue.grant(); !held.empty(); held = queue.grant()) {
    order += held.front() + " ";
    queue.withdraw(held.front());
  }
  EXPECT_EQ(order, "a#1 b#1 a#2 b#2 a#3 b#3 ");
}

TEST(SlotQueue, idling_earns_no_credit) {
  SlotQueue queue(1);
  for (int i = 1; i <= 100; ++i) queue.request(request("a", i));
  for (int i = 0; i < 50; ++i) queue.withdraw(queue.grant().front());
  for (int i = 1; i <= 10; ++i) queue.request(request("late", i));
  int late = 0;
  for (int i = 0; i < 10; ++i) {
    const auto held = queue.grant();
    late += held.front().starts_with("late") ? 1 : 0;
    queue.withdraw(held.front());
  }
  EXPECT_GE(late, 5);
  EXPECT_LE(late, 6);
}

TEST(SlotQueue, a_deploy_does_not_wait_for_builds) {
  SlotQueue queue(2);
  for (int i = 1; i <= 200; ++i) queue.request(request("a", i));
  queue.grant();
  queue.request(request("b", 1, 1));
  EXPECT_THAT(queue.grant(), ElementsAre("b#1"));
  queue.request(request("b", 2, 1));
  EXPECT_THAT(queue.grant(), IsEmpty()) << "one more than there are, not two";
  queue.withdraw("a#1");
  EXPECT_THAT(queue.grant(), ElementsAre("b#2")) << "and before any build";
}

TEST(SlotQueue, control_goes_before_deploys) {
  SlotQueue queue(1);
  queue.request(request("x", 1));
  queue.grant();
  queue.request(request("a", 1, 1));
  queue.request(request("b", 1, 0));
  queue.withdraw("x#1");
  EXPECT_THAT(queue.grant(), ElementsAre("b#1"));
}

TEST(SlotQueue, a_single_slot_stays_single) {
  SlotQueue queue(1);
  queue.request(request("a", 1));
  queue.grant();
  queue.request(request("b", 1, 0));
  EXPECT_THAT(queue.grant(), IsEmpty());
}

TEST(SlotQueue, an_adopted_job_holds_a_slot_even_above_the_limit) {
  SlotQueue queue(1);
  queue.occupy("a#1");
  queue.occupy("a#2");
  EXPECT_EQ(queue.busy(), 2);
  queue.request(request("a", 3));
  queue.withdraw("a#1");
  EXPECT_THAT(queue.grant(), IsEmpty());
  queue.withdraw("a#2");
  EXPECT_THAT(queue.grant(), ElementsAre("a#3"));
}

TEST(SlotQueue, position_foretells_the_order_of_grants) {
  SlotQueue queue(1);
  queue.occupy("held");
  for (int i = 1; i <= 5; ++i) queue.request(request("a", i));
  for (int i = 1; i <= 2; ++i) queue.request(request("b", i));
  queue.request(request("c", 1, 1));
  queue.request(request("b", 3, 4));
  std::vector<std::pair<std::string, std::size_t>> foretold;
  for (const auto* key : {"c#1", "a#1", "b#1", "a#2", "b#2", "a#3", "b#3", "a#4", "a#5"})
    foretold.emplace_back(key, queue.position(key).value());
  queue.withdraw("held");
  for (const auto& [key, position] : foretold) {
    EXPECT_EQ(position,
              static_cast<std::size_t>(&*std::ranges::find(foretold, key, &std::pair<std::string, std::size_t>::first) - foretold.data()));
    const auto held = queue.grant();
    EXPECT_THAT(held, ElementsAre(key));
    queue.withdraw(held.front());
  }
  EXPECT_EQ(queue.position("a#1"), std::nullopt);
}

/// Of the processor: what else the machine does is not counted.
double seconds_to_drain(int count) {
  const auto start = std::clock();
  SlotQueue queue(2);
  for (int i = 1; i <= count; ++i) queue.request(request("app" + std::to_string(i % 7), i));
  std::size_t granted = 0;
  for (auto held = queue.grant(); !held.empty(); held = queue.grant()) {
    granted += held.size();
    for (const auto& key : held) queue.withdraw(key);
  }
  EXPECT_EQ(granted, static_cast<std::size_t>(count));
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(SlotQueue, twenty_thousand_take_about_ten_times_two_thousand) {
  double few = 0;
  for (int i = 0; i < 10; ++i) few += seconds_to_drain(2000) / 10;
  const double many = seconds_to_drain(20000);
  RecordProperty("ratio", std::to_string(many / few));
  EXPECT_LT(many, few * 40) << "quadratic would be a hundred times";
}

}  // namespace
}  // namespace fairlead::engine
