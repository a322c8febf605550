// SPDX-License-Identifier: Apache-2.0
#include "cli/checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {
namespace {

using testing::HasSubstr;

/// DescribeAlarms of two alarms.
class Alarms : public aws::Aws {
 public:
  std::string latency = "OK";
  Awaitable<Json> call(aws::Scope, std::string, Json, aws::CallOptions) override {
    co_return Json{
        {"MetricAlarms", Json::array({{{"AlarmName", "api-5xx"}, {"StateValue", "OK"}, {"StateReason", "1 datapoint"}},
                                      {{"AlarmName", "api-latency"}, {"StateValue", latency}, {"StateReason", "threshold crossed"}}})},
        {"CompositeAlarms", Json::array()}};
  }
};

class AlarmCheck : public testing::Test {
 protected:
  AlarmCheck() {
    auto parsed = pipeline::parse_server("environments: { production: { aws: { region: eu-west-1 } }, bare: {} }\n", "fairlead.yml");
    if (parsed) config = std::make_shared<pipeline::ServerConfig>(std::move(*parsed));
  }
  engine::CheckFact ask(const Json& names, const std::string& state = "ok", const std::string& environment = "production") {
    const Json check{{"kind", "alarm"}, {"with", {{"names", names}, {"state", state}}}, {"environment", environment}};
    engine::CheckFact fact;
    auto keep = [](AlarmCheck& test, std::string text, engine::CheckFact& out) -> Awaitable<void> {
      out = co_await ask_check({test.http, test.aws, test.config, [] { return Time{}; }}, std::move(text));
    };
    bool over = false;
    asio::co_spawn(io, keep(*this, dump(check), fact), [&over](std::exception_ptr) { over = true; });
    io.restart();
    while (!over) io.run_one();
    return fact;
  }

  asio::io_context io;
  net::HttpClient http{io.get_executor()};
  Alarms aws;
  std::shared_ptr<pipeline::ServerConfig> config;
};

TEST_F(AlarmCheck, holds_while_every_alarm_is_in_the_state) {
  EXPECT_TRUE(ask({"api-5xx", "api-latency"}).ok);
  aws.latency = "ALARM";
  const auto fact = ask({"api-5xx", "api-latency"});
  EXPECT_FALSE(fact.ok);
  EXPECT_EQ(fact.detail, "alarm api-latency is ALARM: threshold crossed");
  EXPECT_TRUE(ask({"api-latency"}, "alarm").ok);
}

TEST_F(AlarmCheck, does_not_hold_when_it_cannot_be_asked) {
  EXPECT_THAT(ask({"nothing"}).detail, HasSubstr("alarm nothing does not exist"));
  EXPECT_THAT(ask({"api-5xx"}, "ok", "bare").detail, HasSubstr("environment bare has no `aws:` block"));
  EXPECT_THAT(ask({"api-5xx"}, "ok", "").detail, HasSubstr("the stage has no environment"));
}

}  // namespace
}  // namespace fairlead::cli
