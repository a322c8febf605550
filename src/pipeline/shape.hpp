// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json_fwd.hpp"
#include "fairlead/pipeline/problem.hpp"
#include "fairlead/pipeline/value.hpp"

namespace fairlead::pipeline {

struct Shape;
struct Field;

enum class Type { text, number, boolean, duration, choice, list, dictionary, object, any, either };

/// Whether `${{ }}` may stand in a text.
enum class Expressions {
  no,
  yes,        ///< anywhere in it
  condition,  ///< the whole text is one, with or without ${{ }}
  script      ///< never, and the message shows how to pass the value as an environment variable
};

/// Checks a scalar's text; the problem in words ("must be …"), or empty.
using Check1 = std::string (*)(std::string_view);

/// What a value of a file must look like. The tables in table_*.cpp are made of these; validation, the JSON Schemas and
/// the list of actions all read them. Plain values, built once.
struct Shape {
  Type type = Type::any;
  Expressions expressions = Expressions::no;
  bool secret = false;               ///< `${{ secrets.NAME }}` may be the whole value
  bool single = false;               ///< list: one scalar stands for a list of one
  bool nothing = false;              ///< null (a key without value) is fine
  std::string title;                 ///< name of the definition in the JSON Schema; empty: written in place
  std::string example;               ///< for messages: "such as 10m"
  std::vector<std::string> choices;
  std::optional<long long> min;
  std::optional<long long> max;
  Check1 check = nullptr;
  Check1 key_check = nullptr;                  ///< dictionary
  std::shared_ptr<const Shape> element;        ///< list, dictionary
  std::vector<Field> fields;                   ///< object
  std::vector<Shape> alternatives;             ///< either: one per kind of value
  std::vector<std::string> exactly_one;        ///< object: keys of which one is needed
  std::map<std::string, std::string> hints;    ///< object: words of other systems → what to write
  std::string main_field;                      ///< object: a scalar stands for this field

  const Field* field(std::string_view key) const;

  // Changes on the way through a table.
  Shape with_expressions() const;
  Shape or_nothing() const;
};

struct Field {
  std::string key;
  Shape shape;
  std::string description;
  bool required = false;
  std::string fallback;  ///< as written in a file; empty: none

  Field must() const;
  Field otherwise(std::string value) const;
};

Shape text(Expressions = Expressions::no);
Shape checked(Check1, std::string example, Expressions = Expressions::no);
Shape condition();
Shape number(long long min, long long max);
Shape boolean();
Shape duration();
Shape choice(std::vector<std::string>);
Shape list_of(Shape element);
/// One text or a list of them.
Shape texts(Shape element);
Shape map_of(Shape element, Check1 key_check = nullptr);
Shape object(std::string title, std::vector<Field>);
Shape anything();
Shape either(std::vector<Shape>);

/// The alternative of an `either` whose kind (not content) the value has; nullptr when none.
const Shape* matching(const Value&, const Shape&);

/// "text", "list of text", "one of rolling, canary", …
std::string type_name(const Shape&);

/// Adds everything that does not fit to `problems`, with its path.
void validate(const Value&, const Shape&, const std::string& path, const std::string& file, Problems& problems);

/// The value with the types of the shape: text stays as written (3.10), a single becomes a list, a main field an object.
Json normalise(const Value&, const Shape&);

Json json_schema(const Shape&, const std::string& title, const std::string& id);

bool has_expression(std::string_view text);
/// What to do instead of `${{ git.message }}` in a script.
std::string script_fix(std::string_view script);

const Shape& pipeline_shape();
const Shape& server_shape();
/// The shape of one action's inputs; nullptr when there is none.
const Shape* action_shape(std::string_view name);

}  // namespace fairlead::pipeline
