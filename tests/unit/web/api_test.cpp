// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "unit/web/api_fixture.hpp"

namespace fairlead::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Api : public ApiTest {};

TEST_F(Api, ARunIsStartedShownAndListed) {
  const auto reply = call("POST", "/api/v1/apps/shop/runs", {{"ref", "main"}, {"reason", "because"}});
  ASSERT_EQ(reply.status, 201) << reply.text;
  const auto id = text_at(reply.body, "id");
  EXPECT_EQ(number_at(reply.body, "number"), 1);
  EXPECT_EQ(text_at(reply.body, "url"), "http://fairlead.test/runs/" + id);
  EXPECT_EQ(reply.headers.get("Location"), "/api/v1/runs/" + id);
  until_state(id, "waiting");
  const auto run = call("GET", "/api/v1/runs/shop%231").body;
  EXPECT_EQ(text_at(run, "id"), id);
  EXPECT_THAT(text_at(run, "actor"), StartsWith("local:"));
  EXPECT_EQ(text_at(run, "trigger"), "command");
  EXPECT_EQ(run.at("stages").size(), 3u);
  ASSERT_EQ(run.at("deployments").size(), 1u);
  EXPECT_EQ(run.at("deployments")[0].at("environment"), "staging");
  EXPECT_EQ(run.at("deployments")[0].at("state"), "succeeded");
  const auto list = call("GET", "/api/v1/runs?app=shop&limit=5").body;
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].at("id"), id);
  EXPECT_EQ(call("GET", "/api/v1/runs/latest:shop").body.at("id"), id);
  const auto place = call("GET", "/api/v1/apps/shop").body.at("environments")[0];
  EXPECT_EQ(place.at("environment"), "staging");
  EXPECT_EQ(place.at("run"), id);
}

TEST_F(Api, APersonInsideTheProcessMeetsTheSameRoles) {
  Identity eye;
  eye.person.id = "user:eye@x";
  eye.via = "slack";
  auto dev = eye;
  dev.person.id = "user:dev@x";
  dev.access = Access::deployer;
  EXPECT_EQ(run(web_->call(eye, request("GET", "/api/v1/apps/shop"))).status, 200);
  EXPECT_EQ(run(web_->call(eye, request("POST", "/api/v1/apps/shop/runs"))).status, 403);
  const auto started = run(web_->call(dev, request("POST", "/api/v1/apps/shop/runs")));
  ASSERT_EQ(started.status, 201);
  const auto row = call("GET", "/api/v1/runs/latest:shop").body;
  EXPECT_EQ(row.at("actor"), "user:dev@x");
  EXPECT_EQ(row.at("trigger"), "command");
}

TEST_F(Api, TheSameIdempotencyKeyGivesTheSameRun) {
  const net::Headers key{{"Idempotency-Key", "k1"}};
  const auto first = call("POST", "/api/v1/apps/shop/runs", nullptr, key);
  const auto again = call("POST", "/api/v1/apps/shop/runs", nullptr, key);
  EXPECT_EQ(first.body.at("id"), again.body.at("id"));
  EXPECT_FALSE(first.headers.has("Idempotent-Replayed"));
  EXPECT_EQ(again.headers.get("Idempotent-Replayed"), "true");
  auto other = token("deployer");
  other.add("Idempotency-Key", "k1");
  EXPECT_NE(call("POST", "/api/v1/apps/shop/runs", nullptr, other).body.at("id"), first.body.at("id"));
}

