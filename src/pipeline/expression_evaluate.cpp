// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "pipeline/expression_node.hpp"

namespace fairlead::pipeline {
namespace detail {
namespace {

/// Nested format() or toJSON() would double a text each time.
constexpr std::size_t max_text = 1u << 20;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::invalid, message); }

std::string bounded(std::string text) {
  if (text.size() > max_text) fail("the text becomes longer than 1 MiB");
  return text;
}

std::string_view type_of(const Json& value) {
  if (value.is_null()) return "nothing";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "text";
  return value.is_array() ? "a list" : "a map";
}

const Json& null_value() {
  static const Json null;
  return null;
}

std::optional<double> as_number(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

bool equal(const Json& left, const Json& right) {
  if (left.is_structured() || right.is_structured()) return left == right;
  if (left.type() == right.type() || (left.is_number() && right.is_number())) return left == right;
  return to_text(left) == to_text(right);
}

/// -1, 0, 1.
int order(const Json& left, const Json& right) {
  if (left.is_string() && right.is_string()) {
    const int result = left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
    return result < 0 ? -1 : result > 0 ? 1 : 0;
  }
  const auto a = as_number(left);
  const auto b = as_number(right);
  if (!a || !b)
    fail("order is only known between two numbers or two texts, not between " + std::string(type_of(left)) + " and " +
         std::string(type_of(right)));
  return *a < *b ? -1 : *a > *b ? 1 : 0;
}

bool compare(Operator op, const Json& left, const Json& right) {
  switch (op) {
    case Operator::equal: return equal(left, right);
    case Operator::unequal: return !equal(left, right);
    case Operator::less: return order(left, right) < 0;
    case Operator::less_equal: return order(left, right) <= 0;
    case Operator::greater: return order(left, right) > 0;
    default: return order(left, right) >= 0;
  }
}

const Json& select(const Json& value, const std::string& name) {
  if (!value.is_object()) return null_value();
  const auto found = value.find(name);
  return found == value.end() ? null_value() : *found;
}

/// What every run has must be there; what some bring (outputs, variables, values of a matrix) may be missing.
const Json& select_known(const std::string& context, const Json& value, const std::string& name) {
  const bool fixed = context == "git" || context == "run" || context == "inputs";
  if (fixed && value.is_object() && !value.contains(name)) fail(context + "." + name + " is not known");
  return select(value, name);
}

const Json& context_value(const Node& node, const Scope& scope) {
  if (node.name == "secrets") fail("a secret may only be the whole value of an env: or a secret field: \"${{ secrets.NAME }}\"");
  const auto found = scope.contexts.find(node.name);
  if (found == scope.contexts.end()) fail("\"" + node.name + "\" is not known here yet");
  return *found;
}

/// Data from outside must not turn into a reference to a secret or into another expression.
bool has_reserved(const Json& value) {
  if (value.is_object() && (value.contains("$expr") || value.contains("$secret"))) return true;
  return value.is_structured() && std::ranges::any_of(value, has_reserved);
}

class Functions {
 public:
  Functions(const Node& node, const Scope& scope) : node_(node), scope_(scope) {}

  Json call() {
    const std::string& name = node_.name;
    if (name == "success") return scope_.status == Status::success;
    if (name == "failure") return scope_.status == Status::failure;
    if (name == "canceled") return scope_.status == Status::canceled;
    if (name == "always") return true;
    if (name == "contains") return contains(argument(0), argument(1));
    if (name == "startsWith") return text(0).starts_with(text(1));
    if (name == "endsWith") return text(0).ends_with(text(1));
    if (name == "lower") return to_lower(text(0));
    if (name == "upper") return upper(text(0));
    if (name == "join") return join_list();
    if (name == "split") return split_text();
    if (name == "format") return format();
    if (name == "toJSON") return bounded(dump(argument(0)));
    if (name == "fromJSON") return from_json();
    return hash_files();
  }

 private:
  Json argument(std::size_t index) { return evaluate(*node_.children[index], scope_); }
  std::string text(std::size_t index) {
    const Json value = argument(index);
    if (value.is_structured()) fail(node_.name + "() takes text, not " + std::string(type_of(value)));
    return to_text(value);
  }

  static std::string upper(std::string text) {
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
  }

  static bool contains(const Json& where, const Json& what) {
    if (where.is_array()) return std::ranges::any_of(where, [&](const Json& item) { return equal(item, what); });
    if (where.is_object()) return where.contains(to_text(what));
    return to_text(where).contains(to_text(what));
  }

  Json join_list() {
    const Json list = argument(0);
    const std::string separator = node_.children.size() > 1 ? text(1) : ",";
    if (!list.is_array()) return to_text(list);
    std::string out;
    for (std::size_t i = 0; i < list.size(); ++i) out = bounded(std::move(out) + (i == 0 ? "" : separator) + to_text(list[i]));
    return out;
  }

  Json split_text() {
    const std::string all = text(0);
    const std::string separator = text(1);
    if (separator.empty()) fail("split() needs a separator");
    Json out = Json::array();
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = all.find(separator, begin)) != std::string::npos; begin = end + separator.size())
      out.push_back(all.substr(begin, end - begin));
    out.push_back(all.substr(begin));
    return out;
  }

