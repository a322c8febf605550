// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/expression.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/error.hpp"

namespace fairlead::pipeline {
namespace {

Scope sample() {
  Scope scope;
  scope.contexts = Json::parse(R"({
    "git": {"branch": "release/1.2", "sha": "0123456789abcdef", "pull_request": null, "message": "Say ${{ secrets.X }}"},
    "run": {"number": 42},
    "app": "shop-api",
    "inputs": {"size": "small", "count": 3, "dry-run": false},
    "env": {"HOME": "/root"},
    "matrix": {"node": 18, "os": ["linux", "mac"]},
    "jobs": {"image": {"outputs": {"uri": "shop@sha256:1"}, "result": "succeeded"}},
    "steps": {"unit": {"outputs": {}}}
  })");
  scope.hash_files = [](const std::vector<std::string>& patterns) { return "hash:" + std::to_string(patterns.size()); };
  return scope;
}

Json value_of(std::string_view source) {
  const auto expression = Expression::parse(source);
  if (!expression) return "parse error: " + expression.error().message;
  try {
    return expression->evaluate(sample());
  } catch (const Error& error) {
    return "error: " + error.message();
  }
}

std::string error_of(std::string_view source) {
  const auto expression = Expression::parse(source);
  if (expression) return "";
  const auto& error = expression.error();
  return std::to_string(error.offset) + ": " + error.message + (error.nearest.empty() ? "" : " (" + error.nearest + "?)");
}

TEST(Expression, ReadsLiterals) {
  EXPECT_EQ(value_of("'it''s'"), "it's");
  EXPECT_EQ(value_of("-12"), -12);
  EXPECT_EQ(value_of("1.5"), 1.5);
  EXPECT_EQ(value_of(" true "), true);
  EXPECT_EQ(value_of("null"), Json());
}

TEST(Expression, ReachesIntoContexts) {
  EXPECT_EQ(value_of("git.branch"), "release/1.2");
  EXPECT_EQ(value_of("inputs['dry-run']"), false);
  EXPECT_EQ(value_of("inputs.dry-run"), false);
  EXPECT_EQ(value_of("matrix.os[1]"), "mac");
  EXPECT_EQ(value_of("matrix.os[2]"), Json());
  EXPECT_EQ(value_of("jobs.image.outputs.uri"), "shop@sha256:1");
  EXPECT_EQ(value_of("steps.unit.outputs.none"), Json());
  EXPECT_EQ(value_of("git.pull_request.number"), Json());
  EXPECT_EQ(value_of("app"), "shop-api");
}

TEST(Expression, ComparesAcrossTypesByText) {
  EXPECT_EQ(value_of("matrix.node == '18'"), true);
  EXPECT_EQ(value_of("18 == 18.0"), true);
  EXPECT_EQ(value_of("'a' == 'A'"), false);
  EXPECT_EQ(value_of("null == ''"), true);
  EXPECT_EQ(value_of("true == 'true'"), true);
  EXPECT_EQ(value_of("matrix.os == 'linux'"), false);
  EXPECT_EQ(value_of("1 != 2"), true);
}

TEST(Expression, OrdersNumbersAndTexts) {
  EXPECT_EQ(value_of("inputs.count >= 3 && inputs.count < 4"), true);
  EXPECT_EQ(value_of("'10' > 9"), true);
  EXPECT_EQ(value_of("'a' < 'b'"), true);
  EXPECT_EQ(value_of("true < 2"),
            "error: ${{ true < 2 }}: order is only known between two numbers or two texts, not between true or false and a number");
}

TEST(Expression, GivesOperandsOfAndAndOr) {
  EXPECT_EQ(value_of("inputs.size == 'small' && 1 || 2"), 1);
  EXPECT_EQ(value_of("steps.unit.outputs.x || 'none'"), "none");
  EXPECT_EQ(value_of("!inputs.dry-run && !!1"), true);
  EXPECT_EQ(value_of("(1 == 2 || 2 == 2) && true"), true);
  EXPECT_EQ(value_of("1 == 1 == true"), true);
}

TEST(Expression, DoesNotEvaluateWhatTheLeftSideDecides) { EXPECT_EQ(value_of("false && fromJSON('{')"), false); }

TEST(Expression, HasTheFunctionsOfTheLanguage) {
  EXPECT_EQ(value_of("contains(matrix.os, 'linux')"), true);
  EXPECT_EQ(value_of("contains('abc', 'bc')"), true);
  EXPECT_EQ(value_of("startsWith(git.branch, 'release/')"), true);
  EXPECT_EQ(value_of("endsWith(git.branch, '.3')"), false);
  EXPECT_EQ(value_of("format('{1}-{0} {{}}', 'a', 2)"), "2-a {}");
  EXPECT_EQ(value_of("join(matrix.os, ' or ')"), "linux or mac");
  EXPECT_EQ(value_of("split('a,b,', ',')"), Json::parse(R"(["a", "b", ""])"));
  EXPECT_EQ(value_of("lower('ÀbC') == 'Àbc'"), true);
  EXPECT_EQ(value_of("upper('abc')"), "ABC");
  EXPECT_EQ(value_of("toJSON(matrix)"), R"({"node":18,"os":["linux","mac"]})");
  EXPECT_EQ(value_of("fromJSON('[1, {\"a\": 2}]')[1].a"), 2);
  EXPECT_EQ(value_of("hashFiles('a', 'b')"), "hash:2");
  EXPECT_EQ(value_of("success() && !failure() && always() && !canceled()"), true);
}

TEST(Expression, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of(""), "0: the expression is empty");
  EXPECT_EQ(error_of("git.branch = 'x'"), "11: compare with ==");
  EXPECT_EQ(error_of("git.branch == \"x\""), "14: text is written in single quotes here: 'text'");
  EXPECT_EQ(error_of("git.branch == 'x"), "14: this text is never closed with '");
  EXPECT_EQ(error_of("contian(a, b)"),
            "0: there is no function \"contian\"; there are contains, startsWith, endsWith, format, join, split, lower, upper, toJSON, "
            "fromJSON, hashFiles, success, "
            "failure, always, canceled (contains?)");
  EXPECT_EQ(error_of("gti.branch"),
            "0: \"gti\" is not known; there are git, run, app, environment, inputs, env, secrets, matrix, jobs, steps (text is written in "
            "single quotes) (git?)");
  EXPECT_EQ(error_of("github.sha"), "0: \"github\" is not known here; the commit is in git, the run in run");
  EXPECT_EQ(error_of("success"), "0: success is a function: write success(…)");
  EXPECT_EQ(error_of("contains('a')"), "0: contains() takes 2 arguments, this has 1");
  EXPECT_EQ(error_of("(1"), "2: \")\" is missing at the end");
  EXPECT_EQ(error_of("1 +"), "2: \"+\" is not expected here");
  EXPECT_EQ(error_of("git."), "4: a name is missing after \".\"");
  EXPECT_EQ(error_of("18x"), "2: a number ends here; text is written in single quotes");
}

