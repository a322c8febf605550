// SPDX-License-Identifier: Apache-2.0
#include "pipeline/matrix.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/expression.hpp"

namespace fairlead::pipeline {
namespace {

/// Number of combinations of the axes, stopping above the limit.
std::size_t product(const Matrix& matrix) {
  std::size_t count = matrix.axes.empty() ? 0 : 1;
  for (const auto& [name, values] : matrix.axes) {
    count *= values.size();
    if (count > max_jobs) return count;
  }
  return count;
}

bool agrees(const Json& combination, const Json& pattern) {
  return std::ranges::all_of(pattern.items(), [&](const auto& item) {
    return combination.contains(item.key()) && to_text(combination[item.key()]) == to_text(item.value());
  });
}

bool is_axis(const Matrix& matrix, const std::string& key) {
  return std::ranges::any_of(matrix.axes, [&](const auto& axis) { return axis.first == key; });
}

std::vector<Json> product_of(const Matrix& matrix) {
  std::vector<Json> out;
  if (matrix.axes.empty()) return out;
  out.push_back(Json::object());
  for (const auto& [name, values] : matrix.axes) {
    std::vector<Json> next;
    for (const auto& partial : out)
      for (const auto& value : values) {
        next.push_back(partial);
        next.back()[name] = value;
      }
    out = std::move(next);
  }
  return out;
}

void include(const Matrix& matrix, const Json& entry, std::size_t originals, std::vector<Json>& out) {
  Json shared = Json::object();
  for (const auto& [key, value] : entry.items())
    if (is_axis(matrix, key)) shared[key] = value;
  bool added = false;
  for (std::size_t i = 0; i < originals; ++i) {
    if (!agrees(out[i], shared)) continue;
    out[i].update(entry);
    added = true;
  }
  if (!added) out.push_back(entry);
}

std::string label_of(const Matrix& matrix, const Json& values) {
  std::vector<std::string> parts;
  const auto add = [&](const Json& value) { parts.push_back(ellipsize(strip_control(to_text(value)), 40)); };
  for (const auto& [name, unused] : matrix.axes)
    if (values.contains(name)) add(values[name]);
  if (parts.empty())
    for (const auto& [name, value] : values.items()) add(value);
  return join(parts, ", ");
}

}  // namespace

std::vector<Combination> expand(const Matrix& matrix) {
  if (matrix.empty()) return {{Json::object(), {}}};
  std::vector<Json> all = product_of(matrix);
  std::erase_if(all, [&](const Json& values) {
    return std::ranges::any_of(matrix.exclude, [&](const Json& pattern) { return agrees(values, pattern); });
  });
  const std::size_t originals = all.size();
  for (const auto& entry : matrix.include) include(matrix, entry, originals, all);
  std::vector<Combination> out;
  for (auto& values : all) {
    std::string label = label_of(matrix, values);
    out.push_back({std::move(values), std::move(label)});
  }
  return out;
}

std::string matrix_problem(const Matrix& matrix) {
  const bool listed = std::ranges::all_of(matrix.axes, [](const auto& axis) { return !axis.second.empty(); });
  if (matrix.empty() && (!matrix.exclude.empty() || matrix.max_parallel)) return "needs an axis, such as node: [18, 20]";
  if (product(matrix) > max_jobs || product(matrix) + matrix.include.size() > max_jobs)
    return "has more than " + std::to_string(max_jobs) + " combinations";
  for (const auto& pattern : matrix.exclude)
    for (const auto& [key, value] : pattern.items())
      if (!is_axis(matrix, key)) return "exclude names \"" + key + "\", which is no axis";
  if (listed && !matrix.empty() && expand(matrix).empty()) return "has no combination left";
  return {};
}

}  // namespace fairlead::pipeline
