// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <charconv>

#include "fairlead/base/strings.hpp"
#include "pipeline/expression_node.hpp"

namespace fairlead::pipeline {
namespace detail {
namespace {

constexpr std::size_t max_length = 4096;
constexpr int max_depth = 40;
constexpr int max_nodes = 500;

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Recursive descent straight from the characters; the grammar is small enough to need no tokens.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  NodePtr parse() {
    if (text_.size() > max_length) fail(0, "an expression may have at most 4096 characters");
    if (trim(text_).empty()) fail(0, "the expression is empty");
    NodePtr node = binary(0);
    skip_space();
    if (pos_ < text_.size()) fail_here();
    return node;
  }

 private:
  struct Level {
    std::string_view symbol;
    Operator op;
    int level;
  };
  // Longer symbols first: "<=" is not "<".
  static constexpr Level levels[] = {{"||", Operator::any, 0},     {"&&", Operator::both, 1},       {"==", Operator::equal, 2},
                                     {"!=", Operator::unequal, 2}, {"<=", Operator::less_equal, 3}, {">=", Operator::greater_equal, 3},
                                     {"<", Operator::less, 3},     {">", Operator::greater, 3}};
  static constexpr int tightest = 3;

  [[noreturn]] static void fail(std::size_t offset, std::string message, std::string near = {}) {
    throw ExpressionError{offset, std::move(message), std::move(near)};
  }

  [[noreturn]] void fail_here() {
    if (pos_ >= text_.size()) fail(text_.size(), "the expression ends too early");
    const char c = text_[pos_];
    if (c == '"') fail(pos_, "text is written in single quotes here: 'text'");
    if (c == '=') fail(pos_, "compare with ==");
    if (c == '&') fail(pos_, "write && for \"and\"");
    if (c == '|') fail(pos_, "write || for \"or\"");
    fail(pos_, std::string("\"") + ellipsize(text_.substr(pos_, 20), 20) + "\" is not expected here");
  }

  void skip_space() {
    while (pos_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[pos_]))) ++pos_;
  }

  bool take(std::string_view symbol) {
    skip_space();
    if (!text_.substr(pos_).starts_with(symbol)) return false;
    pos_ += symbol.size();
    return true;
  }

  void need(std::string_view symbol) {
    if (!take(symbol)) {
      if (pos_ >= text_.size()) fail(text_.size(), "\"" + std::string(symbol) + "\" is missing at the end");
      fail_here();
    }
  }

  std::shared_ptr<Node> make(NodeKind kind, std::size_t offset) {
    if (++nodes_ > max_nodes) fail(offset, "the expression has too many parts");
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->offset = offset;
    return node;
  }

  const Level* take_operator(int level) {
    for (const auto& candidate : levels) {
      skip_space();
      if (!text_.substr(pos_).starts_with(candidate.symbol)) continue;
      if (candidate.level != level) return nullptr;
      pos_ += candidate.symbol.size();
      return &candidate;
    }
    return nullptr;
  }

  NodePtr binary(int level) {
    if (level > tightest) return unary();
    NodePtr left = binary(level + 1);
    while (const Level* found = take_operator(level)) {
      auto node = make(NodeKind::binary, left->offset);
      node->op = found->op;
      node->children = {left, binary(level + 1)};
      left = node;
    }
    return left;
  }

  NodePtr unary() {
    skip_space();
    if (pos_ < text_.size() && text_[pos_] == '!' && !text_.substr(pos_).starts_with("!=")) {
      auto node = make(NodeKind::negation, pos_++);
      enter();
      node->children = {unary()};
      --depth_;
      return node;
    }
    return postfix();
  }

  NodePtr postfix() {
    NodePtr node = primary();
    while (true) {
      if (take(".")) {
        skip_space();
        if (pos_ >= text_.size() || !is_name_start(text_[pos_])) fail(pos_, "a name is missing after \".\"");
        auto member = make(NodeKind::member, pos_);
        member->name = name();
        member->children = {node};
        node = member;
      } else if (take("[")) {
        auto index = make(NodeKind::index, pos_);
        enter();
        index->children = {node, binary(0)};
        --depth_;
        need("]");
        node = index;
      } else {
        return node;
      }
    }
  }

