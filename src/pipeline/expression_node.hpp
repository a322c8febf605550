// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/expression.hpp"

namespace fairlead::pipeline::detail {

enum class NodeKind { literal, context, member, index, call, negation, binary };
enum class Operator { equal, unequal, less, less_equal, greater, greater_equal, both, any };

struct Node {
  NodeKind kind = NodeKind::literal;
  std::size_t offset = 0;
  Json literal;
  std::string name;  ///< of the context, member or function
  Operator op = Operator::equal;
  std::vector<std::shared_ptr<const Node>> children;
};
using NodePtr = std::shared_ptr<const Node>;

struct Function {
  std::string_view name;
  std::size_t min_arguments;
  std::size_t max_arguments;
  bool is_status = false;
};
const std::vector<Function>& functions();
const std::vector<std::string>& contexts();

/// Throws ExpressionError.
NodePtr parse_expression(std::string_view source);

/// "jobs.image.outputs.uri" as parts when the node is nothing but such a path; empty otherwise.
std::vector<std::string> path_of(const Node&);

Json evaluate(const Node&, const Scope&);

}  // namespace fairlead::pipeline::detail