TEST_F(Api, ErrorsAreProblems) {
  auto reply = call("GET", "/api/v1/apps/shpo");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(number_at(reply.body, "status"), 404);
  EXPECT_EQ(text_at(reply.body, "type"), "about:blank");
  EXPECT_THAT(text_at(reply.body, "hint"), HasSubstr("shop"));
  EXPECT_EQ(call("GET", "/nothing").status, 404);
  reply = call("DELETE", "/api/v1/apps");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.get("Allow"), "GET");
  EXPECT_EQ(call("POST", "/api/v1/apps/shop/runs", {{"reff", "main"}}).status, 400);
  EXPECT_EQ(call("GET", "/api/v1/runs?limit=x").status, 400);
  EXPECT_EQ(call("GET", "/api/v1/runs?state=odd").status, 400);
  EXPECT_EQ(call("GET", "/api/v1/runs/none").status, 404);
  EXPECT_EQ(call("POST", "/api/v1/apps/none/runs").status, 404);
  EXPECT_EQ(call("POST", "/api/v1/deployments", {{"app", "shop"}, {"environment", "prod"}}).status, 404);
  const Json both{{"app", "shop"}, {"environment", "staging"}, {"ref", "main"}, {"run", "shop#1"}};
  EXPECT_EQ(call("POST", "/api/v1/deployments", both).status, 400);
}

TEST_F(Api, ApprovalsArePersonalAndPolicyDecides) {
  const auto run = started();
  until_state(run, "waiting");
  auto reply = call("POST", "/api/v1/runs/" + run + "/approve", {{"reason", "fine"}}, token("deployer"));
  EXPECT_EQ(reply.status, 403) << reply.text;
  EXPECT_THAT(text_at(reply.body, "detail"), HasSubstr("user:lead@x"));
  const auto lead = token("approver", {{"user", "user:lead@x"}});
  reply = call("POST", "/api/v1/runs/" + run + "/approve", {{"stage", "production"}, {"reason", "fine"}}, lead);
  EXPECT_EQ(reply.status, 200) << reply.text;
  until_state(run, "succeeded");
  const auto gates = call("GET", "/api/v1/runs/" + run).body.at("stages")[2].at("gates");
  EXPECT_EQ(gates[0].at("votes")[0].at("person"), "user:lead@x");
  const auto back = call("POST", "/api/v1/apps/shop/environments/production/rollback", Json{{"reason", "oh"}});
  EXPECT_EQ(back.status, 409) << back.text;
}

TEST_F(Api, ARollbackGoesToWhatSucceededThere) {
  const auto lead = token("approver", {{"user", "user:lead@x"}});
  const auto back_to = [&](const std::string& run) {
    return call("POST", "/api/v1/apps/shop/environments/production/rollback", Json{{"to", run}});
  };
  const auto bad = started();
  until_state(bad, "waiting");
  EXPECT_EQ(text_at(back_to(bad).body, "hint"), "nothing has succeeded there yet");
  EXPECT_EQ(call("POST", "/api/v1/runs/" + bad + "/reject", {{"reason", "broken"}}, lead).status, 200);
  until_state(bad, "failed");
  const auto good = started();
  until_state(good, "waiting");
  EXPECT_EQ(call("POST", "/api/v1/runs/" + good + "/approve", {{"stage", "production"}}, lead).status, 200);
  until_state(good, "succeeded");
  const auto refused = back_to(bad);
  EXPECT_EQ(refused.status, 409) << refused.text;
  EXPECT_THAT(text_at(refused.body, "detail"), HasSubstr("shop#1 failed in production (rejected by user:lead@x"));
  EXPECT_EQ(text_at(refused.body, "hint"), "what succeeded there: shop#2");
  EXPECT_EQ(back_to(good).status, 201);
}

TEST_F(Api, OnlyAVoteOfOnesOwnIsTakenBack) {
  const auto run = started();
  until_state(run, "waiting");
  const auto lead = token("approver", {{"user", "user:lead@x"}});
  const auto reply = call("POST", "/api/v1/runs/" + run + "/revoke", {{"stage", "production"}}, lead);
  EXPECT_GE(reply.status, 403) << reply.text;
  EXPECT_LE(reply.status, 409) << reply.text;
  EXPECT_EQ(text_at(call("GET", "/api/v1/runs/" + run).body, "state"), "waiting");
}

