// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/card_inputs.hpp"

namespace fairlead::chat::test {

namespace {

const std::string sha = "3f1c2a9b7d5e4f60718293a4b5c6d7e8f9012345";
const std::string older = "9a8b7c6d5e4f30211203f4e5d6c7b8a9f0e1d2c3";

Json step(int index, const char* name, const char* action, const char* state) {
  return {{"index", index},       {"name", name},          {"action", action},       {"state", state},
          {"exit_code", nullptr}, {"started_at", nullptr}, {"finished_at", nullptr}, {"outputs", Json::object()}};
}

Json job(const char* id, const char* state, Json steps) {
  return {{"id", id},
          {"state", state},
          {"reason", nullptr},
          {"attempt", 1},
          {"started_at", nullptr},
          {"finished_at", nullptr},
          {"outputs", Json::object()},
          {"artifacts", Json::array()},
          {"steps", std::move(steps)}};
}

Json stage(const char* name, const char* environment, const char* state, Json jobs) {
  return {{"name", name},           {"environment", environment == nullptr ? Json(nullptr) : Json(environment)},
          {"state", state},         {"reason", nullptr},
          {"attempt", 1},           {"started_at", nullptr},
          {"finished_at", nullptr}, {"gates", Json::array()},
          {"jobs", std::move(jobs)}};
}

Json base(const char* state) {
  return {{"id", "0193a000-0000-7000-8000-000000000042"},
          {"app", "shop-api"},
          {"number", 42},
          {"state", state},
          {"reason", nullptr},
          {"ref", "refs/heads/main"},
          {"branch", "main"},
          {"tag", nullptr},
          {"sha", sha},
          {"message", "Show the delivery date at checkout\n\nIt was hidden behind the basket."},
          {"author", "Mika Example"},
          {"trigger", "push"},
          {"actor", "slack:U0REQUEST"},
          {"created_at", "2026-11-20T03:04:05.678Z"},
          {"started_at", "2026-11-20T03:04:06.000Z"},
          {"finished_at", nullptr},
          {"inputs", Json::object()},
          {"plan_digest", "d1"},
          {"errors", Json::array()},
          {"notes", Json::array()},
          {"cancel", nullptr},
          {"stages", Json::array()},
          {"deployments", Json::array()},
          {"explain", Json::array()}};
}

void time_from_to(Json& timed, const char* started, const char* finished) {
  timed["started_at"] = started;
  if (finished != nullptr) timed["finished_at"] = finished;
}

Json built() {
  Json it = stage("build", nullptr, "succeeded",
                  Json::array({job("unit", "succeeded", Json::array({step(0, "unit tests", "run", "succeeded")}))}));
  time_from_to(it, "2026-11-20T03:04:06.000Z", "2026-11-20T03:05:08.000Z");
  return it;
}

Json on_staging() {
  Json it = stage("staging", "staging", "succeeded",
                  Json::array({job("api", "succeeded", Json::array({step(0, "deploy", "ecs-deploy", "succeeded")}))}));
  time_from_to(it, "2026-11-20T03:05:09.000Z", "2026-11-20T03:07:00.000Z");
  return it;
}

Json to_come(const char* name) { return stage(name, name, "queued", Json::array({job("live", "queued", Json::array())})); }

Json vote(const char* who, bool approve, const char* reason, const char* at) {
  return {
      {"person", who}, {"approve", approve}, {"reason", reason == nullptr ? Json(nullptr) : Json(reason)}, {"at", at}, {"via", "slack"}};
}

Json approval_gate(const char* state) {
  return {{"kind", "approval"},
          {"key", "approval"},
          {"state", state},
          {"reason", "needs approval by slack:@deployers (1 of 1 missing), user:qa@example.com (1 of 1 missing)"},
          {"until", "2026-11-20T07:07:00.000Z"},
          {"opened_at", "2026-11-20T03:07:00.000Z"},
          {"closed_at", nullptr},
          {"needs", 2},
          {"expires_at", "2026-11-20T07:07:00.000Z"},
          {"plan_digest", "d1"},
          {"votes", Json::array()},
          {"plan",
           Json::array({{{"job", "live"},
                         {"step", 0},
                         {"name", "deploy"},
                         {"action", "ecs-deploy"},
                         {"lines", Json::array({"service web/api: revision 41 → a new one",
                                                "  image app: shop-api:9a8b7c6 → shop-api:3f1c2a9", "  4 tasks, two at a time; about 3m"})},
                         {"problems",
                          Json::array({{{"fatal", false}, {"text", "alarm api-5xx has no data"}, {"advice", "it counts as quiet"}}})}}})}};
}

Json three(const char* state, Json third) {
  Json run = base(state);
  run["stages"] = Json::array({built(), on_staging(), std::move(third)});
  return run;
}

void finish(Json& run, const char* at) { run["finished_at"] = at; }

}  // namespace

Json run_reading() {
  Json run = base("queued");
  run["started_at"] = nullptr;
  run["plan_digest"] = nullptr;
  return run;
}

Json run_building() {
  Json run = base("running");
  Json unit = job("unit", "running", Json::array({step(0, "install", "run", "succeeded"), step(1, "unit tests", "run", "running")}));
  Json build = stage("build", nullptr, "running", Json::array({unit, job("image", "queued", Json::array())}));
  time_from_to(build, "2026-11-20T03:04:06.000Z", nullptr);
  run["stages"] = Json::array({build, to_come("staging"), to_come("production")});
  run["notes"] = Json::array({"path filter: no base, everything matched"});
  return run;
}

Json run_deploying() {
  Json deploy = step(0, "deploy", "ecs-deploy", "running");
  deploy["progress"] = {{"kind", "ecs-deploy"}, {"target", "web/api"}, {"phase", "monitor"},
                        {"desired", 4},         {"running", 3},        {"healthy", 2}};
  Json third = stage("production", "production", "running", Json::array({job("live", "running", Json::array({deploy}))}));
  time_from_to(third, "2026-11-20T03:20:00.000Z", nullptr);
  third["gates"] = Json::array({approval_gate("passed")});
  third["gates"][0]["votes"] = Json::array({vote("slack:U0LEAD", true, nullptr, "2026-11-20T03:19:00.000Z")});
  return three("running", std::move(third));
}

Json run_waiting_for_approval() {
  Json third = stage("production", "production", "waiting", Json::array({job("live", "queued", Json::array())}));
  third["gates"] = Json::array({approval_gate("open")});
  return three("running", std::move(third));
}

Json run_half_approved() {
  Json run = run_waiting_for_approval();
  Json& gate = run["stages"][2]["gates"][0];
  gate["votes"] = Json::array({vote("slack:U0LEAD", true, "looks right on staging", "2026-11-20T03:15:00.000Z")});
  gate["needs"] = 1;
  gate["reason"] = "needs approval by user:qa@example.com (1 of 1 missing)";
  return run;
}

Json run_locked() {
  Json run = run_waiting_for_approval();
  run["stages"][2]["gates"] = Json::array({{{"kind", "lock"},
                                            {"key", "lock"},
                                            {"state", "open"},
                                            {"reason", "locked by user:ops@example.com: moving the database"},
                                            {"until", "2026-11-20T06:00:00.000Z"},
                                            {"opened_at", "2026-11-20T03:07:00.000Z"},
                                            {"closed_at", nullptr}}});
  return run;
}

Json run_succeeded() {
  Json run = run_deploying();
  run["state"] = "succeeded";
  Json& third = run["stages"][2];
  third["state"] = third["jobs"][0]["state"] = third["jobs"][0]["steps"][0]["state"] = "succeeded";
  third["finished_at"] = "2026-11-20T03:22:40.000Z";
  finish(run, "2026-11-20T03:22:41.000Z");
  run["deployments"] = Json::array(
      {{{"environment", "production"}, {"target", "ecs:web/api"}, {"version", sha}, {"state", "succeeded"}, {"previous", older}}});
  return run;
}

Json run_failed() {
  Json run = base("failed");
  Json tests = step(1, "unit tests", "run", "failed");
  tests["exit_code"] = 1;
  Json unit = job("unit", "failed", Json::array({step(0, "install", "run", "succeeded"), tests}));
  Json build = stage("build", nullptr, "failed", Json::array({unit}));
  time_from_to(build, "2026-11-20T03:04:06.000Z", "2026-11-20T03:05:46.000Z");
  build["reason"] = "unit failed";
  Json staging = to_come("staging");
  staging["state"] = "skipped";
  staging["reason"] = "build failed";
  run["stages"] = Json::array({build, staging});
  run["reason"] = "stage build failed: unit failed";
  finish(run, "2026-11-20T03:05:47.000Z");
  return run;
}

Json run_rolled_back() {
  Json run = run_deploying();
  run["state"] = "failed";
  run["reason"] = "stage production failed: live failed";
  Json& third = run["stages"][2];
  third["state"] = third["jobs"][0]["state"] = third["jobs"][0]["steps"][0]["state"] = "failed";
  third["reason"] = "live failed";
  third["rollback"] = "shop-api#43";
  third["finished_at"] = "2026-11-20T03:25:00.000Z";
  third["jobs"][0]["steps"][0]["reason"] =
      "2 of 2 new tasks stopped: essential container app exited with 137 (out of memory); back on revision 41";
  finish(run, "2026-11-20T03:25:01.000Z");
  run["deployments"] =
      Json::array({{{"environment", "production"}, {"target", "ecs:web/api"}, {"version", sha}, {"state", "failed"}, {"previous", older}}});
  return run;
}

Json run_canceled() {
  Json run = run_decided("canceled");
  run["state"] = "canceled";
  run["reason"] = "canceled by slack:U0LEAD";
  run["cancel"] = {{"by", "slack:U0LEAD"}, {"reason", "wrong branch"}, {"at", "2026-11-20T03:30:00.000Z"}};
  finish(run, "2026-11-20T03:30:01.000Z");
  return run;
}

Json run_superseded() {
  Json run = run_decided("superseded");
  run["state"] = "superseded";
  run["reason"] = "superseded by shop-api#43";
  finish(run, "2026-11-20T03:30:01.000Z");
  return run;
}

Json run_lost() {
  Json run = run_deploying();
  run["state"] = "lost";
  run["reason"] = "stage production lost: the machine stopped in the middle of update-service";
  Json& third = run["stages"][2];
  third["state"] = third["jobs"][0]["state"] = third["jobs"][0]["steps"][0]["state"] = "lost";
  third["finished_at"] = "2026-11-20T03:25:00.000Z";
  finish(run, "2026-11-20T03:25:01.000Z");
  return run;
}

Json run_unreadable() {
  Json run = base("failed");
  run["reason"] = "the pipeline has 2 errors";
  run["errors"] = Json::array({".fairlead.yml:12:9: stages[1].jobs.api: unknown key \"step\"; did you mean \"steps\"?",
                               ".fairlead.yml:20:3: stages[2].environment: there is no environment \"prod\" in fairlead.yml"});
  finish(run, "2026-11-20T03:04:07.000Z");
  return run;
}

Json run_retrying() {
  Json run = run_building();
  Json& unit = run["stages"][0]["jobs"][0];
  unit["state"] = "waiting";
  unit["reason"] = "exit code 75";
  unit["retry_at"] = "2026-11-20T03:05:30.000Z";
  return run;
}

Json run_asking() {
  Json run = run_deploying();
  run["stages"][2]["jobs"][0]["steps"][0]["question"] = {
      {"text", "update-service was asked for, and no answer came. Is the new version there?"},
      {"choices", {"it is there", "ask again", "give up"}},
      {"until", "2026-11-20T04:00:00.000Z"}};
  return run;
}

Json run_decided(const std::string& state) {
  Json run = run_half_approved();
  Json& third = run["stages"][2];
  Json& gate = third["gates"][0];
  gate["state"] = state;
  gate["until"] = nullptr;
  gate["closed_at"] = "2026-11-20T03:19:00.000Z";
  if (state == "passed") {
    gate["votes"].push_back(vote("user:qa@example.com", true, nullptr, "2026-11-20T03:19:00.000Z"));
    gate["needs"] = 0;
    gate["reason"] = "approved by slack:U0LEAD, user:qa@example.com";
    third["state"] = "running";
    third["started_at"] = "2026-11-20T03:19:01.000Z";
    return run;
  }
  if (state == "rejected") {
    gate["votes"].push_back(vote("user:qa@example.com", false, "the price is wrong on mobile", "2026-11-20T03:19:00.000Z"));
    gate["by"] = "user:qa@example.com";
    gate["reason"] = "rejected by user:qa@example.com: the price is wrong on mobile";
  }
  if (state == "bypassed") {
    gate["by"] = "slack:U0LEAD";
    gate["reason"] = "checkout is down and QA is not reachable";
    third["state"] = "running";
    return run;
  }
  if (state == "expired") gate["reason"] = "approval expired: nobody who may decided within 4h";
  third["state"] = state == "superseded" || state == "canceled" ? state : "failed";
  third["reason"] = state == "superseded" ? Json("superseded by shop-api#43")
                    : state == "canceled" ? Json("canceled by slack:U0LEAD")
                                          : gate["reason"];
  run["state"] = third["state"];
  run["reason"] = third["reason"];
  finish(run, "2026-11-20T03:19:01.000Z");
  return run;
}

Json environments() {
  const auto place = [](const char* app, const char* environment, const std::string& version, Json latest) {
    return Json{
        {"app", app},       {"environment", environment}, {"version", version.empty() ? Json(nullptr) : Json(version)},
        {"run", nullptr},   {"actor", "slack:U0REQUEST"}, {"since", version.empty() ? Json(nullptr) : Json("2026-11-19T08:00:00.000Z")},
        {"drift", nullptr}, {"latest", std::move(latest)}};
  };
  const auto latest = [](const std::string& version, const char* state) {
    return Json{{"run", "r"}, {"version", version}, {"state", state}, {"started_at", "2026-11-20T03:20:00.000Z"}, {"finished_at", nullptr}};
  };
  return Json::array({{{"name", "staging"},
                       {"needs_approval", false},
                       {"apps", Json::array({place("shop-api", "staging", sha, latest(sha, "succeeded"))})}},
                      {{"name", "production"},
                       {"needs_approval", true},
                       {"apps", Json::array({place("shop-api", "production", older, latest(sha, "running")),
                                             place("shop-web", "production", "", latest(sha, "failed"))})}},
                      {{"name", "preview"}, {"needs_approval", false}, {"apps", Json::array()}}});
}

namespace {

Json row(int number, const char* state, const char* environment) {
  return {{"id", "run-" + std::to_string(number)},
          {"app", "shop-api"},
          {"number", number},
          {"state", state},
          {"reason", std::string(state) == "failed" ? "stage production failed: live failed" : ""},
          {"ref", "refs/heads/main"},
          {"sha", sha},
          {"trigger", "push"},
          {"actor", "slack:U0REQUEST"},
          {"environments", Json::array({environment})},
          {"created_at", "2026-11-20T03:04:05.678Z"},
          {"started_at", "2026-11-20T03:04:06.000Z"},
          {"finished_at", std::string(state) == "running" ? Json(nullptr) : Json("2026-11-20T03:09:46.000Z")},
          {"url", "https://deploy.example.com/runs/run-" + std::to_string(number)}};
}

}  // namespace

Json history_rows() {
  return Json::array({row(44, "running", "staging"), row(43, "failed", "production"), row(42, "succeeded", "production"),
                      row(41, "superseded", "staging")});
}

Json unfinished_runs() { return Json::array({row(45, "queued", "production"), row(44, "running", "staging")}); }

Json locks_and_freezes() {
  return Json::array({{{"id", "l1"},
                       {"environment", "production"},
                       {"app", "shop-api"},
                       {"owner", "user:ops@example.com"},
                       {"reason", "moving the database"},
                       {"since", "2026-11-20T02:00:00.000Z"},
                       {"from", nullptr},
                       {"until", "2026-11-20T06:00:00.000Z"},
                       {"automatic", false}},
                      {{"id", "l2"},
                       {"environment", "staging"},
                       {"app", nullptr},
                       {"owner", "fairlead"},
                       {"reason", "rolled back: 2 of 2 new tasks stopped"},
                       {"since", "2026-11-20T02:00:00.000Z"},
                       {"from", nullptr},
                       {"until", nullptr},
                       {"automatic", true}},
                      {{"id", "f1"},
                       {"environment", "*"},
                       {"app", nullptr},
                       {"owner", "user:ops@example.com"},
                       {"reason", "the sale weekend"},
                       {"freeze", true},
                       {"since", "2026-11-20T02:00:00.000Z"},
                       {"from", "2026-11-27T00:00:00.000Z"},
                       {"until", "2026-11-30T00:00:00.000Z"},
                       {"automatic", false}}});
}

Json a_plan() {
  const auto commit = [](const char* digits, const char* subject) {
    return Json{{"sha", digits + sha.substr(7)}, {"subject", subject}, {"author", "Mika Example"}, {"at", "2026-11-20T01:00:00.000Z"}};
  };
  return {
      {"app", "shop-api"},
      {"environment", "production"},
      {"ref", "refs/heads/main"},
      {"sha", sha},
      {"message", "Show the delivery date at checkout"},
      {"author", "Mika Example"},
      {"deployed", {{"version", older}, {"run", "run-41"}, {"actor", "slack:U0LEAD"}, {"since", "2026-11-18T09:00:00.000Z"}}},
      {"changes",
       {{"commits", Json::array({commit("3f1c2a9", "Show the delivery date at checkout"), commit("4e2d3b8", "Round the price up")})},
        {"total", 2},
        {"behind", 0},
        {"files", Json::array({"src/checkout.ts", "src/price.ts", "test/price.test.ts"})},
        {"note", nullptr}}},
      {"stages",
       Json::array({{{"name", "build"},
                     {"environment", nullptr},
                     {"skip", nullptr},
                     {"built_by", "shop-api#42"},
                     {"if", nullptr},
                     {"jobs", Json::array()}},
                    {{"name", "staging"},
                     {"environment", "staging"},
                     {"skip", "another environment"},
                     {"built_by", nullptr},
                     {"if", nullptr},
                     {"jobs", Json::array()}},
                    {{"name", "production"},
                     {"environment", "production"},
                     {"skip", nullptr},
                     {"built_by", nullptr},
                     {"if", nullptr},
                     {"jobs", Json::array({{{"id", "live"},
                                            {"needs", Json::array()},
                                            {"skip", nullptr},
                                            {"taken_from", nullptr},
                                            {"steps", Json::array({{{"index", 0},
                                                                    {"name", "deploy"},
                                                                    {"action", "ecs-deploy"},
                                                                    {"skip", nullptr},
                                                                    {"plan",
                                                                     {{"lines", Json::array({"service web/api: revision 41 → a new one"})},
                                                                      {"problems", Json::array()}}}}})}}})}}})},
      {"waits",
       Json::array(
           {{{"kind", "approval"}, {"reason", "approval by 1 of slack:@deployers"}, {"until", nullptr}},
            {{"kind", "lock"}, {"reason", "locked by user:ops@example.com: moving the database"}, {"until", "2026-11-20T06:00:00.000Z"}}})},
      {"notes", Json::array()},
      {"reason", nullptr},
      {"errors", Json::array()},
      {"digest", "d1"}};
}

Json a_blocked_plan() {
  Json plan = a_plan();
  plan["errors"] = Json::array({"branch wip may not go to production; allowed: main, release/*"});
  plan["stages"] = Json::array();
  plan["waits"] = Json::array();
  plan["changes"] = nullptr;
  plan["deployed"] = nullptr;
  plan["digest"] = nullptr;
  return plan;
}

Json schedules() {
  return Json::array({{{"id", "s1"},
                       {"app", "shop-api"},
                       {"origin", "person"},
                       {"cron", "0 22 * * 1-4"},
                       {"at", nullptr},
                       {"zone", "Asia/Tokyo"},
                       {"calendar", "office-hours"},
                       {"ref", "main"},
                       {"environment", "production"},
                       {"reason", "nightly"},
                       {"created_by", "slack:U0LEAD"},
                       {"created_at", "2026-11-01T00:00:00.000Z"},
                       {"paused_by", nullptr},
                       {"next", "2026-11-20T13:00:00.000Z"}},
                      {{"id", "s2"},
                       {"app", "shop-web"},
                       {"origin", "pipeline"},
                       {"cron", nullptr},
                       {"at", "2026-11-21T13:00:00.000Z"},
                       {"zone", "UTC"},
                       {"calendar", nullptr},
                       {"ref", nullptr},
                       {"environment", nullptr},
                       {"reason", ""},
                       {"created_by", "user:ops@example.com"},
                       {"created_at", "2026-11-01T00:00:00.000Z"},
                       {"paused_by", "slack:U0LEAD"},
                       {"next", nullptr}}});
}

}  // namespace fairlead::chat::test
