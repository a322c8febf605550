// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "unit/store/store_fixture.hpp"

namespace fairlead::store {
namespace {

using testing::ElementsAre;

std::vector<std::string> ids(const std::vector<RunRow>& rows) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(row.id.str());
  return found;
}

std::vector<std::string> keys(const std::vector<Doc>& docs) {
  std::vector<std::string> found;
  for (const auto& doc : docs) found.push_back(doc.key);
  return found;
}

class ListTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    transact([](Tx& tx) {
      auto put = [&tx](std::string id, std::string app, std::string state, std::string environments, std::string actor, bool finished) {
        RunRow row = run_row(std::move(id), app, tx.next("run/" + app), std::move(state));
        row.environments = std::move(environments);
        row.actor = std::move(actor);
        if (finished) row.finished_at = now();
        tx.put_run(row);
      };
      put("1", "shop", "succeeded", " staging production ", "user:a", true);
      put("2", "shop", "failed", " staging ", "user:b", true);
      put("3", "cart", "succeeded", " staging ", "user:a", true);
      put("4", "shop", "running", " production ", "user:a", false);
    });
  }
  std::vector<std::string> list(const RunQuery& query) {
    return ids(read([&query](View& view) { return view.runs(query); }));
  }
};

TEST_F(ListTest, runs_are_listed_newest_first_by_any_filter) {
  EXPECT_THAT(list({}), ElementsAre("4", "3", "2", "1"));
  EXPECT_THAT(list({.limit = 2}), ElementsAre("4", "3"));
  EXPECT_THAT(list({.before = "3"}), ElementsAre("2", "1"));
  EXPECT_THAT(list({.app = "shop"}), ElementsAre("4", "2", "1"));
  EXPECT_THAT(list({.environment = "staging"}), ElementsAre("3", "2", "1"));
  EXPECT_THAT(list({.app = "shop", .environment = "staging", .before = "2"}), ElementsAre("1"));
  EXPECT_THAT(list({.state = "succeeded"}), ElementsAre("3", "1"));
  EXPECT_THAT(list({.app = "shop", .state = "succeeded"}), ElementsAre("1"));
  EXPECT_THAT(list({.actor = "user:a"}), ElementsAre("4", "3", "1"));
  EXPECT_THAT(list({.app = "shop", .actor = "user:a"}), ElementsAre("4", "1"));
  EXPECT_THAT(list({.environment = "production", .state = "succeeded", .actor = "user:a"}), ElementsAre("1"));
  EXPECT_THAT(list({.unfinished = true}), ElementsAre("4"));
  EXPECT_THAT(list({.environment = "staging", .unfinished = true}), ElementsAre());
}

TEST_F(ListTest, runs_are_found_by_id_number_and_as_the_latest_of_an_app) {
  read([](View& view) {
    EXPECT_EQ(view.run(RunId("2"))->state, "failed");
    EXPECT_EQ(view.run("shop", 3)->id, RunId("4"));
    EXPECT_EQ(view.latest_run("shop")->id, RunId("4"));
    EXPECT_FALSE(view.run("shop", 9));
    EXPECT_THAT(ids(view.unfinished_runs()), ElementsAre("4"));
  });
}

TEST_F(ListTest, the_latest_run_is_none_that_was_ignored) {
  const auto put = [&](const std::string& id, const std::string& app, const std::string& trigger, bool started) {
    transact([&](Tx& tx) {
      RunRow row = run_row(id, app, tx.next("run/" + app), "skipped");
      row.trigger = trigger;
      if (started) row.started_at = now();
      tx.put_run(row);
    });
  };
  const auto latest = [&](const std::string& app) { return read([&](View& view) { return view.latest_run(app)->id.str(); }); };
  put("5", "shop", "push", false);
  EXPECT_EQ(latest("shop"), "4");
  put("6", "shop", "push", true);
  EXPECT_EQ(latest("shop"), "6") << "it began";
  put("7", "shop", "command", false);
  EXPECT_EQ(latest("shop"), "7") << "somebody asked for it";
  put("8", "new", "push", false);
  EXPECT_EQ(latest("new"), "8") << "there is no other";
  EXPECT_THAT(list({.app = "new"}), ElementsAre("8"));
}

