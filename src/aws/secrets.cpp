// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/secrets.hpp"

#include "aws/secret_reference.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {

SecretReference parse_secret_reference(const std::string& text) {
  SecretReference out;
  auto parts = split(text, ':');
  // arn:aws:secretsmanager:region:account:secret:name[:key[:stage[:version]]]; a plain name has the same three suffixes.
  const std::size_t own = parts.size() >= 7 && parts[0] == "arn" ? 7 : 1;
  out.id = join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(own)}, ":");
  parts.resize(std::max(parts.size(), own + 3));
  out.json_key = parts[own];
  out.stage = parts[own + 1];
  out.version = parts[own + 2];
  return out;
}

Awaitable<Secret> ssm_parameter(Aws& aws, Scope scope, std::string name) {
  Json params{{"Name", name}, {"WithDecryption", true}};
  const auto answer = co_await aws.call(std::move(scope), "ssm:GetParameter", std::move(params));
  co_return Secret(text_at(member(answer, "Parameter"), "Value"));
}

Awaitable<Secret> secret_value(Aws& aws, Scope scope, std::string reference) {
  const auto wanted = parse_secret_reference(reference);
  Json params{{"SecretId", wanted.id}};
  if (!wanted.stage.empty()) params["VersionStage"] = wanted.stage;
  if (!wanted.version.empty()) params["VersionId"] = wanted.version;
  const auto answer = co_await aws.call(std::move(scope), "secretsmanager:GetSecretValue", std::move(params));
  auto value = text_at(answer, "SecretString");
  if (!answer.contains("SecretString")) value = from_base64(text_at(answer, "SecretBinary")).value_or("");
  if (wanted.json_key.empty()) co_return Secret(std::move(value));
  const auto fields = Json::parse(value, nullptr, false);
  if (!fields.is_object() || !fields.contains(wanted.json_key))
    throw Error(ErrorKind::not_found, "secret " + wanted.id + " has no JSON key '" + wanted.json_key + "'",
                "the text after the name of a secret is a key in its JSON value");
  const auto& field = fields.at(wanted.json_key);
  co_return Secret(field.is_string() ? field.get<std::string>() : field.dump());
}

}  // namespace fairlead::aws
