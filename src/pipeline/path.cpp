// SPDX-License-Identifier: Apache-2.0
#include "pipeline/path.hpp"

#include <algorithm>

namespace fairlead::pipeline {

std::string child_path(const std::string& parent, std::string_view key) {
  if (key.empty() || key.find_first_of(".[] ") != std::string_view::npos) return parent + "[\"" + std::string(key) + "\"]";
  return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

std::string child_path(const std::string& parent, std::size_t index) { return parent + "[" + std::to_string(index) + "]"; }

std::string_view describe(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null: return "nothing";
    case Value::Kind::boolean: return "true or false";
    case Value::Kind::number: return "a number";
    case Value::Kind::string: return "text";
    case Value::Kind::list: return "a list";
    case Value::Kind::map: return "a map";
  }
  return "something";
}

bool is_one_of(std::string_view text, const std::vector<std::string>& words) { return std::ranges::find(words, text) != words.end(); }

}  // namespace fairlead::pipeline