TEST_F(Api, RefsOfAnAppAreOfferedForPickers) {
  until_state(started(), "waiting");
  const auto all = call("GET", "/api/v1/apps/shop/refs");
  ASSERT_EQ(all.status, 200) << all.text;
  ASSERT_EQ(all.body.at("commits").size(), 1u);
  EXPECT_EQ(text_at(all.body.at("commits")[0], "sha"), std::string(40, 'a'));
  EXPECT_EQ(call("GET", "/api/v1/apps/shop/refs?query=zzz").body.at("commits").size(), 0u);
  EXPECT_EQ(call("GET", "/api/v1/apps/nothing/refs").status, 404);
}

TEST_F(Api, ARunIsRejectedCanceledAndRetried) {
  const auto run = started();
  until_state(run, "waiting");
  const auto lead = token("approver", {{"user", "user:lead@x"}});
  EXPECT_EQ(call("POST", "/api/v1/runs/" + run + "/reject", {{"reason", "not today"}}, lead).status, 200);
  until_state(run, "failed");
  EXPECT_EQ(call("POST", "/api/v1/runs/" + run + "/retry", {{"all", true}}).status, 202);
  until_state(run, "waiting");
  EXPECT_EQ(call("POST", "/api/v1/runs/" + run + "/cancel", {{"reason", "enough"}}).status, 202);
  until_state(run, "canceled");
}

