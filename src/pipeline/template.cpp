// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "pipeline/expression_node.hpp"

namespace fairlead::pipeline {
namespace {

/// Where `}}` closes the expression that begins at `begin`; quotes may contain it.
std::size_t find_end(std::string_view text, std::size_t begin) {
  bool quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\'')
      quoted = !quoted;
    else if (!quoted && text.substr(i).starts_with("}}"))
      return i;
  }
  return std::string_view::npos;
}

bool is_object_with(const Json& value, const char* key) {
  return value.is_object() && value.size() == 1 && value.contains(key) && value[key].is_string();
}

Json evaluate_part(const Expression& expression, const Scope& scope) {
  Json value = expression.evaluate(scope);
  const auto path = expression.path();
  if (value.is_null() && !path.empty() && (path[0] == "jobs" || path[0] == "steps"))
    throw Error(ErrorKind::invalid, "${{ " + expression.source() + " }} is empty: this output was not written",
                "write it to $FAIRLEAD_OUTPUT, or give another value: ${{ " + expression.source() + " || 'other' }}");
  return value;
}

}  // namespace

std::expected<Template, ExpressionError> Template::parse(std::string_view text) {
  Template out;
  std::size_t pos = 0;
  while (pos < text.size()) {
    const auto begin = text.find("${{", pos);
    if (begin != pos)
      out.parts_.push_back({pos, std::string(text.substr(pos, begin == std::string_view::npos ? begin : begin - pos)), std::nullopt});
    if (begin == std::string_view::npos) break;
    const auto end = find_end(text, begin + 3);
    if (end == std::string_view::npos) return std::unexpected(ExpressionError{begin, "\"${{\" is never closed with \"}}\"", {}});
    auto expression = Expression::parse(text.substr(begin + 3, end - begin - 3));
    if (!expression) {
      ExpressionError error = expression.error();
      error.offset += begin + 3;
      return std::unexpected(error);
    }
    out.parts_.push_back({begin + 3, {}, std::move(*expression)});
    pos = end + 2;
  }
  return out;
}

bool Template::is_plain() const {
  return std::ranges::none_of(parts_, [](const Part& part) { return part.expression.has_value(); });
}

bool Template::is_whole() const { return parts_.size() == 1 && parts_[0].expression; }

Json Template::evaluate(const Scope& scope) const {
  if (is_whole()) {
    const auto path = parts_[0].expression->path();
    if (path.size() == 2 && path[0] == "secrets") return {{"$secret", path[1]}};
    return evaluate_part(*parts_[0].expression, scope);
  }
  std::string out;
  for (const auto& part : parts_) out += part.expression ? to_text(evaluate_part(*part.expression, scope)) : part.literal;
  return out;
}

std::expected<Expression, ExpressionError> parse_condition(std::string_view text) {
  if (text.find("${{") == std::string_view::npos) return Expression::parse(text);
  const auto trimmed = trim(text);
  auto parsed = Template::parse(trimmed);
  const auto skipped = static_cast<std::size_t>(trimmed.data() - text.data());
  if (!parsed) {
    parsed.error().offset += skipped;
    return std::unexpected(parsed.error());
  }
  if (!parsed->is_whole())
    return std::unexpected(ExpressionError{0, "a condition is one expression: write everything inside one ${{ … }}", {}});
  return *parsed->parts()[0].expression;
}

bool holds(std::string_view condition, const Scope& scope) {
  if (trim(condition).empty()) return scope.status == Status::success;
  const auto expression = parse_condition(condition);
  if (!expression) throw Error(ErrorKind::invalid, "if: " + std::string(condition) + ": " + expression.error().message);
  const bool asks_status = names_status(*expression);
  if (!asks_status && scope.status != Status::success) return false;
  return is_truthy(expression->evaluate(scope));
}

bool names_status(const Expression& expression) {
  return std::ranges::any_of(expression.functions(), [](const std::string& name) {
    const auto found = std::ranges::find(detail::functions(), name, &detail::Function::name);
    return found != detail::functions().end() && found->is_status;
  });
}

Json resolve(const Json& value, const Scope& scope) {
  if (is_object_with(value, "$expr")) {
    const auto& text = value["$expr"].get_ref<const std::string&>();
    const auto parsed = Template::parse(text);
    if (!parsed) throw Error(ErrorKind::invalid, text + ": " + parsed.error().message);
    return parsed->evaluate(scope);
  }
  if (!value.is_structured() || is_object_with(value, "$secret")) return value;
  Json out = value;
  for (auto& item : out) item = resolve(item, scope);
  return out;
}

std::vector<std::string> secrets_in(const Json& value) {
  if (is_object_with(value, "$secret")) return {value["$secret"].get<std::string>()};
  std::vector<std::string> out;
  if (!value.is_structured()) return out;
  for (const auto& item : value)
    for (auto& name : secrets_in(item))
      if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  return out;
}

bool is_pending(const Json& value) {
  if (is_object_with(value, "$expr")) return true;
  return value.is_structured() && std::ranges::any_of(value, [](const Json& item) { return is_pending(item); });
}

}  // namespace fairlead::pipeline
