// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::pipeline {

std::string text_of(const Value* value, const std::string& fallback) {
  return value && value->is_scalar() && !value->is_null() ? value->text() : fallback;
}

bool bool_of(const Value* value, bool fallback) {
  if (!value || value->kind() != Value::Kind::boolean) return fallback;
  return value->text()[0] == 't' || value->text()[0] == 'T';
}

std::optional<long long> number_of(const Value* value) { return value ? parse_int(value->text()) : std::nullopt; }

std::optional<Duration> duration_of(const Value* value) { return value ? parse_duration(value->text()) : std::nullopt; }

std::vector<std::string> texts_of(const Value* value) {
  std::vector<std::string> out;
  if (!value) return out;
  if (value->is_scalar() && !value->is_null()) out.push_back(value->text());
  for (const auto& item : value->items())
    if (item.is_scalar() && !item.is_null()) out.push_back(item.text());
  return out;
}

Texts text_map_of(const Value* value) {
  Texts out;
  if (!value) return out;
  for (const auto& member : value->members())
    if (member.value.is_scalar()) out[member.key] = member.value.text();
  return out;
}

}  // namespace fairlead::pipeline