TEST_F(ListTest, a_changed_run_replaces_its_row_and_keeps_its_times) {
  const Time finished = from_micros(1'700'000'000'123'456);
  transact([finished](Tx& tx) {
    RunRow row = *tx.run(RunId("4"));
    row.state = "succeeded";
    row.started_at = finished;
    row.finished_at = finished;
    tx.put_run(row);
  });
  const auto row = read([](View& view) { return *view.run(RunId("4")); });
  EXPECT_EQ(row.state, "succeeded");
  EXPECT_EQ(row.finished_at, finished);
  EXPECT_THAT(list({.unfinished = true}), ElementsAre());
}

TEST_F(StoreTest, deployments_are_listed_by_app_environment_and_state) {
  transact([](Tx& tx) {
    for (std::string id : {"1", "2", "3"}) {
      tx.put_deployment({.id = id,
                         .run = RunId("r"),
                         .app = id == "2" ? "cart" : "shop",
                         .environment = "staging",
                         .target = "t",
                         .version = "v" + id,
                         .state = "running",
                         .started_at = now(),
                         .detail = "{}"});
    }
    auto row = *tx.deployment("1");
    row.state = "succeeded";
    tx.put_deployment(row);
  });
  auto count = [this](DeploymentQuery query) { return read([&query](View& view) { return view.deployments(query); }).size(); };
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({.app = "shop"}), 2u);
  EXPECT_EQ(count({.app = "shop", .environment = "staging", .before = "3"}), 1u);
  EXPECT_EQ(count({.environment = "staging", .state = "succeeded"}), 1u);
  EXPECT_EQ(count({.state = "running"}), 2u);
}

TEST_F(StoreTest, an_op_keeps_its_result_and_a_done_op_stays_done) {
  const OpRow intent{.key = "k", .run = RunId("r"), .step = "api/0/1", .name = "register", .cls = OpClass::a, .intent = "{}", .at = now()};
  transact([&](Tx& tx) { tx.put_op(intent); });
  OpRow done = intent;
  done.state = OpState::done;
  done.result = R"({"arn":"x"})";
  transact([&](Tx& tx) { tx.put_op(done); });
  EXPECT_ANY_THROW(transact([&](Tx& tx) { tx.put_op(intent); }));
  const auto ops = read([](View& view) { return view.ops(RunId("r")); });
  ASSERT_EQ(ops.size(), 1u);
  EXPECT_EQ(ops[0].state, OpState::done);
  EXPECT_EQ(ops[0].cls, OpClass::a);
  EXPECT_EQ(ops[0].result, R"({"arn":"x"})");
}

TEST_F(StoreTest, a_delivery_is_taken_once_with_its_raw_body) {
  const std::string body("\x00\xff{}", 4);
  const DeliveryRow row{.source = "github",
                        .id = "d1",
                        .event = "push",
                        .received_at = now(),
                        .verdict = "accepted",
                        .headers = "{}",
                        .body = body,
                        .trigger = "t1"};
  EXPECT_TRUE(transact([&](Tx& tx) { return tx.put_delivery(row); }));
  EXPECT_FALSE(transact([&](Tx& tx) { return tx.put_delivery(row); }));
  const auto kept = read([](View& view) { return view.delivery("github", "d1"); });
  EXPECT_EQ(kept->body, body);
  EXPECT_EQ(kept->trigger, "t1");
}