  /// '{0}' is the first argument; '{{' and '}}' are braces.
  Json format() {
    const std::string pattern = text(0);
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if ((c == '{' || c == '}') && i + 1 < pattern.size() && pattern[i + 1] == c) {
        out += c;
        ++i;
      } else if (c == '{') {
        const auto end = pattern.find('}', i);
        const auto index = end == std::string::npos ? std::nullopt : parse_int(pattern.substr(i + 1, end - i - 1));
        if (!index || *index < 0 || static_cast<std::size_t>(*index) + 1 >= node_.children.size())
          fail("format() has no argument for \"" + ellipsize(pattern.substr(i), 20) + "\"");
        out = bounded(std::move(out) + to_text(argument(static_cast<std::size_t>(*index) + 1)));
        i = end;
      } else {
        out += c;
      }
    }
    return out;
  }

  Json from_json() {
    try {
      Json value = parse_json(text(0), 32);
      if (has_reserved(value)) fail("the keys $expr and $secret are reserved");
      return value;
    } catch (const Error& error) {
      throw error.within("fromJSON()");
    }
  }

  Json hash_files() {
    if (!scope_.hash_files) fail("hashFiles() needs the workspace, which does not exist here");
    std::vector<std::string> patterns;
    for (std::size_t i = 0; i < node_.children.size(); ++i) patterns.push_back(text(i));
    return scope_.hash_files(patterns);
  }

  const Node& node_;
  const Scope& scope_;
};

Json evaluate_index(const Node& node, const Scope& scope) {
  const Json key = evaluate(*node.children[1], scope);
  const Json base = evaluate(*node.children[0], scope);
  if (base.is_array() && key.is_number_integer()) {
    const auto index = key.get<std::int64_t>();
    return index >= 0 && static_cast<std::size_t>(index) < base.size() ? base[static_cast<std::size_t>(index)] : Json();
  }
  return select(base, to_text(key));
}

/// The value of a path, without copying what it passes through; nullptr when the node is another thing.
const Json* locate(const Node& node, const Scope& scope) {
  if (node.kind == NodeKind::context) return &context_value(node, scope);
  if (node.kind != NodeKind::member) return nullptr;
  const Node& base = *node.children[0];
  const Json* value = locate(base, scope);
  if (!value) return nullptr;
  return base.kind == NodeKind::context ? &select_known(base.name, *value, node.name) : &select(*value, node.name);
}

Json evaluate_binary(const Node& node, const Scope& scope) {
  Json left = evaluate(*node.children[0], scope);
  if (node.op == Operator::both) return is_truthy(left) ? evaluate(*node.children[1], scope) : left;
  if (node.op == Operator::any) return is_truthy(left) ? left : evaluate(*node.children[1], scope);
  return compare(node.op, left, evaluate(*node.children[1], scope));
}

}  // namespace

Json evaluate(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case NodeKind::literal: return node.literal;
    case NodeKind::context: return context_value(node, scope);
    case NodeKind::member: {
      if (const Json* value = locate(node, scope)) return *value;
      return select(evaluate(*node.children[0], scope), node.name);
    }
    case NodeKind::index: return evaluate_index(node, scope);
    case NodeKind::call: return Functions(node, scope).call();
    case NodeKind::negation: return !is_truthy(evaluate(*node.children[0], scope));
    case NodeKind::binary: return evaluate_binary(node, scope);
  }
  return nullptr;
}

}  // namespace detail

Json Expression::evaluate(const Scope& scope) const {
  try {
    return detail::evaluate(*root_, scope);
  } catch (const Error& error) {
    throw error.within("${{ " + ellipsize(source_, 200) + " }}");
  }
}

bool is_truthy(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return true;
}

std::string to_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::abs(number) < 1e15 && number == std::floor(number)) return std::to_string(static_cast<std::int64_t>(number));
  }
  return dump(value);
}

}  // namespace fairlead::pipeline
