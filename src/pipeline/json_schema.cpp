// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

constexpr const char* expression_pattern = R"(^[\s\S]*\$\{\{[\s\S]*$)";
constexpr const char* duration_pattern = "^([0-9]+(ms|s|m|h|d))+$";

/// Writes a shape as JSON Schema; titled objects become definitions that are referred to.
class Writer {
 public:
  Json write(const Shape& shape) {
    Json out = shape.title.empty() ? inner(shape) : reference(shape);
    if (!shape.main_field.empty()) out = any_of({out, write(shape.field(shape.main_field)->shape)});
    if (shape.nothing) out = any_of({out, {{"type", "null"}}});
    return out;
  }

  Json definitions() { return std::move(definitions_); }

 private:
  static Json any_of(std::vector<Json> alternatives) { return {{"anyOf", alternatives}}; }

  Json reference(const Shape& shape) {
    if (!definitions_.contains(shape.title)) {
      definitions_[shape.title] = Json::object();
      definitions_[shape.title] = inner(shape);
    }
    return {{"$ref", "#/$defs/" + shape.title}};
  }

  Json inner(const Shape& shape) {
    switch (shape.type) {
      case Type::text: return {{"type", {"string", "number", "boolean"}}};
      case Type::number:
        return or_expression({{"type", "integer"}, {"minimum", shape.min.value_or(0)}, {"maximum", shape.max.value_or(0)}}, shape);
      case Type::boolean: return or_expression({{"type", "boolean"}}, shape);
      case Type::duration: return or_expression({{"type", "string"}, {"pattern", duration_pattern}}, shape);
      case Type::choice: return or_expression({{"enum", shape.choices}}, shape);
      case Type::list: return list(shape);
      case Type::dictionary: return or_expression({{"type", "object"}, {"additionalProperties", write(*shape.element)}}, shape);
      case Type::object: return object(shape);
      case Type::any: return Json::object();
      case Type::either: {
        std::vector<Json> alternatives;
        for (const auto& each : shape.alternatives) alternatives.push_back(write(each));
        return any_of(std::move(alternatives));
      }
    }
    return Json::object();
  }

  static Json or_expression(Json schema, const Shape& shape) {
    if (shape.expressions != Expressions::yes) return schema;
    return any_of({std::move(schema), {{"type", "string"}, {"pattern", expression_pattern}}});
  }

  Json list(const Shape& shape) {
    Json item = write(*shape.element);
    Json out = {{"type", "array"}, {"items", item}};
    if (shape.single) return any_of({std::move(out), std::move(item)});
    return or_expression(std::move(out), shape);
  }

  Json object(const Shape& shape) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const auto& field : shape.fields) {
      Json property = write(field.shape);
      property["description"] = field.description + (field.fallback.empty() ? "" : " (default: " + field.fallback + ")");
      properties[field.key] = std::move(property);
      if (field.required) required.push_back(field.key);
    }
    Json out = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) out["required"] = std::move(required);
    Json choices = Json::array();
    for (const auto& key : shape.exactly_one) choices.push_back({{"required", {key}}});
    if (!choices.empty()) out["oneOf"] = std::move(choices);
    return out;
  }

  Json definitions_ = Json::object();
};

}  // namespace

Json json_schema(const Shape& shape, const std::string& title, const std::string& id) {
  Writer writer;
  Json body = writer.write(shape);
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", id}, {"title", title}};
  out.update(body);
  out["$defs"] = writer.definitions();
  return out;
}

Json pipeline_schema() { return json_schema(pipeline_shape(), "fairlead pipeline (.fairlead.yml)", "urn:fairlead:pipeline"); }

Json server_schema() { return json_schema(server_shape(), "fairlead server (fairlead.yml)", "urn:fairlead:server"); }

}  // namespace fairlead::pipeline