TEST_F(StoreTest, what_is_old_is_forgotten_a_part_at_a_time_and_never_events) {
  const Time start = from_micros(1'790'000'000'000'000);
  Time clock = start;
  close();
  auto with = options();
  with.clock = [&clock] { return clock; };
  open(with);
  for (int day = 0; day < 5; ++day) {
    clock = start + std::chrono::hours(24 * day);
    transact([&](Tx& tx) {
      const auto id = std::to_string(day);
      tx.put_delivery({.source = "github", .id = id, .event = "push", .received_at = clock, .headers = "{}", .body = "{}"});
      tx.put("hook-body", id, "{}");
      tx.put("lock", id, "{}");
      tx.append("app:shop", -1, {event("something")});
    });
  }
  const Time then = start + std::chrono::hours(24 * 3);
  EXPECT_EQ(transact([&](Tx& tx) { return tx.erase_deliveries(then, 2); }), 2);
  EXPECT_EQ(transact([&](Tx& tx) { return tx.erase_deliveries(then, 2); }), 1);
  EXPECT_EQ(transact([&](Tx& tx) { return tx.erase_documents("hook-body", then, 2); }), 2);
  EXPECT_EQ(transact([&](Tx& tx) { return tx.erase_documents("hook-body", then, 100); }), 1);
  read([](View& view) {
    EXPECT_FALSE(view.delivery("github", "2"));
    EXPECT_TRUE(view.delivery("github", "3"));
    EXPECT_THAT(keys(view.list("hook-body")), ElementsAre("3", "4"));
    EXPECT_EQ(view.list("lock").size(), 5u);
    EXPECT_EQ(view.events("app:shop").size(), 5u);
  });
  close();  // the clock goes first otherwise
}

TEST_F(StoreTest, documents_blobs_and_counters_are_kept) {
  transact([](Tx& tx) {
    tx.put("lock", "production", "{}");
    tx.put("lock", "prod", "{\"v\":1}");
    tx.put("lock", "prod", "{\"v\":2}");
    tx.put("token", "a", "{}");
    tx.put_blob("sha256:1", "text");
    tx.put_blob("sha256:1", "text");
    EXPECT_EQ(tx.next("run/shop"), 1);
    EXPECT_EQ(tx.next("run/shop"), 2);
    EXPECT_TRUE(tx.erase("token", "a"));
    EXPECT_FALSE(tx.erase("token", "a"));
  });
  reopen();
  read([](View& view) {
    EXPECT_THAT(keys(view.list("lock")), ElementsAre("prod", "production"));
    EXPECT_THAT(keys(view.list("lock", "produ")), ElementsAre("production"));
    EXPECT_EQ(view.get("lock", "prod")->body, "{\"v\":2}");
    EXPECT_FALSE(view.get("token", "a"));
    EXPECT_EQ(view.blob("sha256:1"), "text");
  });
  EXPECT_EQ(transact([](Tx& tx) { return tx.next("run/shop"); }), 3);
}

TEST_F(StoreTest, the_feed_filters_by_stream_and_type_with_prefixes) {
  transact([](Tx& tx) {
    tx.append("run:1", 0, {event("run.created"), event("job.started")});
    tx.append("run:2", 0, {event("run.created")});
    tx.append("server", 0, {event("server.started")});
  });
  auto seqs = [this](std::int64_t after, int limit, Filter filter) {
    std::vector<std::int64_t> found;
    for (const auto& e : read([&](View& view) { return view.feed(after, limit, filter); })) found.push_back(e.seq);
    return found;
  };
  EXPECT_THAT(seqs(0, 10, {}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(seqs(1, 2, {}), ElementsAre(2, 3));
  EXPECT_THAT(seqs(0, 10, {.stream = "run:*"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(seqs(1, 10, {.stream = "run:1"}), ElementsAre(2));
  EXPECT_THAT(seqs(0, 10, {.type = "run.*"}), ElementsAre(1, 3));
  EXPECT_THAT(seqs(0, 10, {.stream = "run:*", .type = "job.started"}), ElementsAre(2));
}

TEST_F(StoreTest, the_author_of_an_event_may_say_when_it_happened) {
  const Time at = from_micros(1'700'000'000'000'001);
  transact([at](Tx& tx) {
    NewEvent e = event("run.created");
    e.at = at;
    tx.append("run:1", 0, {e});
  });
  EXPECT_EQ(read([](View& view) { return view.events("run:1"); })[0].at, at);
}

}  // namespace
}  // namespace fairlead::store
