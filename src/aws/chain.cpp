// SPDX-License-Identifier: Apache-2.0
#include "aws/chain.hpp"

#include <cctype>

#include "fairlead/aws/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

Error nothing_found(const std::string& profile) {
  return Error(ErrorKind::unauthorized,
               "no AWS credentials: looked at AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, profile " + profile +
                   " in ~/.aws, the container endpoint and the instance metadata",
               "give the server a role (ECS task role, instance profile), or set AWS_PROFILE or AWS_ACCESS_KEY_ID");
}

/// A refused AssumeRole is nearly always the trust policy, which the plain message does not say.
AwsError not_assumable(const AwsError& error, const Scope& scope, const std::string& base) {
  const auto external = scope.external_id.empty() ? std::string() : " with this external id";
  return AwsError(
      error.kind(), "role " + scope.role + " cannot be assumed by " + base + ": " + error.message(),
      "its trust policy must allow sts:AssumeRole for that identity" + external + (scope.tags.empty() ? "" : " and sts:TagSession"),
      error.facts());
}

}  // namespace

std::string session_name_of(const std::string& wanted) {
  std::string out;
  for (const char c : wanted.empty() ? std::string("fairlead") : wanted)
    out += std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_+=,.@-").find(c) != std::string_view::npos ? c : '-';
  out.resize(std::min<std::size_t>(out.size(), 64));
  while (out.size() < 2) out += '-';
  return out;
}

Json assume_role_params(const Scope& scope) {
  Json params{{"RoleArn", scope.role}, {"RoleSessionName", session_name_of(scope.session_name)}};
  if (!scope.external_id.empty()) params["ExternalId"] = scope.external_id;
  for (const auto& [key, value] : scope.tags) params["Tags"].push_back({{"Key", key}, {"Value", value}});
  return params;
}

/// Base credentials without a known end (keys in ~/.aws that a tool renews) may be old ones: a second try with what is there now.
Awaitable<Credentials> Chain::over_base(Scope scope) {
  Scope without = scope;
  without.role.clear();
  without.external_id.clear();
  without.session_name.clear();
  without.tags.clear();
  auto base = co_await needs_.base(without);
  std::optional<AwsError> failed;
  try {
    co_return co_await assume(scope, base);
  } catch (const AwsError& error) {
    if (error.failure() != Failure::credentials) throw;
    failed = error;
  }
  needs_.expired(without, base.access_key);
  const auto newer = co_await needs_.base(without);
  if (newer.access_key == base.access_key && newer.session_token.reveal() == base.session_token.reveal()) throw *failed;
  co_return co_await assume(scope, newer);
}

Awaitable<Credentials> Chain::fetch(Scope scope) {
  if (!scope.role.empty()) co_return co_await over_base(std::move(scope));
  if (scope.profile.empty()) co_return co_await default_chain(scope);
  const auto profile = ProfileFiles(needs_.env).find(scope.profile);
  if (!profile)
    throw Error(ErrorKind::unauthorized, "there is no AWS profile '" + scope.profile + "' in ~/.aws/config and ~/.aws/credentials",
                "run: aws configure --profile " + scope.profile);
  co_return co_await from_profile(scope, *profile, 0);
}

Awaitable<Credentials> Chain::assume(Scope scope, Credentials base) {
  const auto base_source = base.source;
  auto params = assume_role_params(scope);
  std::optional<AwsError> refused;
  Json answer;
  try {
    answer = co_await needs_.sts(scope, std::move(base), "sts:AssumeRole", std::move(params));
  } catch (const AwsError& error) {
    if (error.failure() != Failure::denied) throw;
    refused = not_assumable(error, scope, base_source);
  }
  if (refused) throw *refused;
  co_return sources::from_json(member(answer, "Credentials"), "role " + scope.role);
}

Awaitable<Credentials> Chain::web_identity(Scope scope, std::string role, std::string token_file, std::string session) {
  const auto token = std::string(trim(read_file(token_file, 1u << 20)));
  Json params{{"RoleArn", role}, {"RoleSessionName", session_name_of(session)}, {"WebIdentityToken", token}};
  const auto answer = co_await needs_.sts(scope, std::nullopt, "sts:AssumeRoleWithWebIdentity", std::move(params));
  co_return sources::from_json(member(answer, "Credentials"), "role " + role + " (web identity)");
}