  NodePtr primary() {
    skip_space();
    if (pos_ >= text_.size()) fail_here();
    const char c = text_[pos_];
    if (c == '\'') return quoted();
    if (is_digit(c) || (c == '-' && pos_ + 1 < text_.size() && is_digit(text_[pos_ + 1]))) return number();
    if (is_name_start(c)) return named();
    if (!take("(")) fail_here();
    enter();
    NodePtr inner = binary(0);
    --depth_;
    need(")");
    return inner;
  }

  NodePtr quoted() {
    auto node = make(NodeKind::literal, pos_);
    std::string out;
    for (std::size_t i = pos_ + 1; i < text_.size(); ++i) {
      if (text_[i] != '\'') {
        out += text_[i];
      } else if (i + 1 < text_.size() && text_[i + 1] == '\'') {
        out += '\'';
        ++i;
      } else {
        pos_ = i + 1;
        node->literal = std::move(out);
        return node;
      }
    }
    fail(pos_, "this text is never closed with '");
  }

  NodePtr number() {
    auto node = make(NodeKind::literal, pos_);
    const char* begin = text_.data() + pos_;
    const char* end = text_.data() + text_.size();
    std::int64_t integer = 0;
    const auto whole = std::from_chars(begin, end, integer);
    double real = 0;
    const auto full = std::from_chars(begin, end, real);
    if (whole.ec == std::errc() && whole.ptr == full.ptr)
      node->literal = integer;
    else if (full.ec == std::errc())
      node->literal = real;
    else
      fail(pos_, "this number is too large");
    pos_ = static_cast<std::size_t>(full.ptr - text_.data());
    if (pos_ < text_.size() && is_name(text_[pos_])) fail(pos_, "a number ends here; text is written in single quotes");
    return node;
  }

  std::string name() {
    const std::size_t begin = pos_;
    while (pos_ < text_.size() && is_name(text_[pos_])) ++pos_;
    return std::string(text_.substr(begin, pos_ - begin));
  }

  NodePtr named() {
    const std::size_t begin = pos_;
    std::string word = name();
    if (take("(")) return call(std::move(word), begin);
    auto node = make(NodeKind::literal, begin);
    if (word == "true" || word == "false")
      node->literal = word == "true";
    else if (word != "null") {
      check_context(word, begin);
      node->kind = NodeKind::context;
      node->name = std::move(word);
    }
    return node;
  }

  static void check_context(const std::string& word, std::size_t offset) {
    if (std::ranges::find(contexts(), word) != contexts().end()) return;
    if (word == "github") fail(offset, "\"github\" is not known here; the commit is in git, the run in run");
    if (word == "needs") fail(offset, "\"needs\" is not known here; outputs of jobs are in jobs.<id>.outputs");
    std::vector<std::string> known = contexts();
    for (const auto& function : functions()) known.emplace_back(function.name);
    const bool is_function = std::ranges::any_of(functions(), [&](const Function& f) { return f.name == word; });
    if (is_function) fail(offset, word + " is a function: write " + word + "(…)");
    fail(offset, "\"" + word + "\" is not known; there are " + join(contexts(), ", ") + " (text is written in single quotes)",
         nearest(word, known).value_or(""));
  }

  NodePtr call(std::string word, std::size_t begin) {
    const auto found = std::ranges::find(functions(), word, &Function::name);
    if (found == functions().end()) {
      std::vector<std::string> names;
      for (const auto& function : functions()) names.emplace_back(function.name);
      fail(begin, "there is no function \"" + word + "\"; there are " + join(names, ", "), nearest(word, names).value_or(""));
    }
    auto node = make(NodeKind::call, begin);
    node->name = std::move(word);
    enter();
    if (!take(")")) {
      do node->children.push_back(binary(0));
      while (take(","));
      need(")");
    }
    --depth_;
    const std::size_t count = node->children.size();
    if (count < found->min_arguments || count > found->max_arguments)
      fail(begin, node->name + "() takes " + std::to_string(found->min_arguments) +
                      (found->max_arguments > found->min_arguments ? " to " + std::to_string(found->max_arguments) : "") +
                      " arguments, this has " + std::to_string(count));
    return node;
  }