TEST(Expression, IsBounded) {
  EXPECT_EQ(error_of(std::string(5000, '1')), "0: an expression may have at most 4096 characters");
  EXPECT_EQ(error_of(std::string(100, '(')), "41: the expression is nested too deeply");
  EXPECT_EQ(error_of(std::string(100, '!')), "41: the expression is nested too deeply");
  std::string chain = "1";
  for (int i = 0; i < 600; ++i) chain += "&&1";
  EXPECT_NE(error_of(chain).find("too many parts"), std::string::npos);
  std::string bomb = "'0123456789'";
  for (int i = 0; i < 25; ++i) bomb = "format('{0}{0}', " + bomb + ")";
  EXPECT_NE(to_text(value_of(bomb)).find("longer than 1 MiB"), std::string::npos);
}

TEST(Expression, RefusesReservedKeysFromOutside) {
  EXPECT_EQ(value_of("fromJSON('{\"a\": {\"$secret\": \"PROD\"}}')"),
            "error: ${{ fromJSON('{\"a\": {\"$secret\": \"PROD\"}}') }}: fromJSON(): the keys $expr and $secret are reserved");
}

TEST(Expression, RefusesWhatIsNotKnown) {
  EXPECT_EQ(value_of("git.brnch"), "error: ${{ git.brnch }}: git.brnch is not known");
  EXPECT_EQ(value_of("environment"), "error: ${{ environment }}: \"environment\" is not known here yet");
  EXPECT_EQ(value_of("upper(secrets.X)"),
            "error: ${{ upper(secrets.X) }}: a secret may only be the whole value of an env: or a secret field: \"${{ secrets.NAME }}\"");
}

TEST(Expression, TellsWhatItReads) {
  const auto expression = Expression::parse("contains(git.branch, inputs['size']) && matrix[env.AXIS].x");
  ASSERT_TRUE(expression);
  std::vector<std::string> paths;
  for (const auto& reference : expression->references()) {
    std::string path;
    for (const auto& part : reference.path) path += (path.empty() ? "" : ".") + part;
    paths.push_back(path + "@" + std::to_string(reference.offset));
  }
  EXPECT_EQ(paths, (std::vector<std::string>{"git.branch@9", "inputs.size@21", "env.AXIS@47", "matrix@40"}));
}

