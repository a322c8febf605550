// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shape.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"

namespace fairlead::pipeline {

const Field* Shape::field(std::string_view key) const {
  const auto found = std::ranges::find(fields, key, &Field::key);
  return found == fields.end() ? nullptr : &*found;
}

Shape Shape::with_expressions() const {
  Shape out = *this;
  if (out.expressions == Expressions::no) out.expressions = Expressions::yes;
  if (element) out.element = std::make_shared<Shape>(element->with_expressions());
  for (auto& field : out.fields) field.shape = field.shape.with_expressions();
  for (auto& shape : out.alternatives) shape = shape.with_expressions();
  return out;
}

Shape Shape::or_nothing() const {
  Shape out = *this;
  out.nothing = true;
  return out;
}

Field Field::must() const {
  Field out = *this;
  out.required = true;
  return out;
}

Field Field::otherwise(std::string value) const {
  Field out = *this;
  out.fallback = std::move(value);
  return out;
}

Shape text(Expressions expressions) {
  Shape shape;
  shape.type = Type::text;
  shape.expressions = expressions;
  return shape;
}

Shape checked(Check1 check, std::string example, Expressions expressions) {
  Shape shape = text(expressions);
  shape.check = check;
  shape.example = std::move(example);
  return shape;
}

Shape condition() { return text(Expressions::condition); }

Shape number(long long min, long long max) {
  Shape shape;
  shape.type = Type::number;
  shape.min = min;
  shape.max = max;
  return shape;
}

Shape boolean() {
  Shape shape;
  shape.type = Type::boolean;
  return shape;
}

Shape duration() {
  Shape shape;
  shape.type = Type::duration;
  return shape;
}

Shape choice(std::vector<std::string> choices) {
  Shape shape;
  shape.type = Type::choice;
  shape.choices = std::move(choices);
  return shape;
}

Shape list_of(Shape element) {
  Shape shape;
  shape.type = Type::list;
  shape.element = std::make_shared<Shape>(std::move(element));
  return shape;
}

Shape texts(Shape element) {
  Shape shape = list_of(std::move(element));
  shape.single = true;
  return shape;
}

Shape map_of(Shape element, Check1 key_check) {
  Shape shape;
  shape.type = Type::dictionary;
  shape.element = std::make_shared<Shape>(std::move(element));
  shape.key_check = key_check;
  return shape;
}

Shape object(std::string title, std::vector<Field> fields) {
  Shape shape;
  shape.type = Type::object;
  shape.title = std::move(title);
  shape.fields = std::move(fields);
  return shape;
}

Shape anything() { return {}; }

Shape either(std::vector<Shape> alternatives) {
  Shape shape;
  shape.type = Type::either;
  shape.alternatives = std::move(alternatives);
  return shape;
}

namespace {

bool has_kind_of(const Value& value, const Shape& shape) {
  if (value.is_null()) return shape.nothing;
  switch (shape.type) {
    case Type::list: return value.is_list() || (shape.single && value.is_scalar());
    case Type::dictionary:
    case Type::object: return value.is_map();
    case Type::any: return true;
    case Type::boolean: return value.kind() == Value::Kind::boolean;
    case Type::number: return value.kind() == Value::Kind::number;
    default: return value.is_scalar();
  }
}

}  // namespace

const Shape* matching(const Value& value, const Shape& shape) {
  const auto found = std::ranges::find_if(shape.alternatives, [&](const Shape& each) { return has_kind_of(value, each); });
  return found == shape.alternatives.end() ? nullptr : &*found;
}

std::string type_name(const Shape& shape) {
  switch (shape.type) {
    case Type::text: return "text";
    case Type::number: return "number";
    case Type::boolean: return "true or false";
    case Type::duration: return "duration";
    case Type::choice: return "one of " + join(shape.choices, ", ");
    case Type::list: return "list of " + type_name(*shape.element);
    case Type::dictionary: return "map of " + type_name(*shape.element);
    case Type::object: return "map";
    case Type::any: return "anything";
    case Type::either: {
      std::vector<std::string> names;
      for (const auto& alternative : shape.alternatives) names.push_back(type_name(alternative));
      return join(names, " or ");
    }
  }
  return "anything";
}

}  // namespace fairlead::pipeline
