// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/plan.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/pipeline/expression.hpp"

namespace fairlead::pipeline {
namespace {

Definition parse(std::string_view text) {
  auto parsed = parse_pipeline(text, ".fairlead.yml");
  EXPECT_TRUE(parsed) << format(parsed ? Problems{} : parsed.error());
  return parsed ? *parsed : Definition{};
}

PlanContext push_to(std::string branch) {
  PlanContext context;
  context.git.sha = "0123456789abcdef0123456789abcdef01234567";
  context.git.branch = branch;
  context.git.ref = "refs/heads/" + branch;
  context.git.message = "Say ${{ secrets.X }} and $(id)";
  context.run = {"run-1", 42, "https://deploy.example.com/r/1", "user:ann", ""};
  context.app = "shop-api";
  context.trigger = TriggerKind::push;
  context.environments = std::map<std::string, EnvironmentFacts>{{"staging", {}}, {"production", {{"main", "release/*"}}}};
  return context;
}

RunPlan plan(const Definition& definition, const PlanContext& context) {
  auto made = make_plan(definition, context);
  EXPECT_TRUE(made) << format(made ? Problems{} : made.error());
  return made ? *made : RunPlan{};
}

std::string problems_of(const Definition& definition, const PlanContext& context) {
  const auto made = make_plan(definition, context);
  return made ? "" : format(made.error());
}

Definition language() { return parse(read_file(FIXTURES "/pipeline/good/language.yml")); }

TEST(Plan, ExpandsTheExampleOfTheLanguage) {
  const RunPlan p = plan(language(), push_to("main"));
  ASSERT_EQ(p.stages.size(), 3u);
  EXPECT_EQ(p.stages[0].jobs[0].key, "unit (18)");
  EXPECT_EQ(p.stages[0].jobs[0].folder, "unit-18");
  EXPECT_EQ(p.stages[0].jobs[1].key, "unit (20)");
  EXPECT_EQ(p.stages[0].jobs[1].matrix, Json::parse(R"({"node": 20})"));
  EXPECT_EQ(p.stages[1].jobs[0].key, "api (staging)");
  EXPECT_EQ(p.stages[2].jobs[1].key, "api (production)");
  EXPECT_EQ(p.stages[2].condition, "");
  EXPECT_EQ(p.stages[2].skip, "");
  EXPECT_EQ(find_job(p, "unit (20)"), &p.stages[0].jobs[1]);
  EXPECT_EQ(find_job(p, "unit"), nullptr);

  const PlanStep& image = p.stages[0].jobs[2].steps[0];
  EXPECT_EQ(image.with["tags"], Json::parse(R"(["0123456789abcdef0123456789abcdef01234567"])"));
  EXPECT_EQ(p.stages[0].jobs[2].outputs["uri"], Json::parse(R"({"$expr": "${{ steps.image.outputs.uri }}"})"));
  EXPECT_EQ(p.stages[1].jobs[0].steps[0].with["images"]["app"], Json::parse(R"({"$expr": "${{ jobs.image.outputs.uri }}"})"));
  EXPECT_EQ(p.stages[2].jobs[1].steps[1].with["text"], "api 0123456 is live");
  EXPECT_EQ(p.stages[0].jobs[0].cache[0]["key"], Json::parse(R"({"$expr": "npm-${{ hashFiles('package-lock.json') }}"})"));
}

TEST(Plan, SaysWhyAStageIsSkipped) {
  const RunPlan p = plan(language(), push_to("feature/x"));
  EXPECT_EQ(p.stages[1].skip, "");
  EXPECT_EQ(p.stages[2].skip, "production needs main or release/*, ref is feature/x");
  const RunPlan q = plan(language(), push_to("release/1"));
  EXPECT_EQ(q.stages[2].skip, "if: git.branch == 'main' is false: git.branch is \"release/1\"");
}

TEST(Plan, NeedsAnExplicitPatternForTags) {
  PlanContext context = push_to("main");
  context.git.branch.clear();
  context.git.tag = "main";
  context.git.ref = "refs/tags/main";
  EXPECT_EQ(plan(language(), context).stages[2].skip, "production needs main or release/*, ref is refs/tags/main");
  context.environments->at("production").branches.push_back("refs/tags/*");
  EXPECT_EQ(plan(language(), context).stages[2].skip, "if: git.branch == 'main' is false: git.branch is \"\"");
}

TEST(Plan, GivesPullRequestsNoEnvironmentAndForksNoTrust) {
  PlanContext context = push_to("feature/x");
  context.trigger = TriggerKind::pull_request;
  context.git.pull_request = 7;
  context.fork = true;
  const RunPlan p = plan(language(), context);
  EXPECT_EQ(p.stages[0].skip, "");
  EXPECT_EQ(p.stages[1].skip, "runs of pull requests have no environment");
  EXPECT_EQ(p.stages[2].skip, "runs of pull requests have no environment");
  EXPECT_FALSE(p.trusted);
  EXPECT_EQ(p.contexts["git"]["pull_request"]["number"], 7);
  context.trigger = TriggerKind::command;
  EXPECT_EQ(plan(language(), context).stages[1].skip, "runs of pull requests have no environment");
}

TEST(Plan, LimitsItselfToWhatWasAskedFor) {
  PlanContext context = push_to("main");
  context.only_environment = "staging";
  const RunPlan p = plan(language(), context);
  EXPECT_EQ(p.stages[0].skip, "");
  EXPECT_EQ(p.stages[1].skip, "");
  EXPECT_EQ(p.stages[2].skip, "only staging was asked for");
  context.only_environment = "prodction";
  EXPECT_EQ(problems_of(language(), context),
            ".fairlead.yml:19:3: stages: no stage has the environment \"prodction\"; there are staging, production; did you mean "
            "\"production\"?\n");
  context.only_environment.clear();
  context.only_stages = {"build"};
  EXPECT_EQ(plan(language(), context).stages[1].skip, "only build was asked for");
}

TEST(Plan, RefusesAnEnvironmentTheServerDoesNotHave) {
  PlanContext context = push_to("main");
  context.environments->erase("staging");
  EXPECT_EQ(problems_of(language(), context),
            ".fairlead.yml:51:18: stages[1].environment: the server has no environment \"staging\"; it has production\n");
  context.environments.reset();
  EXPECT_EQ(problems_of(language(), context), "");
}

TEST(Plan, KeepsTextFromCommitsAsText) {
  const RunPlan p =
      plan(parse("jobs: { t: { env: { M: '${{ git.message }}' }, steps: [{ name: 'x ${{ git.branch }}', run: y }] } }"), push_to("main"));
  EXPECT_EQ(p.stages[0].jobs[0].env["M"], "Say ${{ secrets.X }} and $(id)");
  EXPECT_FALSE(is_pending(p.stages[0].jobs[0].env));
  EXPECT_EQ(p.stages[0].jobs[0].steps[0].name, "x main");
}

TEST(Plan, KeepsSecretsAsMarkers) {
  const RunPlan p = plan(parse("env: { T: '${{ secrets.TOKEN }}', A: 1 }\njobs: { t: { env: { A: 2 }, steps: [x] } }"), push_to("main"));
  EXPECT_EQ(p.stages[0].jobs[0].env, Json::parse(R"({"A": "2", "T": {"$secret": "TOKEN"}})"));
}

TEST(Plan, NamesNoSecretInRunsOfForks) {
  const Definition d = parse(
      "env: { T: '${{ secrets.TOKEN }}' }\njobs: { t: { steps: [{ http: { url: 'https://x', headers: { A: '${{ secrets.A }}' } } }] } }");
  PlanContext context = push_to("main");
  EXPECT_NE(to_json(plan(d, context)).dump().find("$secret"), std::string::npos);
  context.fork = true;
  const RunPlan p = plan(d, context);
  EXPECT_EQ(to_json(p).dump().find("$secret"), std::string::npos);
  EXPECT_EQ(p.stages[0].jobs[0].env["T"], "");
}

TEST(Plan, MakesTheVariablesOfAJobOfThoseOfThePipeline) {
  const RunPlan p = plan(parse("env: { BASE: '/srv/${{ app }}' }\njobs: { t: { env: { BIN: '${{ env.BASE }}/bin', BASE: x }, steps: [{ "
                               "run: y, env: { Z: '${{ env.BIN }}' } }] } }"),
                         push_to("main"));
  EXPECT_EQ(p.stages[0].jobs[0].env, Json::parse(R"({"BASE": "x", "BIN": "/srv/shop-api/bin"})"));
  EXPECT_EQ(p.stages[0].jobs[0].steps[0].env["Z"], Json::parse(R"({"$expr": "${{ env.BIN }}"})"));
}

TEST(Plan, DecidesConditionsItCan) {
  const RunPlan p = plan(parse("jobs:\n  t:\n    matrix: { os: [linux, mac] }\n    if: matrix.os == 'linux'\n    steps:\n"
                               "      - { if: failure(), run: a }\n      - { if: \"git.branch == 'main'\", run: b }\n      - { if: "
                               "run.number > 100, run: c }\n"),
                         push_to("main"));
  const auto& jobs = p.stages[0].jobs;
  EXPECT_EQ(jobs[0].skip, "");
  EXPECT_EQ(jobs[1].skip, "if: matrix.os == 'linux' is false: matrix.os is \"mac\"");
  EXPECT_EQ(jobs[0].steps[0].condition, "failure()");
  EXPECT_EQ(jobs[0].steps[1].condition, "");
  EXPECT_EQ(jobs[0].steps[2].skip, "if: run.number > 100 is false: run.number is 42");
}

TEST(Plan, ExpandsMatricesLikeTheWellKnownOne) {
  const RunPlan p = plan(parse(R"(
jobs:
  t:
    matrix:
      node: [18, 20]
      os: [linux, mac]
      exclude: [{ node: 18, os: mac }]
      include: [{ node: 20, extra: yes }, { node: 22, os: linux }]
    steps: [{ run: x, env: { E: "${{ matrix.extra }}" } }]
)"),
                         push_to("main"));
  std::vector<std::string> keys;
  for (const auto& job : p.stages[0].jobs) keys.push_back(job.key + "/" + job.matrix.dump());
  EXPECT_EQ(keys, (std::vector<std::string>{
                      R"(t (18, linux)/{"node":18,"os":"linux"})", R"(t (20, linux)/{"extra":"yes","node":20,"os":"linux"})",
                      R"(t (20, mac)/{"extra":"yes","node":20,"os":"mac"})", R"(t (22, linux)/{"node":22,"os":"linux"})"}));
}

TEST(Plan, GivesEveryJobItsOwnKeyAndFolder) {
  const RunPlan p = plan(parse("jobs: { t: { matrix: { v: [a/b, a b, 'a:b'] , include: [{ w: a/b }] }, steps: [x] } }"), push_to("main"));
  std::vector<std::string> folders;
  for (const auto& job : p.stages[0].jobs) folders.push_back(job.folder);
  EXPECT_EQ(folders, (std::vector<std::string>{"t-a-b", "t-a-b-2", "t-a-b-3"}));
}

TEST(Plan, RepeatsLostBuildsButNeverDeploys) {
  const RunPlan p = plan(language(), push_to("main"));
  EXPECT_EQ(p.stages[0].jobs[2].retry.attempts, 2);
  EXPECT_TRUE(p.stages[0].jobs[2].retry.on_lost);
  EXPECT_EQ(p.stages[2].jobs[0].retry.attempts, 1);
  EXPECT_FALSE(p.stages[2].jobs[0].retry.on_lost);
}

TEST(Plan, HasAtMost256Jobs) {
  std::string values;
  for (int i = 0; i < 130; ++i) values += (i == 0 ? "" : ", ") + std::to_string(i);
  const std::string job = "{ matrix: { v: [" + values + "] }, steps: [x] }";
  EXPECT_EQ(problems_of(parse("jobs: { a: " + job + ", b: " + job + " }"), push_to("main")),
            ".fairlead.yml:1:1: stages: the run has 260 jobs, 256 are allowed\n");
}

TEST(Plan, ChecksInputs) {
  const Definition d = parse(
      "inputs: { note: { required: true }, n: { type: number, default: 3 }, b: { type: boolean }, c: { options: [x, y] } }\njobs: { t: { "
      "steps: [x] } }");
  PlanContext context = push_to("main");
  EXPECT_EQ(plan(d, context).contexts["inputs"], Json::parse(R"({"note": "", "n": 3, "b": null, "c": ""})"));
  context.trigger = TriggerKind::command;
  EXPECT_EQ(problems_of(d, context), ".fairlead.yml:1:17: inputs.note: this input is required\n");
  context.inputs = {{"note", "hi"}, {"n", "x"}, {"b", "yes"}, {"c", "z"}, {"nte", "?"}};
  EXPECT_EQ(problems_of(d, context),
            ".fairlead.yml: inputs.nte: unknown input; there are note, n, b, c; did you mean \"note\"?\n"
            ".fairlead.yml:1:40: inputs.n: must be a number, not \"x\"\n"
            ".fairlead.yml:1:73: inputs.b: must be true or false, not \"yes\"\n"
            ".fairlead.yml:1:95: inputs.c: must be one of x, y, not \"z\"\n");
  context.inputs = {{"note", "hi"}, {"n", "7"}, {"b", true}, {"c", "y"}};
  EXPECT_EQ(plan(d, context).contexts["inputs"], Json::parse(R"({"note": "hi", "n": 7, "b": true, "c": "y"})"));
}

PlanJob job_of(std::vector<std::string> actions) {
  PlanJob job;
  for (auto& action : actions) {
    PlanStep step;
    step.action = std::move(action);
    job.steps.push_back(std::move(step));
  }
  return job;
}

TEST(Footprint, AJobThatOnlyAsksOthersDoesNotWorkHere) {
  EXPECT_FALSE(works_here(job_of({"ecs-deploy", "http", "notify"})));
  EXPECT_TRUE(works_here(job_of({"ecs-deploy", "run"})));
  EXPECT_TRUE(works_here(job_of({"an-action-of-next-year"})));
  EXPECT_TRUE(works_here(PlanJob())) << "nothing is known of it";
  auto named = job_of({"ecs-deploy"});
  named.executor = "local";
  EXPECT_TRUE(works_here(named)) << "whoever names the executor wants its slots to count";
  auto keeping = job_of({"ecs-deploy"});
  keeping.artifacts["all"] = {"**"};
  EXPECT_TRUE(works_here(keeping));
}

TEST(Footprint, FilesAreReadByStepsThatNameOne) {
  EXPECT_FALSE(reads_files(job_of({"ecs-deploy"})));
  EXPECT_TRUE(reads_files(job_of({"run"})));
  auto file = job_of({"ecs-deploy"});
  file.steps[0].with = {{"task-definition", "deploy/api.yml"}};
  EXPECT_TRUE(reads_files(file));
  auto hashing = job_of({"http"});
  hashing.steps[0].condition = "hashFiles('lock') != ''";
  EXPECT_TRUE(reads_files(hashing));
}

TEST(Plan, SurvivesJson) {
  for (const char* branch : {"main", "feature/x"}) {
    const RunPlan p = plan(language(), push_to(branch));
    const Json json = to_json(p);
    const RunPlan q = plan_from_json(Json::parse(json.dump()));
    EXPECT_EQ(to_json(q), json);
    EXPECT_EQ(plan_digest(q), plan_digest(p));
    EXPECT_EQ(q.stages[0].jobs[0].steps[0].timeout, std::chrono::minutes(10));
    EXPECT_EQ(q.stages[0].jobs[0].max_parallel, 2);
  }
  EXPECT_NE(plan_digest(plan(language(), push_to("main"))), plan_digest(plan(language(), push_to("x"))));
}

TEST(Plan, RefusesJsonItDidNotWrite) {
  EXPECT_THROW(plan_from_json(Json::parse(R"({"version": 2})")), Error);
  EXPECT_THROW(plan_from_json(Json::parse(R"([])")), Error);
  EXPECT_THROW(plan_from_json(Json::parse(R"({"version": 1, "concurrency": "latest", "stages": {}})")), Error);
  EXPECT_THROW(plan_from_json(Json::parse(R"({"version": 1, "concurrency": "latest", "stages": [{"jobs": [3]}]})")), Error);
}

}  // namespace
}  // namespace fairlead::pipeline
