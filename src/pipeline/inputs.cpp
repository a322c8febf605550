// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "pipeline/graph.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

constexpr std::size_t max_input = 64 * 1024;

std::optional<Json> parse_number(const std::string& text) {
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (auto [rest, error] = std::from_chars(text.data(), end, integer); error == std::errc() && rest == end) return Json(integer);
  double real = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, real); error == std::errc() && rest == end && real - real == 0)
    return Json(real);
  return std::nullopt;
}

bool is_empty(const Json& value) { return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()); }

}  // namespace

std::string input_problem(const Input& input, const Json& value) {
  if (value.is_structured()) return "must be a single value";
  const std::string text = to_text(value);
  if (text.size() > max_input) return "may have at most 64 KiB";
  const std::string found = ", not \"" + ellipsize(text, 60) + "\"";
  if (input.type == InputType::number && !parse_number(text)) return "must be a number" + found;
  if (input.type == InputType::boolean && text != "true" && text != "false") return "must be true or false" + found;
  if (input.type == InputType::choice && !is_one_of(text, input.options)) return "must be one of " + join(input.options, ", ") + found;
  return {};
}

Json typed_input(const Input& input, const Json& value) {
  const std::string text = to_text(value);
  if (input.type == InputType::number) return parse_number(text).value_or(Json());
  if (input.type == InputType::boolean) return text == "true";
  return text;
}

std::expected<Json, Problems> check_inputs(const Definition& definition, const Json& given) {
  return check_inputs(definition, given, true);
}

std::expected<Json, Problems> check_inputs(const Definition& definition, const Json& given, bool enforce_required) {
  Problems problems;
  Json out = Json::object();
  std::vector<std::string> names;
  for (const auto& input : definition.inputs) {
    names.push_back(input.name);
    const Json value = given.contains(input.name) && !is_empty(given[input.name]) ? given[input.name] : input.fallback.value_or(Json());
    const std::string path = child_path("inputs", input.name);
    if (is_empty(value)) {
      out[input.name] = input.type == InputType::string || input.type == InputType::choice ? Json("") : Json();
      if (input.required && enforce_required) problems.push_back(problem_at(definition, path, "this input is required"));
    } else if (const auto problem = input_problem(input, value); !problem.empty()) {
      problems.push_back(problem_at(definition, path, problem));
    } else {
      out[input.name] = typed_input(input, value);
    }
  }
  for (const auto& [name, value] : given.items())
    if (!is_one_of(name, names)) {
      const std::string known = names.empty() ? "; this pipeline has none" : "; there are " + join(names, ", ");
      problems.push_back({definition.file, 0, 0, child_path("inputs", name), "unknown input" + known, nearest(name, names).value_or("")});
    }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return out;
}

}  // namespace fairlead::pipeline