TEST_F(Api, LogsHaveRangesAndAListing) {
  const auto run = started();
  until_state(run, "waiting");
  const auto list = call("GET", "/api/v1/runs/" + run + "/logs").body;
  ASSERT_EQ(list.at("steps").size(), 3u);
  const auto path = text_at(list.at("steps")[0], "path");
  EXPECT_EQ(path, "/api/v1/runs/" + run + "/logs/unit/0");
  const auto whole = call("GET", path);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(std::get<std::shared_ptr<net::FileRange>>(whole.raw)->length, 18u);
  const auto part = call("GET", path, nullptr, {{"Range", "bytes=5-7"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 5-7/18");
  const auto beyond = call("GET", path, nullptr, {{"Range", "bytes=18-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.headers.get("Content-Range"), "bytes */18");
  EXPECT_EQ(call("GET", "/api/v1/runs/" + run + "/logs/unit/1").status, 404);
  EXPECT_EQ(call("GET", "/api/v1/runs/" + run + "/logs/none/0").status, 404);
}

TEST_F(Api, AFollowedLogEndsWithItsStep) {
  script_->hold = true;
  const auto run = started();
  const auto file = [&] { return script_->folder(RunId(run), "unit", 1, 0) / "log"; };
  until([&] { return std::filesystem::exists(file()); });
  const auto reply = call("GET", "/api/v1/runs/" + run + "/logs/unit/0?follow=1");
  Collector out;
  bool done = false;
  auto follow = [](const net::BodyStream& stream, Collector& to, bool& flag) -> Awaitable<void> {
    co_await stream(to);
    flag = true;
  };
  spawn(io_.get_executor(), "follow", follow(std::get<net::BodyStream>(reply.raw), out, done));
  until([&] { return out.text.contains("line two"); });
  std::ofstream(file(), std::ios::app) << "line three\npart";
  script_->release();
  until([&] { return done; });
  EXPECT_TRUE(out.text.starts_with("id: 18\nevent: log\ndata: line one\ndata: line two\n\n")) << out.text;
  EXPECT_TRUE(out.text.ends_with("data: part\n\nid: 33\nevent: end\ndata: {\"state\":\"succeeded\"}\n\n")) << out.text;
  EXPECT_EQ(out.text.find("data: line three\n"), out.text.rfind("data: line three\n")) << "once";
  EXPECT_TRUE(out.text.contains("data: line three\n")) << out.text;
}

TEST_F(Api, AFollowedLogIsSentWhenItsWatchSaysSo) {
  script_->hold = true;
  const auto run = started();
  const auto file = [&] { return script_->folder(RunId(run), "unit", 1, 0) / "log"; };
  until([&] { return std::filesystem::exists(file()); });
  const auto reply = call("GET", "/api/v1/runs/" + run + "/logs/unit/0?follow=1");
  Collector out;
  bool done = false;
  auto follow = [](const net::BodyStream& stream, Collector& to, bool& flag) -> Awaitable<void> {
    co_await stream(to);
    flag = true;
  };
  spawn(io_.get_executor(), "follow", follow(std::get<net::BodyStream>(reply.raw), out, done));
  until([&] { return out.text.contains("line two") && log_waits_ > 0; });
  for (int line = 3; line < 6; ++line) {
    const auto text = "line " + std::to_string(line) + "\n";
    std::ofstream(file(), std::ios::app) << text;
    log_grew_.notify_all();
    until([&] { return out.text.contains("data: " + text); });
  }
  EXPECT_LT(log_waits_, 10) << "it looks when told, and when the run goes on, not all the time";
  EXPECT_FALSE(done);
  script_->release();
  until([&] { return done; });
}

TEST_F(Api, AnUnreadablePipelineIsTheLogOfItsRun) {
  source_.pipeline = "stages: [ { nmae: x } ]\n";
  const auto run = started();
  until_state(run, "failed");
  const auto reply = call("GET", "/api/v1/runs/" + run + "/logs/plan/0");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.text, HasSubstr("nmae"));
}

TEST_F(Api, LocksAndFreezesComeAndGo) {
  auto reply = call("POST", "/api/v1/locks", {{"environment", "staging"}, {"reason", "database move"}, {"for", "2h"}});
  EXPECT_EQ(reply.status, 201) << reply.text;
  EXPECT_EQ(text_at(reply.body, "until"), format_time(now_ + std::chrono::hours(2)));
  EXPECT_EQ(call("POST", "/api/v1/locks", {{"environment", "staging"}, {"reason", "again"}}).status, 409);
  EXPECT_EQ(call("GET", "/api/v1/locks").body.size(), 1u);
  reply = call("POST", "/api/v1/freezes", {{"reason", "new year"}});
  EXPECT_EQ(reply.status, 201) << reply.text;
  EXPECT_EQ(call("GET", "/api/v1/freezes").body.size(), 1u);
  EXPECT_EQ(call("GET", "/api/v1/locks").body.size(), 1u);
  EXPECT_EQ(call("DELETE", "/api/v1/freezes/" + text_at(reply.body, "id")).status, 204);
  EXPECT_EQ(call("DELETE", "/api/v1/locks/staging").status, 204);
  EXPECT_EQ(call("DELETE", "/api/v1/locks/staging").status, 404);
}

TEST_F(Api, TokensExpireAreRevokedAndNeverShownAgain) {
  const auto made = call("POST", "/api/v1/tokens", {{"name", "ci"}, {"role", "viewer"}, {"expires", "1h"}});
  ASSERT_EQ(made.status, 201) << made.text;
  const auto text = text_at(made.body, "token");
  EXPECT_THAT(text, StartsWith("fl_"));
  EXPECT_EQ(call("POST", "/api/v1/tokens", {{"name", "ci"}}).status, 409);
  const net::Headers headers{{"Authorization", "Bearer " + text}};
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, headers).body.at("id"), "token:ci");
  const auto list = call("GET", "/api/v1/tokens");
  EXPECT_THAT(list.text, Not(HasSubstr(text.substr(20))));
  EXPECT_THAT(list.text, Not(HasSubstr("hash")));
  until([&] { return !call("GET", "/api/v1/tokens").body[0].at("last_used_at").is_null(); });
  auto wrong = text;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, {{"Authorization", "Bearer " + wrong}}).status, 401);
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, {{"Authorization", "Basic x"}}).status, 401);
  now_ += std::chrono::hours(2);
  const auto expired = call("GET", "/api/v1/whoami", nullptr, headers);
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(expired.headers.get("WWW-Authenticate"), "Bearer realm=\"fairlead\"");
  const auto other = token("viewer");
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, other).status, 200);
  EXPECT_EQ(call("DELETE", "/api/v1/tokens/viewer1").status, 204);
  EXPECT_EQ(call("GET", "/api/v1/whoami", nullptr, other).status, 401);
}

