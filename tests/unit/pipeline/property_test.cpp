// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fairlead/base/files.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::pipeline {
namespace {

/// One to three random edits: a byte replaced, a piece removed, repeated, or moved.
std::string mutate(std::string text, std::mt19937& random) {
  static const std::string bytes = "{}[]:,-#'\"&*!|>%@$\n\t abc019.~\\\x01\xc3\xff";
  const auto pick = [&](std::size_t below) { return below == 0 ? 0 : random() % below; };
  for (std::size_t edits = 1 + pick(3); edits > 0; --edits) {
    const std::size_t at = pick(text.size());
    const std::size_t length = std::min(pick(40), text.size() - at);
    switch (pick(4)) {
      case 0: text[at] = bytes[pick(bytes.size())]; break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(pick(text.size()), text.substr(at, length)); break;
      default: text.insert(at, 1, bytes[pick(bytes.size())]);
    }
  }
  return text;
}

void check_problems(const Problems& problems, const std::string& text) {
  EXPECT_FALSE(problems.empty());
  const auto lines = std::ranges::count(text, '\n') + 1;
  for (const auto& problem : problems) {
    EXPECT_FALSE(problem.message.empty());
    EXPECT_LE(problem.line, lines + 1) << text;
    EXPECT_EQ(problem.line == 0, problem.column == 0);
  }
}

PlanContext context() {
  PlanContext out;
  out.git = {"0123456789abcdef0123456789abcdef01234567", "refs/heads/main", "main", "", "m", "a", "", {}};
  out.app = "shop";
  return out;
}

TEST(Property, AnyTextGivesADefinitionOrProblemsWithPlaces) {
  const std::string good = read_file(FIXTURES "/pipeline/good/language.yml");
  std::mt19937 random(20261120);
  int parsed_count = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string text = mutate(good, random);
    const auto parsed = parse_pipeline(text, "f");
    if (!parsed) {
      check_problems(parsed.error(), text);
      continue;
    }
    ++parsed_count;
    const auto plan = make_plan(*parsed, context());
    if (plan) EXPECT_EQ(to_json(plan_from_json(to_json(*plan))), to_json(*plan));
  }
  EXPECT_GT(parsed_count, 40);
}

TEST(Property, AnyServerTextGivesAConfigurationOrProblems) {
  const std::string good = read_file(FIXTURES "/server/good/language.yml");
  std::mt19937 random(7);
  for (int i = 0; i < 600; ++i) {
    const std::string text = mutate(good, random);
    const auto parsed = parse_server(text, "f");
    if (!parsed) check_problems(parsed.error(), text);
  }
}

/// Random expressions of the grammar: evaluation ends, and gives the same again.
std::string random_expression(std::mt19937& random, int depth) {
  static const std::vector<std::string> leaves = {
      "1", "'a'", "true", "null", "git.branch", "inputs.n", "matrix.os", "steps.x.outputs.y", "run.number", "-2.5"};
  if (depth == 0) return leaves[random() % leaves.size()];
  const auto inner = [&] { return random_expression(random, depth - 1); };
  switch (random() % 8) {
    case 0: return "!" + inner();
    case 1: return "(" + inner() + " && " + inner() + ")";
    case 2: return "(" + inner() + " || " + inner() + ")";
    case 3: return "(" + inner() + " == " + inner() + ")";
    case 4: return "(" + inner() + " < " + inner() + ")";
    case 5: return "format('{0}-{1}', " + inner() + ", " + inner() + ")";
    case 6: return "contains(" + inner() + ", " + inner() + ")";
    default: return "toJSON(" + inner() + ")";
  }
}

TEST(Property, EveryExpressionOfTheGrammarIsTotal) {
  Scope scope;
  scope.contexts = Json::parse(
      R"({"git": {"branch": "main"}, "inputs": {"n": 3}, "matrix": {"os": ["a", "b"]}, "steps": {"x": {"outputs": {}}}, "run": {"number": 7}})");
  std::mt19937 random(1);
  const auto outcome = [&](const Expression& expression) -> std::string {
    try {
      return to_text(expression.evaluate(scope));
    } catch (const std::exception& error) {
      return error.what();
    }
  };
  for (int i = 0; i < 5000; ++i) {
    const std::string source = random_expression(random, 1 + static_cast<int>(random() % 5));
    const auto expression = Expression::parse(source);
    ASSERT_TRUE(expression) << source;
    EXPECT_EQ(outcome(*expression), outcome(*expression)) << source;
  }
}

}  // namespace
}  // namespace fairlead::pipeline
