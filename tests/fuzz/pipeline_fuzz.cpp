// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/plan.hpp"

using namespace fairlead::pipeline;

// A pipeline file to a plan: every problem has a place, the plan stays within its bounds and survives JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = parse_pipeline({reinterpret_cast<const char*>(data), size}, "f");
  if (!parsed) {
    if (parsed.error().empty()) std::abort();
    for (const auto& problem : parsed.error())
      if (problem.message.empty() || (problem.line == 0) != (problem.column == 0)) std::abort();
    return 0;
  }
  PlanContext context;
  context.git.sha = "0123456789abcdef0123456789abcdef01234567";
  context.git.branch = "main";
  context.git.ref = "refs/heads/main";
  context.git.message = "`$(id)` ${{ secrets.X }}";
  const auto plan = make_plan(*parsed, context);
  if (!plan) return 0;
  std::size_t jobs = 0;
  for (const auto& stage : plan->stages) jobs += stage.jobs.size();
  const fairlead::Json json = to_json(*plan);
  if (jobs > 256 || to_json(plan_from_json(json)) != json) std::abort();
  return 0;
}
