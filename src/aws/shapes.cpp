// SPDX-License-Identifier: Apache-2.0
#include "aws/shapes.hpp"

#include <algorithm>
#include <map>

#include "aws/shape_texts.hpp"
#include "fairlead/base/error.hpp"

namespace fairlead::aws {
namespace {

/// Recursive descent over one text of our own table.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Shape whole() {
    Shape out = shape();
    if (at_ != text_.size()) fail();
    return out;
  }

 private:
  Shape shape() {
    using enum Shape::Kind;
    switch (peek()) {
      case '{': return structure_shape();
      case '[': return list_shape();
      case '<': return map_shape();
      case '#': return scalar(integer);
      case '.': return scalar(number);
      case '?': return scalar(boolean);
      case '@': return scalar(time);
      default: return {};
    }
  }

  Shape scalar(Shape::Kind kind) {
    ++at_;
    return {.kind = kind};
  }

  Shape list_shape() {
    expect('[');
    Shape out{.kind = Shape::Kind::list};
    if (accept('*')) out.kind = Shape::Kind::flat_list;
    out.element.push_back(shape());
    expect(']');
    return out;
  }

  Shape map_shape() {
    expect('<');
    Shape out{.kind = Shape::Kind::map};
    out.element.push_back(shape());
    expect('>');
    return out;
  }

  Shape structure_shape() {
    expect('{');
    Shape out{.kind = Shape::Kind::structure};
    if (accept('}')) return out;
    do {
      Shape::Field field{.name = word()};
      field.wire = accept('=') ? word() : field.name;
      if (accept(':')) field.shape = shape();
      out.fields.push_back(std::move(field));
    } while (accept(','));
    expect('}');
    return out;
  }

  std::string word() {
    const auto begin = at_;
    while (at_ < text_.size() && std::string_view("=:,}]>{[").find(text_[at_]) == std::string_view::npos) ++at_;
    if (begin == at_) fail();
    return std::string(text_.substr(begin, at_ - begin));
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::internal, "shape '" + std::string(text_) + "' is wrong at character " + std::to_string(at_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Texts are parsed when they are first needed.
const Shape& cached(std::map<std::string, Shape>& cache, const std::string& operation, std::string_view text) {
  const auto at = cache.find(operation);
  if (at != cache.end()) return at->second;
  return cache.emplace(operation, parse_shape(text.empty() ? "{}" : text)).first->second;
}

}  // namespace

const Shape::Field* Shape::field_of(std::string_view wire) const {
  const auto at = std::ranges::find(fields, wire, &Field::wire);
  return at == fields.end() ? nullptr : &*at;
}

Shape parse_shape(std::string_view text) { return Parser(text).whole(); }

const Shape& answer_shape(const std::string& operation) {
  static thread_local std::map<std::string, Shape> cache;
  return cached(cache, operation, answer_shape_text(operation));
}

const Shape& input_shape(const std::string& operation) {
  static thread_local std::map<std::string, Shape> cache;
  return cached(cache, operation, input_shape_text(operation));
}

}  // namespace fairlead::aws
