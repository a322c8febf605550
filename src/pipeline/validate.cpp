// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"
#include "pipeline/path.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

std::string expected(const Shape& shape);

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

std::string expected_range(const Shape& shape) {
  return "a whole number from " + std::to_string(shape.min.value_or(0)) + " to " + std::to_string(shape.max.value_or(0));
}

std::string expected(const Shape& shape) {
  switch (shape.type) {
    case Type::text: return "text";
    case Type::number: return expected_range(shape);
    case Type::boolean: return "true or false";
    case Type::duration: return "a duration such as 90s, 10m, 4h or 2d";
    case Type::choice: return quoted_list(shape.choices);
    case Type::list: return shape.single ? "text or a list of texts" : "a list";
    case Type::dictionary:
    case Type::object: return shape.main_field.empty() ? "a map" : "a map or a single value";
    case Type::any: return "a value";
    case Type::either: {
      std::vector<std::string> all;
      for (const auto& alternative : shape.alternatives) all.push_back(expected(alternative));
      return quoted_list(all);
    }
  }
  return "a value";
}

/// Walks a value along its shape. One object per file.
class Validator {
 public:
  Validator(const std::string& file, Problems& problems) : file_(file), problems_(problems) {}

  void visit(const Value& value, const Shape& shape, const std::string& path) {
    if (value.is_null() && shape.nothing) return;
    switch (shape.type) {
      case Type::list: return visit_list(value, shape, path);
      case Type::dictionary: return visit_dictionary(value, shape, path);
      case Type::object: return visit_object(value, shape, path);
      case Type::any: return visit_anything(value, shape, path);
      case Type::either: return visit_either(value, shape, path);
      default: return visit_scalar(value, shape, path);
    }
  }

 private:
  void report(Mark mark, const std::string& path, std::string message, std::string nearest_word = {}) {
    problems_.push_back({file_, mark.line, mark.column, path, std::move(message), std::move(nearest_word)});
  }

  void wrong_kind(const Value& value, const Shape& shape, const std::string& path) {
    report(value.mark(), path, "expected " + expected(shape) + ", found " + std::string(describe(value)));
  }

  void visit_scalar(const Value& value, const Shape& shape, const std::string& path) {
    if (!value.is_scalar() || value.is_null()) return wrong_kind(value, shape, path);
    if (shape.expressions == Expressions::script && has_expression(value.text()))
      return report(value.mark(), path,
                    "an expression may not stand in a script: text from commits and branches must not become shell. Instead " +
                        script_fix(value.text()));
    if (has_expression(value.text())) {
      if (shape.expressions == Expressions::no && !shape.secret) report(value.mark(), path, "expressions are not evaluated here");
      return;
    }
    if (shape.type == Type::text)
      check_text(value, shape, path);
    else
      check_typed(value, shape, path);
  }

  void check_text(const Value& value, const Shape& shape, const std::string& path) {
    if (!shape.check) return;
    if (std::string problem = shape.check(value.text()); !problem.empty())
      report(value.mark(), path, problem + (shape.example.empty() ? "" : ", such as " + shape.example));
  }

  void check_typed(const Value& value, const Shape& shape, const std::string& path) {
    const std::string& text = value.text();
    const std::string found = ", found \"" + ellipsize(text, 60) + "\"";
    if (shape.type == Type::boolean && value.kind() != Value::Kind::boolean) report(value.mark(), path, "expected true or false" + found);
    if (shape.type == Type::duration && !parse_duration(text)) report(value.mark(), path, "expected " + expected(shape) + found);
    if (shape.type == Type::choice && !is_one_of(text, shape.choices))
      report(value.mark(), path, "expected " + quoted_list(shape.choices) + found, nearest(text, shape.choices).value_or(""));
    if (shape.type == Type::number) {
      const auto number = parse_int(text);
      if (!number || *number < *shape.min || *number > *shape.max) report(value.mark(), path, "expected " + expected_range(shape) + found);
    }
  }

  void visit_list(const Value& value, const Shape& shape, const std::string& path) {
    if (value.is_scalar() && !value.is_null() && shape.single) return visit(value, *shape.element, path);
    if (!value.is_list()) {
      if (is_expression(value, shape)) return;
      return wrong_kind(value, shape, path);
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) visit(value.items()[i], *shape.element, child_path(path, i));
  }

  void visit_dictionary(const Value& value, const Shape& shape, const std::string& path) {
    if (is_expression(value, shape)) return;
    if (!value.is_map()) return wrong_kind(value, shape, path);
    for (const auto& member : value.members()) {
      const std::string inner = child_path(path, member.key);
      if (std::string problem = shape.key_check ? shape.key_check(member.key) : ""; !problem.empty())
        report(member.mark, inner, "this name " + problem);
      check_reserved(member, inner);
      visit(member.value, *shape.element, inner);
    }
  }

  void visit_object(const Value& value, const Shape& shape, const std::string& path) {
    if (!shape.main_field.empty() && !value.is_map() && !value.is_null()) return visit(value, shape.field(shape.main_field)->shape, path);
    if (!value.is_map()) return wrong_kind(value, shape, path);
    for (const auto& member : value.members()) {
      const std::string inner = child_path(path, member.key);
      if (const Field* field = shape.field(member.key))
        visit(member.value, field->shape, inner);
      else
        unknown_key(member, shape, inner);
    }
    for (const auto& field : shape.fields)
      if (field.required && !value.find(field.key) && !is_misspelled(field.key, value, shape))
        report(value.mark(), path, "\"" + field.key + "\" is missing: " + field.description);
    check_exactly_one(value, shape, path);
  }

