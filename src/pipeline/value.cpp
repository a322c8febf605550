// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/value.hpp"

#include <algorithm>
#include <charconv>

#include "fairlead/base/json.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) { return std::ranges::find(words, text) != words.end(); }

bool all_digits(std::string_view text, int base) {
  return !text.empty() && std::ranges::all_of(text, [base](char c) {
    if (c >= '0' && c <= '9') return c - '0' < base;
    return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
  });
}

std::string_view skip_digits(std::string_view text) {
  const auto end = text.find_first_not_of("0123456789");
  return end == std::string_view::npos ? std::string_view{} : text.substr(end);
}

/// [0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)? or \.[0-9]+…
bool is_decimal(std::string_view text) {
  std::string_view rest = skip_digits(text);
  bool digits = rest.size() < text.size();
  if (rest.starts_with('.')) {
    const auto fraction = skip_digits(rest.substr(1));
    digits = digits || fraction.size() + 1 < rest.size();
    rest = fraction;
  }
  if (!digits) return false;
  if (rest.empty()) return true;
  if (rest[0] != 'e' && rest[0] != 'E') return false;
  rest.remove_prefix(1);
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  return all_digits(rest, 10);
}

/// YAML 1.2.2 §10.3.2.
bool is_number(std::string_view text) {
  if (text.starts_with("0o")) return all_digits(text.substr(2), 8);
  if (text.starts_with("0x")) return all_digits(text.substr(2), 16);
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (one_of(text, {".inf", ".Inf", ".INF"})) return true;
  return is_decimal(text);
}

Value::Kind resolve_plain(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return Value::Kind::null;
  if (one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return Value::Kind::boolean;
  return is_number(text) ? Value::Kind::number : Value::Kind::string;
}

/// The number, when writing it gives the same text again.
std::optional<Json> exact_number(const std::string& text) {
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (auto [rest, error] = std::from_chars(text.data(), end, integer); error == std::errc() && rest == end) {
    if (std::to_string(integer) == text) return Json(integer);
    return std::nullopt;
  }
  double real = 0;
  if (auto [rest, error] = std::from_chars(text.data(), end, real); error == std::errc() && rest == end) {
    Json number(real);
    if (number.dump() == text) return number;
  }
  return std::nullopt;
}

}  // namespace

Value Value::scalar(std::string text, bool quoted, Mark mark) {
  Value value;
  value.kind_ = quoted ? Kind::string : resolve_plain(text);
  value.quoted_ = quoted;
  value.mark_ = mark;
  if (value.kind_ != Kind::null) value.text_ = std::move(text);
  return value;
}

Value Value::list(std::vector<Value> items, Mark mark) {
  Value value;
  value.kind_ = Kind::list;
  value.mark_ = mark;
  value.items_ = std::move(items);
  return value;
}

Value Value::map(std::vector<Member> members, Mark mark) {
  Value value;
  value.kind_ = Kind::map;
  value.mark_ = mark;
  value.members_ = std::move(members);
  return value;
}

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::find(members_, key, &Member::key);
  return found == members_.end() ? nullptr : &found->value;
}

Json Value::to_json() const {
  switch (kind_) {
    case Kind::null: return nullptr;
    case Kind::boolean: return text_[0] == 't' || text_[0] == 'T';
    case Kind::number: return exact_number(text_).value_or(Json(text_));
    case Kind::string: return text_;
    case Kind::list: {
      Json out = Json::array();
      for (const auto& item : items_) out.push_back(item.to_json());
      return out;
    }
    case Kind::map: {
      Json out = Json::object();
      for (const auto& member : members_) out[member.key] = member.value.to_json();
      return out;
    }
  }
  return nullptr;
}

namespace {

bool leads_to(std::string_view path, std::string_view part) {
  return path.starts_with(part) && (path.size() == part.size() || path[part.size()] == '.' || path[part.size()] == '[');
}

Mark place_below(const Value& value, const std::string& part, Mark own, std::string_view path) {
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    const auto& item = value.items()[i];
    if (const auto longer = child_path(part, i); leads_to(path, longer)) return place_below(item, longer, item.mark(), path);
  }
  for (const auto& [key, mark, inner] : value.members())
    if (const auto longer = child_path(part, key); leads_to(path, longer))
      return place_below(inner, longer, inner.is_scalar() ? inner.mark() : mark, path);
  return own;
}

}  // namespace

Mark place_of(const Value& root, std::string_view path) { return place_below(root, "", root.mark(), path); }

}  // namespace fairlead::pipeline
