// SPDX-License-Identifier: Apache-2.0
#include "engine/gate_plan.hpp"

#include <set>
#include <vector>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::engine {

namespace {

std::vector<std::string> texts_of(const Json& steps) {
  std::vector<std::string> texts;
  for (const auto& step : steps) {
    for (const auto& line : member(step, "lines")) texts.emplace_back(trim(line.get<std::string>()));
    for (const auto& problem : member(step, "problems")) texts.push_back(text_at(problem, "text"));
  }
  return texts;
}

}  // namespace

std::string bound_digest(const std::string& run_digest, const std::string& steps_digest) {
  return steps_digest.empty() ? run_digest : sha256_hex(run_digest + "\n" + steps_digest);
}

Json shown_plan(const Json& steps) {
  Json shown = steps;
  for (auto& step : shown) step.erase("details");
  return shown;
}

std::string change_text(const Json& before, const Json& after) {
  constexpr std::size_t most = 2;
  const auto old = texts_of(before);
  const std::set<std::string> known(old.begin(), old.end());
  std::vector<std::string> fresh;
  for (auto& text : texts_of(after)) {
    if (!known.contains(text) && fresh.size() < most) fresh.push_back(ellipsize(text, 200));
  }
  return fresh.empty() ? "" : "now: " + join(fresh, "; ");
}

}  // namespace fairlead::engine
