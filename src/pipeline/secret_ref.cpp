// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "pipeline/checks.hpp"
#include "pipeline/server_file.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {

SecretRef secret_of(const Value* value) {
  if (!value || !value->is_scalar() || value->is_null()) return {};
  const std::string& text = value->text();
  if (text.starts_with("ssm:")) return {SecretRef::Kind::ssm, text.substr(4), {}};
  if (text.starts_with("secretsmanager:")) return {SecretRef::Kind::secretsmanager, text.substr(15), {}};
  if (!has_expression(text)) return {SecretRef::Kind::literal, {}, Secret(text)};
  const auto parsed = Template::parse(trim(text));
  const auto path = parsed && parsed->is_whole() ? parsed->parts()[0].expression->path() : std::vector<std::string>{};
  if (path.size() == 2 && path[0] == "secrets") return {SecretRef::Kind::secret, path[1], {}};
  if (path.size() == 2 && path[0] == "env") return {SecretRef::Kind::env, path[1], {}};
  return {};
}

std::string secret_problem(const std::string& text) {
  if (text.starts_with("ssm:") && text.size() == 4) return "name the parameter: ssm:/path";
  if (text.starts_with("secretsmanager:") && !check_arn(std::string_view(text).substr(15)).empty())
    return "name the secret by its ARN: secretsmanager:arn:…";
  if (!has_expression(text)) return text.empty() ? "must not be empty" : "";
  const auto parsed = Template::parse(trim(text));
  if (!parsed) return parsed.error().message;
  const auto path = parsed->is_whole() ? parsed->parts()[0].expression->path() : std::vector<std::string>{};
  if (path.size() == 2 && (path[0] == "secrets" || path[0] == "env")) return {};
  return "a secret is a literal, \"${{ secrets.NAME }}\", \"${{ env.NAME }}\", ssm:/path or secretsmanager:arn:…";
}

}  // namespace fairlead::pipeline
