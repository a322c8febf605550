// SPDX-License-Identifier: Apache-2.0
#include "run_driver.hpp"
#include "simulator.hpp"

namespace fairlead::engine::test {

namespace {

class PlanMaker {
 public:
  explicit PlanMaker(std::uint64_t seed) : random_(seed) {}

  pipeline::RunPlan make() {
    serial_ = 0;
    std::vector<pipeline::PlanStage> stages;
    const int count = 1 + below(3);
    for (int s = 0; s < count; ++s) stages.push_back(make_stage(s));
    auto frozen = plan(std::move(stages));
    frozen.concurrency = static_cast<pipeline::Concurrency>(below(3));
    return frozen;
  }

 private:
  int below(int bound) { return static_cast<int>(std::uniform_int_distribution<int>(0, bound - 1)(random_)); }
  bool chance(int percent) { return below(100) < percent; }

  std::string condition() {
    static const std::vector<std::string> conditions{"", "", "", "", "always()", "failure()"};
    return conditions[static_cast<std::size_t>(below(static_cast<int>(conditions.size())))];
  }

  pipeline::PlanStage make_stage(int index) {
    auto jobs = make_jobs();
    const bool without = index == 0 || (index == 2 && chance(30));
    auto one = stage("s" + std::to_string(index), std::move(jobs), without ? "" : chance(50) ? "staging" : "production");
    if (index > 0) one.condition = condition();
    if (chance(20)) one.on_failure = {pipeline::OnFailure::Kind::retry, 1};
    if (one.environment.empty()) return one;
    if (chance(30)) one.checks = Json::array({Json{{"kind", "http"}, {"with", {{"url", "http://ok"}}}}});
    if (chance(30)) one.on_failure = {pipeline::OnFailure::Kind::rollback, 0};
    return one;
  }

  std::vector<pipeline::PlanJob> make_jobs() {
    std::vector<pipeline::PlanJob> jobs;
    const int size = 1 + below(3);
    for (int j = 0; j < size; ++j) {
      auto one = job("j" + std::to_string(++serial_));
      if (j > 0 && chance(50)) one.needs = {jobs[static_cast<std::size_t>(below(j))].id};
      one.condition = condition();
      one.retry = {.attempts = 1 + below(2), .on_failure = chance(30), .on_lost = true, .on_timeout = false, .on_exit = {75}};
      if (chance(5)) one.skip = "not on this branch";
      jobs.push_back(std::move(one));
    }
    if (chance(20)) add_matrix(jobs);
    for (auto& one : jobs) {
      one.steps.resize(3, one.steps.front());
      for (std::size_t i = 0; i < one.steps.size(); ++i) one.steps[i].index = i;
    }
    return jobs;
  }

  void add_matrix(std::vector<pipeline::PlanJob>& jobs) {
    const std::string id = "m" + std::to_string(++serial_);
    const bool fail_fast = chance(70);
    for (int i = 1; i <= 3; ++i) {
      jobs.push_back(matrix_job(id, i));
      jobs.back().max_parallel = 2;
      jobs.back().fail_fast = fail_fast;
    }
  }

  std::mt19937_64 random_;
  int serial_ = 0;
};

}  // namespace

std::vector<std::string> random_plans(std::uint64_t seed, int count) {
  PlanMaker maker(seed);
  std::vector<std::string> payloads;
  for (int i = 0; i < count; ++i) {
    const auto frozen = maker.make();
    payloads.push_back(
        dump({{"sha", std::string(40, 'a')}, {"digest", plan_digest(frozen)}, {"plan", to_json(frozen)}, {"default_branch", true}}));
  }
  return payloads;
}

}  // namespace fairlead::engine::test
