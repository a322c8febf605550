// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json.hpp"

namespace fairlead::pipeline {

/// What success(), failure(), always(), canceled() answer: how the things before this one ended.
enum class Status { success, failure, canceled };

/// What an expression may see. A value, used only while `evaluate` runs.
struct Scope {
  /// Object with any of: git, run, app, environment, inputs, env, matrix, jobs, steps. A context that is absent is
  /// "not known yet": using it throws. jobs and steps: {"<id>": {"outputs": {…}, "result": "succeeded"}}.
  Json contexts = Json::object();
  Status status = Status::success;
  /// SHA-256 (hex) over the files of the workspace that match the patterns; empty text when none does. Absent: throws.
  std::function<std::string(const std::vector<std::string>& patterns)> hash_files;
};

struct ExpressionError {
  std::size_t offset = 0;  ///< byte within the text that was parsed
  std::string message;
  std::string nearest;
};

/// A dotted path that an expression reads: {"jobs", "image", "outputs", "uri"}.
struct Reference {
  std::vector<std::string> path;
  std::size_t offset = 0;
};

namespace detail {
struct Node;
}

/// The inside of one `${{ … }}`: typed, total, without side effects. Immutable, cheap to copy, any thread.
///
/// Values are those of JSON. Falsy: null, false, 0, ''. `&&` and `||` give one of their operands. `==` compares scalars
/// of different types by their text ("18" == 18); order needs two numbers or two texts. Text is compared exactly.
class Expression {
 public:
  static std::expected<Expression, ExpressionError> parse(std::string_view source);

  /// Throws Error(invalid) with the expression's text when a function gets what it cannot use or a reference is not
  /// known. An output that a known step did not write is null.
  Json evaluate(const Scope&) const;

  const std::string& source() const { return source_; }
  /// Everything it reads, by constant path as far as it is constant.
  std::vector<Reference> references() const;
  /// Names of the functions it calls.
  std::vector<std::string> functions() const;
  /// {"jobs", "image", "outputs", "uri"} when it is nothing but this path; empty otherwise.
  std::vector<std::string> path() const;

 private:
  std::string source_;
  std::shared_ptr<const detail::Node> root_;
};

/// A text with any number of `${{ … }}` in it. Immutable, any thread.
class Template {
 public:
  struct Part {
    std::size_t offset = 0;                ///< of the literal or of the expression's first byte, within the text
    std::string literal;                   ///< when there is no expression
    std::optional<Expression> expression;
  };

  static std::expected<Template, ExpressionError> parse(std::string_view text);

  /// No expression at all.
  bool is_plain() const;
  /// Exactly one expression and nothing else: its value keeps its type.
  bool is_whole() const;
  const std::vector<Part>& parts() const { return parts_; }

  /// The whole value, or text. `${{ secrets.NAME }}` as the whole text gives {"$secret": "NAME"}; anywhere else it throws.
  /// An output that was not written throws Error(invalid) here (in a condition it is just falsy).
  Json evaluate(const Scope&) const;

 private:
  std::vector<Part> parts_;
};

/// `if:` written with or without `${{ }}`.
std::expected<Expression, ExpressionError> parse_condition(std::string_view text);
/// Whether a step, job or stage with this `if:` runs now. Empty text is success(); a condition that names none of
/// success, failure, always, canceled also needs success(). Throws as Expression::evaluate.
bool holds(std::string_view condition, const Scope&);

/// Whether it calls success, failure, always or canceled.
bool names_status(const Expression&);

bool is_truthy(const Json&);
/// How a value is written into a text: null is "", true is "true", 3 is "3", lists and maps are JSON.
std::string to_text(const Json&);

// Values of a plan (RunPlan) are JSON in which two objects have a meaning of their own:
//   {"$expr": "text with ${{ … }}"}   must be evaluated by the engine when its contexts are known
//   {"$secret": "NAME"}               is replaced by the secret at the last moment, at the edge that needs it
// Text outside of them is final, whatever it looks like: a commit message with `${{` in it is never evaluated.

/// `value` with every {"$expr"} evaluated; {"$secret"} stays. Throws as Template::evaluate.
Json resolve(const Json& value, const Scope&);
/// Names of all secrets in a resolved value.
std::vector<std::string> secrets_in(const Json& value);
bool is_pending(const Json& value);

}  // namespace fairlead::pipeline
