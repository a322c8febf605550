// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/net/target.hpp"
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

namespace {

constexpr std::size_t deepest = 16;

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 6 && std::ranges::all_of(text, [](char x) { return x >= '0' && x <= '9'; });
}

/// Objects whose keys are 1, 2, 3 … are lists; an object with nothing but a list called "member" or "entry" is that list.
Json folded(const Json& node) {
  if (!node.is_object()) return node;
  if (node.size() == 1 && node.contains("member") && node["member"].is_object()) return folded(node["member"]);
  std::vector<std::pair<long long, Json>> rows;
  Json out = Json::object();
  for (const auto& [key, value] : node.items()) {
    if (is_number(key)) rows.emplace_back(parse_int(key).value_or(0), folded(value));
    out[key] = folded(value);
  }
  if (rows.empty() || rows.size() != node.size()) return out;
  std::ranges::sort(rows, {}, &std::pair<long long, Json>::first);
  Json list = Json::array();
  for (auto& row : rows) list.push_back(std::move(row.second));
  return list;
}

}  // namespace

Json read_query(const std::string& form) {
  Json tree = Json::object();
  for (const auto& [name, value] : net::parse_query(form)) {
    const auto parts = split(name, '.');
    if (parts.size() > deepest) continue;
    Json* node = &tree;
    for (const auto& part : parts) {
      if (!node->is_object()) *node = Json::object();
      node = &(*node)[part];
    }
    *node = value;
  }
  Json out = Json::object();
  for (const auto& [key, value] : tree.items()) out[key] = folded(value);
  return out;
}

}  // namespace fairlead::sandbox::wire