Awaitable<Credentials> Chain::default_chain(Scope scope) {
  const auto& env = needs_.env;
  if (auto found = sources::from_environment(env)) co_return std::move(*found);
  if (const auto file = env_text(env, "AWS_WEB_IDENTITY_TOKEN_FILE"); !file.empty())
    co_return co_await web_identity(scope, env_text(env, "AWS_ROLE_ARN"), file, env_text(env, "AWS_ROLE_SESSION_NAME"));
  const auto name = default_profile(env);
  const auto profile = ProfileFiles(env).find(name);
  if (!profile && name != "default") throw Error(ErrorKind::unauthorized, "AWS_PROFILE names '" + name + "', which ~/.aws does not have");
  // A [default] section may hold nothing but a region.
  const bool usable = profile && (profile->has("aws_access_key_id") || profile->has("role_arn") || profile->has("sso_start_url") ||
                                  profile->has("sso_session") || profile->has("credential_process"));
  if (usable) co_return co_await from_profile(scope, *profile, 0);
  if (auto found = co_await sources::from_container(needs_.http, env)) co_return std::move(*found);
  if (auto found = co_await sources::from_instance(needs_.http, env)) co_return std::move(*found);
  throw nothing_found(name);
}

Awaitable<Credentials> Chain::from_profile(Scope scope, Profile profile, int depth) {
  if (depth > 5) throw Error(ErrorKind::invalid, "the source_profile of AWS profile " + profile.name + " leads in a circle");
  if (profile.has("role_arn")) co_return co_await profile_role(scope, profile, depth);
  if (auto found = sources::from_keys(profile)) co_return std::move(*found);
  if (profile.has("sso_start_url") || profile.has("sso_session"))
    co_return co_await sources::from_sso(needs_.http, needs_.env, profile, ProfileFiles(needs_.env).sso_session(profile.get("sso_session")),
                                         needs_.clock());
  if (profile.has("credential_process")) co_return co_await sources::from_process(needs_.env, profile);
  throw Error(ErrorKind::unauthorized, "AWS profile " + profile.name + " has no credentials",
              "it needs keys, role_arn with source_profile, SSO settings or credential_process");
}

Awaitable<Credentials> Chain::profile_role(Scope scope, Profile profile, int depth) {
  if (profile.has("mfa_serial"))
    throw Error(ErrorKind::unauthorized, "AWS profile " + profile.name + " asks for an MFA code, which a server cannot give",
                "use a role whose trust policy does not ask for MFA");
  if (profile.has("web_identity_token_file"))
    co_return co_await web_identity(scope, profile.get("role_arn"), profile.get("web_identity_token_file"),
                                    profile.get("role_session_name"));
  Credentials base;
  const auto source = profile.get("source_profile");
  if (source.empty()) {
    base = co_await credential_source(profile.name, profile.get("credential_source"));
  } else if (source == profile.name) {
    auto own = sources::from_keys(profile);
    if (!own) throw Error(ErrorKind::unauthorized, "AWS profile " + profile.name + " is its own source_profile and has no keys");
    base = std::move(*own);
  } else {
    const auto below = ProfileFiles(needs_.env).find(source);
    if (!below)
      throw Error(ErrorKind::unauthorized, "the source_profile '" + source + "' of AWS profile " + profile.name + " does not exist");
    base = co_await from_profile(scope, *below, depth + 1);
  }
  scope.role = profile.get("role_arn");
  scope.external_id = profile.get("external_id");
  scope.session_name = profile.get("role_session_name");
  co_return co_await assume(scope, std::move(base));
}

Awaitable<Credentials> Chain::credential_source(std::string profile, std::string source) {
  std::optional<Credentials> found;
  if (source == "Environment") found = sources::from_environment(needs_.env);
  if (source == "EcsContainer") found = co_await sources::from_container(needs_.http, needs_.env);
  if (source == "Ec2InstanceMetadata") found = co_await sources::from_instance(needs_.http, needs_.env);
  if (!found)
    throw Error(ErrorKind::unauthorized,
                "AWS profile " + profile + " has no source of credentials for its role: credential_source '" + source + "'",
                "set source_profile, or credential_source to Environment, EcsContainer or Ec2InstanceMetadata");
  co_return std::move(*found);
}

}  // namespace fairlead::aws
