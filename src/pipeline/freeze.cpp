// SPDX-License-Identifier: Apache-2.0
#include "pipeline/freeze.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "pipeline/path.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {

Freezer::Freezer(const Definition& definition, Scope scope, bool secrets, Problems& problems)
    : definition_(definition), scope_(std::move(scope)), secrets_(secrets), problems_(problems) {}

Json Freezer::value(const std::string& text, const std::string& path) const {
  if (!has_expression(text)) return text;
  const auto parsed = Template::parse(text);
  if (!parsed) {
    report(path, parsed.error().message);
    return text;
  }
  const auto whole = parsed->is_whole() ? parsed->parts()[0].expression->path() : std::vector<std::string>{};
  const bool secret = whole.size() == 2 && whole[0] == "secrets";
  if (secret && !secrets_) return "";
  const bool decided =
      secret || std::ranges::all_of(parsed->parts(), [&](const auto& part) { return !part.expression || decides(*part.expression); });
  if (!decided) return {{"$expr", text}};
  try {
    return parsed->evaluate(scope_);
  } catch (const Error& error) {
    report(path, error.message());
    return text;
  }
}

Json Freezer::text(const std::string& text, const std::string& path) const {
  Json frozen = value(text, path);
  return frozen.is_object() && (frozen.contains("$expr") || frozen.contains("$secret")) ? frozen : Json(to_text(frozen));
}

Json Freezer::texts(const Texts& texts, const std::string& path) const {
  Json out = Json::object();
  for (const auto& [key, each] : texts) out[key] = text(each, child_path(path, key));
  return out;
}

Json Freezer::texts(const std::vector<std::string>& texts, const std::string& path) const {
  Json out = Json::array();
  for (const auto& each : texts) out.push_back(text(each, path));
  return out;
}

Json Freezer::tree(const Json& json, const std::string& path) const {
  if (json.is_string()) return value(json.get_ref<const std::string&>(), path);
  if (!json.is_structured()) return json;
  Json out = json;
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i) out[i] = tree(json[i], child_path(path, i));
  else
    for (const auto& [key, item] : json.items()) out[key] = tree(item, child_path(path, key));
  return out;
}

Freezer::Decision Freezer::condition(const std::string& text, const std::string& path) const {
  if (trim(text).empty()) return {};
  const auto parsed = parse_condition(text);
  if (!parsed) {
    report(path, parsed.error().message);
    return {};
  }
  if (names_status(*parsed) || !decides(*parsed)) return {text, {}};
  try {
    if (is_truthy(parsed->evaluate(scope_))) return {};
    return {{}, explain(parsed->source(), *parsed)};
  } catch (const Error& error) {
    report(path, error.message());
    return {};
  }
}

bool Freezer::decides(const Expression& expression) const {
  const auto names = expression.functions();
  if (std::ranges::find(names, "hashFiles") != names.end()) return false;
  return std::ranges::all_of(expression.references(),
                             [&](const Reference& reference) { return scope_.contexts.contains(reference.path[0]); });
}

std::string Freezer::explain(const std::string& text, const Expression& expression) const {
  std::vector<std::string> facts;
  for (const auto& reference : expression.references()) {
    const std::string name = join(reference.path, ".");
    const auto read = Expression::parse(name);
    if (!read || facts.size() == 3) continue;
    const Json value = read->evaluate(scope_);
    std::string fact =
        name + " is " +
        (value.is_string() ? "\"" + ellipsize(strip_control(value.get<std::string>()), 80) + "\"" : ellipsize(dump(value), 80));
    if (std::ranges::find(facts, fact) == facts.end()) facts.push_back(std::move(fact));
  }
  return "if: " + ellipsize(text, 200) + " is false" + (facts.empty() ? "" : ": " + join(facts, ", "));
}

void Freezer::report(const std::string& path, const std::string& message) const {
  problems_.push_back(problem_at(definition_, path, message));
}

}  // namespace fairlead::pipeline