Json template_value(std::string_view text) {
  const auto parsed = Template::parse(text);
  if (!parsed) return "parse error at " + std::to_string(parsed.error().offset) + ": " + parsed.error().message;
  try {
    return parsed->evaluate(sample());
  } catch (const Error& error) {
    return "error: " + error.message();
  }
}

TEST(Template, PutsValuesIntoText) {
  EXPECT_EQ(template_value("plain"), "plain");
  EXPECT_EQ(template_value("${{ app }}-${{ run.number }}!"), "shop-api-42!");
  EXPECT_EQ(template_value("a}}b ${{ '}}' }}"), "a}}b }}");
  EXPECT_EQ(template_value("x ${{ git.pull_request.number }} y"), "x  y");
}

TEST(Template, KeepsTheTypeOfAWholeValue) {
  EXPECT_EQ(template_value("${{ matrix.node }}"), 18);
  EXPECT_EQ(template_value("${{ matrix.os }}"), Json::parse(R"(["linux", "mac"])"));
}

TEST(Template, NeverEvaluatesWhatItPutIn) { EXPECT_EQ(template_value("${{ git.message }}"), "Say ${{ secrets.X }}"); }

TEST(Template, GivesAMarkerForASecret) {
  EXPECT_EQ(template_value("${{ secrets.TOKEN }}"), Json::parse(R"({"$secret": "TOKEN"})"));
  EXPECT_NE(to_text(template_value("Bearer ${{ secrets.TOKEN }}")).find("a secret may only be the whole value"), std::string::npos);
}

TEST(Template, RefusesAnOutputThatWasNotWritten) {
  EXPECT_EQ(template_value("${{ steps.unit.outputs.uri }}"), "error: ${{ steps.unit.outputs.uri }} is empty: this output was not written");
  EXPECT_EQ(template_value("${{ steps.unit.outputs.uri || 'x' }}"), "x");
}

TEST(Template, FindsTheEndOutsideOfQuotes) {
  EXPECT_EQ(template_value("${{ 'a }} b' }}"), "a }} b");
  EXPECT_EQ(template_value("a ${{ 1"), "parse error at 2: \"${{\" is never closed with \"}}\"");
  EXPECT_EQ(template_value("ab ${{ gti }}").get<std::string>().substr(0, 21), "parse error at 7: \"gt");
}

bool runs(std::string_view condition, Status status) {
  Scope scope = sample();
  scope.status = status;
  return holds(condition, scope);
}

TEST(Condition, MeansSuccessUnlessItNamesAStatus) {
  EXPECT_TRUE(runs("", Status::success));
  EXPECT_FALSE(runs("", Status::failure));
  EXPECT_TRUE(runs("run.number == 42", Status::success));
  EXPECT_FALSE(runs("run.number == 42", Status::failure));
  EXPECT_FALSE(runs("run.number == 42", Status::canceled));
  EXPECT_TRUE(runs("${{ failure() && run.number == 42 }}", Status::failure));
  EXPECT_TRUE(runs("always()", Status::canceled));
  EXPECT_FALSE(runs("failure()", Status::canceled));
  EXPECT_TRUE(runs("canceled()", Status::canceled));
}

TEST(Condition, IsWrittenWithOrWithoutBraces) {
  EXPECT_TRUE(parse_condition("true"));
  EXPECT_TRUE(parse_condition(" ${{ true }} "));
  const auto mixed = parse_condition("${{ true }} && false");
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message, "a condition is one expression: write everything inside one ${{ … }}");
}

TEST(Resolve, ReplacesExpressionsAndKeepsSecrets) {
  const Json value =
      Json::parse(R"({"a": {"$expr": "${{ app }}:1"}, "b": [{"$secret": "T"}, "${{ app }}"], "c": {"$expr": "${{ secrets.U }}"}})");
  EXPECT_TRUE(is_pending(value));
  const Json resolved = resolve(value, sample());
  EXPECT_EQ(resolved, Json::parse(R"({"a": "shop-api:1", "b": [{"$secret": "T"}, "${{ app }}"], "c": {"$secret": "U"}})"));
  EXPECT_FALSE(is_pending(resolved));
  EXPECT_EQ(secrets_in(resolved), (std::vector<std::string>{"T", "U"}));
}

TEST(Truth, IsThatOfTheFalsyValues) {
  for (const char* falsy : {"null", "false", "0", "0.0", "\"\""}) EXPECT_FALSE(is_truthy(Json::parse(falsy))) << falsy;
  for (const char* truthy : {"true", "1", "-1", "\"false\"", "[]", "{}"}) EXPECT_TRUE(is_truthy(Json::parse(truthy))) << truthy;
}

}  // namespace
}  // namespace fairlead::pipeline