  static std::vector<std::string> keys_of(const Shape& shape) {
    std::vector<std::string> keys;
    for (const auto& field : shape.fields) keys.push_back(field.key);
    return keys;
  }

  /// Whether an unknown key was probably meant to be this one: then it is not missing as well.
  static bool is_misspelled(const std::string& key, const Value& value, const Shape& shape) {
    const auto keys = keys_of(shape);
    return std::ranges::any_of(value.members(),
                               [&](const Member& member) { return !shape.field(member.key) && nearest(member.key, keys) == key; });
  }

  void unknown_key(const Member& member, const Shape& shape, const std::string& path) {
    if (const auto hint = shape.hints.find(member.key); hint != shape.hints.end())
      return report(member.mark, path, "unknown key; " + hint->second);
    const auto keys = keys_of(shape);
    const auto near = nearest(member.key, keys);
    report(member.mark, path, near || keys.size() > 20 ? "unknown key" : "unknown key; known are " + join(keys, ", "), near.value_or(""));
  }

  void check_exactly_one(const Value& value, const Shape& shape, const std::string& path) {
    if (shape.exactly_one.empty()) return;
    std::vector<const Member*> present;
    for (const auto& member : value.members())
      if (is_one_of(member.key, shape.exactly_one)) present.push_back(&member);
    if (present.size() == 1) return;
    const bool other_problem = std::ranges::any_of(value.members(), [&](const Member& member) { return !shape.field(member.key); });
    if (present.empty() && !other_problem) report(value.mark(), path, "needs one of " + join(shape.exactly_one, ", "));
    if (present.size() > 1)
      report(present[1]->mark, child_path(path, present[1]->key),
             "only one of these may be given, and \"" + present[0]->key + "\" is here already");
  }

  void visit_anything(const Value& value, const Shape& shape, const std::string& path) {
    if (value.is_scalar()) {
      if (has_expression(value.text()) && shape.expressions == Expressions::no)
        report(value.mark(), path, "expressions are not evaluated here");
      return;
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) visit_anything(value.items()[i], shape, child_path(path, i));
    for (const auto& member : value.members()) {
      check_reserved(member, child_path(path, member.key));
      visit_anything(member.value, shape, child_path(path, member.key));
    }
  }

  void visit_either(const Value& value, const Shape& shape, const std::string& path) {
    if (const Shape* alternative = matching(value, shape)) return visit(value, *alternative, path);
    wrong_kind(value, shape, path);
  }

  void check_reserved(const Member& member, const std::string& path) {
    if (member.key == "$expr" || member.key == "$secret") report(member.mark, path, "this name is reserved");
  }

  static bool is_expression(const Value& value, const Shape& shape) {
    return value.is_scalar() && shape.expressions == Expressions::yes && has_expression(value.text());
  }

  const std::string& file_;
  Problems& problems_;
};

}  // namespace

bool has_expression(std::string_view text) { return text.find("${{") != std::string_view::npos; }

namespace {
constexpr const char* word_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
}

std::string script_fix(std::string_view script) {
  const auto begin = script.find("${{");
  const auto end = script.find("}}", begin);
  const std::string inside(trim(script.substr(begin + 3, end == std::string_view::npos ? end : end - begin - 3)));
  const auto last = inside.find_last_of(word_characters);
  const auto before = last == std::string::npos ? last : inside.find_last_not_of(word_characters, last);
  std::string name;
  for (const char c : last == std::string::npos ? "" : inside.substr(before + 1, last - before))
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) || name.size() > 40) name = "VALUE";
  return "write env: { " + name + ": \"${{ " + inside + " }}\" } and use \"$" + name + "\" in the script";
}

void validate(const Value& value, const Shape& shape, const std::string& path, const std::string& file, Problems& problems) {
  Validator(file, problems).visit(value, shape, path);
}

Json normalise(const Value& value, const Shape& shape) {
  if (value.is_null()) return nullptr;
  switch (shape.type) {
    case Type::list: {
      Json out = Json::array();
      if (value.is_scalar() && !shape.single) return value.text();
      if (value.is_scalar()) out.push_back(normalise(value, *shape.element));
      for (const auto& item : value.items()) out.push_back(normalise(item, *shape.element));
      return out;
    }
    case Type::dictionary: {
      if (!value.is_map()) return value.text();
      Json out = Json::object();
      for (const auto& member : value.members()) out[member.key] = normalise(member.value, *shape.element);
      return out;
    }
    case Type::object: {
      Json out = Json::object();
      if (!value.is_map() && !shape.main_field.empty()) out[shape.main_field] = normalise(value, shape.field(shape.main_field)->shape);
      for (const auto& member : value.members())
        if (const Field* field = shape.field(member.key)) out[member.key] = normalise(member.value, field->shape);
      return out;
    }
    case Type::either: {
      const Shape* alternative = matching(value, shape);
      return alternative ? normalise(value, *alternative) : value.to_json();
    }
    case Type::number:
    case Type::boolean: return value.to_json();
    case Type::any: return value.to_json();
    default: return value.text();
  }
}

}  // namespace fairlead::pipeline