TEST_F(Api, GuessingTokensIsSlowedDown) {
  const net::Headers wrong{{"Authorization", "Bearer fl_0123456789abcdef_guess"}};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(call("GET", "/api/v1/runs", nullptr, wrong).status, 401) << i;
  const auto reply = call("GET", "/api/v1/runs", nullptr, wrong);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.headers.get("Retry-After"), "2");
  EXPECT_EQ(call("GET", "/api/v1/runs", nullptr, token("viewer")).status, 200);
}

TEST_F(Api, SecretsGoInAndNeverComeOut) {
  EXPECT_EQ(call("PUT", "/api/v1/secrets/NPM_TOKEN", {{"value", "correct horse battery"}, {"app", "shop"}}).status, 204);
  const auto list = call("GET", "/api/v1/secrets");
  EXPECT_EQ(list.body[0].at("scope"), "app:shop");
  EXPECT_THAT(list.text, Not(HasSubstr("horse")));
  EXPECT_THAT(call("GET", "/api/v1/audit").text, Not(HasSubstr("horse")));
  EXPECT_EQ(call("PUT", "/api/v1/secrets/X", {{"value", "abc"}}).status, 400);
  EXPECT_EQ(call("DELETE", "/api/v1/secrets/NPM_TOKEN?app=shop").status, 204);
  EXPECT_EQ(call("DELETE", "/api/v1/secrets/NPM_TOKEN?app=shop").status, 404);
}

TEST_F(Api, TheAuditIsNewestFirstAndVerifies) {
  for (int i = 0; i < 5; ++i) token("viewer");
  const auto page = call("GET", "/api/v1/audit?limit=2&type=token.*").body;
  ASSERT_EQ(page.size(), 2u);
  EXPECT_GT(number_at(page[0], "seq"), number_at(page[1], "seq"));
  const auto next = call("GET", "/api/v1/audit?limit=2&before=" + std::to_string(number_at(page[1], "seq"))).body;
  EXPECT_EQ(number_at(next[0], "seq"), number_at(page[1], "seq") - 1);
  EXPECT_TRUE(call("POST", "/api/v1/audit/verify").body.at("ok").get<bool>());
}

TEST_F(Api, OpenRoutesNeedNobody) {
  for (const char* path : {"/", "/healthz", "/readyz", "/api/v1/openapi.json", "/badges/shop/staging.svg"}) {
    auto incoming = request("GET", path);
    incoming.peer = {.address = "192.0.2.1", .uid = std::nullopt};
    const auto reply = send(std::move(incoming));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.headers.get("X-Content-Type-Options"), "nosniff");
  }
  EXPECT_THAT(call("GET", "/metrics").text, HasSubstr("fairlead_http_requests_total{route=\"GET /healthz\",status=\"200\"} 1"));
  EXPECT_THAT(call("GET", "/runs/<b>").text, HasSubstr("fairlead show &lt;b&gt;"));
  EXPECT_THAT(call("GET", "/badges/nothing/<x>.svg").text, HasSubstr("&lt;x&gt;: unknown"));
}

TEST_F(Api, HooksReachTheirReceiver) {
  EXPECT_EQ(call("POST", "/hooks/github", {{"a", 1}}).status, 202);
  EXPECT_EQ(call("POST", "/hooks/http/shop", {{"a", 1}}).status, 202);
  EXPECT_EQ(call("POST", "/hooks/svn").status, 404);
  EXPECT_EQ(hooks_, (std::vector<std::string>{"github  {\"a\":1}", "http shop {\"a\":1}"}));
  const auto limits = web_->route_limits()(request("POST", "/hooks/github"));
  EXPECT_EQ(limits.body_bytes, 25u << 20);
  EXPECT_TRUE(limits.reserved);
}

TEST_F(Api, ADeployAtATimeMakesASchedule) {
  const auto reply = call("POST", "/api/v1/deployments", {{"app", "shop"}, {"environment", "staging"}, {"at", "2099-01-01T00:00:00Z"}});
  EXPECT_EQ(reply.status, 201) << reply.text;
  EXPECT_EQ(text_at(reply.body, "id"), "s1");
  EXPECT_EQ(call("GET", "/api/v1/schedules").body.size(), 1u);
  EXPECT_EQ(call("DELETE", "/api/v1/schedules/none").status, 404);
  EXPECT_EQ(call("DELETE", "/api/v1/schedules/s1").status, 204);
}

