// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/plan_lines.hpp"

#include "chat/cards/words.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_steps = 8;

std::vector<std::string> lines_of(const Json& step) {
  std::vector<std::string> lines;
  for (const auto& problem : member(step, "problems")) {
    const auto advice = text_at(problem, "advice");
    lines.push_back(std::string(flag_at(problem, "fatal") ? "❌ " : "⚠ ") + text_at(problem, "text") +
                    (advice.empty() ? "" : " — " + advice));
  }
  for (const auto& text : member(step, "lines"))
    if (text.is_string()) lines.push_back(text.get<std::string>());
  return lines;
}

std::string title_of(const Json& step) {
  const auto name = text_at(step, "name", text_at(step, "action"));
  const auto job = text_at(step, "job");
  return job.empty() ? name : job + " › " + name;
}

}  // namespace

void add_plan(Blocks& blocks, const Json& plan) {
  const Json& steps = plan.is_array() ? plan : member(plan, "steps");
  std::size_t shown = 0;
  for (const auto& step : steps) {
    const auto lines = lines_of(step);
    if (lines.empty()) continue;
    if (shown++ == most_steps) {
      blocks.context("… and more steps");
      break;
    }
    blocks.lines(title_of(step), lines);
  }
}

}  // namespace fairlead::chat
