// SPDX-License-Identifier: Apache-2.0
#include "cli/run_text.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

Json gate_of(const std::string& kind, const std::string& state, const std::string& reason, const Json& until = nullptr) {
  return {{"kind", kind}, {"key", kind}, {"state", state}, {"reason", reason}, {"until", until}};
}

Json waiting(const Json& gates) {
  return {{"app", "shop"}, {"number", 7}, {"stages", {{{"name", "live"}, {"environment", "production"}, {"gates", gates}}}}};
}

}  // namespace

TEST(PendingLines, NameOpenGatesAndTheWayOut) {
  EXPECT_EQ(pending_lines(waiting({gate_of("queue", "passed", "shop#6 is being deployed"), gate_of("approval", "open", "1 more approval"),
                                   gate_of("wait", "open", "wait-timer of production: 5m", "2026-11-20T03:04:05.678Z")})),
            (std::vector<std::string>{"stage live, approval: 1 more approval - fairlead approve shop#7 --stage live",
                                      "stage live, wait: wait-timer of production: 5m (until 2026-11-20T03:04:05.678Z)"}));
  const auto locked = [](const std::string& reason) {
    return pending_lines(waiting(Json::array({gate_of("lock", "open", reason)}))).at(0);
  };
  EXPECT_EQ(locked("locked by user:ops: migration"), "stage live, lock: locked by user:ops: migration - fairlead unlock production");
  EXPECT_EQ(locked("locked by user:ops: migration (shop)"),
            "stage live, lock: locked by user:ops: migration (shop) - fairlead unlock production shop");
  EXPECT_EQ(locked("frozen by user:ops: holidays"),
            "stage live, lock: frozen by user:ops: holidays - fairlead freeze list names it, fairlead freeze remove ID takes it away");
  const std::string told = "shop#6 failed; when it is safe to deploy again: fairlead unlock production shop";
  EXPECT_EQ(locked(told), "stage live, lock: " + told);
}

TEST(PendingLines, NameWhatRunsAndWhatAJobWaitsFor) {
  Json run{{"stages",
            {{{"name", "build"},
              {"jobs",
               {{{"id", "unit"},
                 {"steps",
                  {{{"name", "make"}, {"state", "succeeded"}}, {{"name", "test"}, {"state", "running"}, {"started_at", nullptr}}}}}}}}}}};
  run["explain"] = {{{"stage", "build"}, {"job", "pack"}, {"gate", nullptr}, {"reason", "needs unit"}},
                    {{"stage", "live"}, {"job", nullptr}, {"gate", nullptr}, {"reason", "comes after stage build"}},
                    {{"stage", nullptr}, {"job", nullptr}, {"gate", nullptr}, {"reason", "parked"}}};
  EXPECT_EQ(pending_lines(run), (std::vector<std::string>{"build/unit, test: runs since -", "build/pack: needs unit", "parked"}));
}

}  // namespace fairlead::cli