  void enter() {
    if (++depth_ > max_depth) fail(pos_, "the expression is nested too deeply");
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  int nodes_ = 0;
};

void collect_references(const Node& node, std::vector<Reference>& out);

/// Follows a path down to its context; what is not constant in it is looked at for references of its own.
void collect_path(const Node& node, std::vector<std::string> tail, std::size_t offset, std::vector<Reference>& out) {
  if (node.kind == NodeKind::context) {
    tail.push_back(node.name);
    std::ranges::reverse(tail);
    out.push_back({std::move(tail), offset});
  } else if (node.kind == NodeKind::member) {
    tail.push_back(node.name);
    collect_path(*node.children[0], std::move(tail), offset, out);
  } else if (node.kind == NodeKind::index) {
    const Node& key = *node.children[1];
    collect_references(key, out);
    if (key.kind == NodeKind::literal && key.literal.is_string())
      tail.push_back(key.literal.get<std::string>());
    else
      tail.clear();
    collect_path(*node.children[0], std::move(tail), offset, out);
  } else {
    collect_references(node, out);
  }
}

std::size_t begin_of(const Node& node) {
  const bool path = node.kind == NodeKind::member || node.kind == NodeKind::index;
  return path ? begin_of(*node.children[0]) : node.offset;
}

void collect_references(const Node& node, std::vector<Reference>& out) {
  if (node.kind == NodeKind::context || node.kind == NodeKind::member || node.kind == NodeKind::index)
    return collect_path(node, {}, begin_of(node), out);
  for (const auto& child : node.children) collect_references(*child, out);
}

void collect_functions(const Node& node, std::vector<std::string>& out) {
  if (node.kind == NodeKind::call) out.push_back(node.name);
  for (const auto& child : node.children) collect_functions(*child, out);
}

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
      {"contains", 2, 2},   {"startsWith", 2, 2},    {"endsWith", 2, 2},      {"format", 1, 20},      {"join", 1, 2},
      {"split", 2, 2},      {"lower", 1, 1},         {"upper", 1, 1},         {"toJSON", 1, 1},       {"fromJSON", 1, 1},
      {"hashFiles", 1, 20}, {"success", 0, 0, true}, {"failure", 0, 0, true}, {"always", 0, 0, true}, {"canceled", 0, 0, true}};
  return all;
}

const std::vector<std::string>& contexts() {
  static const std::vector<std::string> all = {"git", "run", "app", "environment", "inputs", "env", "secrets", "matrix", "jobs", "steps"};
  return all;
}

NodePtr parse_expression(std::string_view source) { return Parser(source).parse(); }

std::vector<std::string> path_of(const Node& node) {
  if (node.kind == NodeKind::context) return {node.name};
  if (node.kind != NodeKind::member && node.kind != NodeKind::index) return {};
  auto path = path_of(*node.children[0]);
  if (path.empty()) return {};
  if (node.kind == NodeKind::member)
    path.push_back(node.name);
  else if (const Json& key = node.children[1]->literal; node.children[1]->kind == NodeKind::literal && key.is_string())
    path.push_back(key.get<std::string>());
  else
    return {};
  return path;
}

}  // namespace detail

std::expected<Expression, ExpressionError> Expression::parse(std::string_view source) {
  try {
    Expression out;
    out.root_ = detail::parse_expression(source);
    out.source_ = trim(source);
    return out;
  } catch (const ExpressionError& error) {
    return std::unexpected(error);
  }
}

std::vector<Reference> Expression::references() const {
  std::vector<Reference> out;
  detail::collect_references(*root_, out);
  return out;
}

std::vector<std::string> Expression::functions() const {
  std::vector<std::string> out;
  detail::collect_functions(*root_, out);
  return out;
}

std::vector<std::string> Expression::path() const { return detail::path_of(*root_); }

}  // namespace fairlead::pipeline