TEST_F(Api, ARepeatedRequestForALaterDeployMakesOneSchedule) {
  const Json wanted{{"app", "shop"}, {"environment", "staging"}, {"at", "2099-01-01T00:00:00Z"}};
  const net::Headers key{{"Idempotency-Key", "k-1"}};
  EXPECT_FALSE(call("POST", "/api/v1/deployments", wanted, key).headers.has("Idempotent-Replayed"));
  const auto again = call("POST", "/api/v1/deployments", wanted, key);
  EXPECT_EQ(again.status, 201) << again.text;
  EXPECT_EQ(again.headers.get("Idempotent-Replayed"), "true");
  EXPECT_FALSE(again.body.contains("existed"));
  EXPECT_EQ(call("POST", "/api/v1/schedules", wanted, key).headers.get("Idempotent-Replayed"), "true");
  EXPECT_EQ(call("GET", "/api/v1/schedules").body.size(), 1u);
  EXPECT_EQ(call("POST", "/api/v1/deployments", wanted, {{"Idempotency-Key", std::string(256, 'k')}}).status, 400);
}

TEST_F(Api, EventsResumeWithoutAGap) {
  const auto run = started();
  until_state(run, "waiting");
  const auto all = call("GET", "/api/v1/runs/" + run + "/events").body;
  ASSERT_GT(all.size(), 5u);
  const auto after = std::to_string(number_at(all[2], "seq"));
  const auto reply = call("GET", "/api/v1/events?stream=run:" + run, nullptr, {{"Last-Event-ID", after}});
  Collector out;
  auto watch = [](const net::BodyStream& stream, Collector& to) -> Awaitable<void> { co_await stream(to); };
  spawn(io_.get_executor(), "watch", watch(std::get<net::BodyStream>(reply.raw), out));
  const auto last = number_at(all.back(), "seq");
  until([&] { return out.text.contains("id: " + std::to_string(last) + "\n"); });
  EXPECT_EQ(call("POST", "/api/v1/runs/" + run + "/cancel").status, 202);
  until([&] { return out.text.contains("event: run.finished\n"); });
  std::vector<std::int64_t> seen;
  for (std::size_t at = out.text.find("id: "); at != std::string::npos; at = out.text.find("\nid: ", at + 1))
    seen.push_back(std::stoll(out.text.substr(out.text.find(": ", at) + 2)));
  std::vector<std::int64_t> expected;
  for (const auto& event : call("GET", "/api/v1/runs/" + run + "/events?limit=200").body)
    if (number_at(event, "seq") > std::stoll(after)) expected.push_back(number_at(event, "seq"));
  EXPECT_EQ(seen, expected);
}

TEST_F(Api, ANewViewerLearnsWhereItStarts) {
  const auto reply = call("GET", "/api/v1/events");
  Collector out;
  auto watch = [](const net::BodyStream& stream, Collector& to) -> Awaitable<void> { co_await stream(to); };
  spawn(io_.get_executor(), "watch", watch(std::get<net::BodyStream>(reply.raw), out));
  until([&] { return out.text.contains("event: hello\n"); });
  token("viewer");
  until([&] { return out.text.contains("event: token.created\n"); });
  EXPECT_THAT(out.text, StartsWith("id: "));
}

class WithoutRoles : public ApiTest {
 protected:
  WithoutRoles() : ApiTest("") {}
};

TEST_F(WithoutRoles, OnlyLocalUsersAct) {
  const auto deployer = token("deployer");
  EXPECT_EQ(call("GET", "/api/v1/runs", nullptr, deployer).status, 200);
  const auto reply = call("POST", "/api/v1/apps/shop/runs", nullptr, deployer);
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(text_at(reply.body, "hint"), HasSubstr("no `roles`"));
  EXPECT_EQ(call("POST", "/api/v1/apps/shop/runs").status, 201);
}

}  // namespace
}  // namespace fairlead::web
