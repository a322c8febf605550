// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/context.hpp"

namespace fairlead::sandbox {

namespace {

Json caller(Context& c, const Json&) {
  const auto role = c.world.accounts.find(c.call.access_key);
  if (role != c.world.accounts.end())
    return {{"UserId", "AROASANDBOX:" + last_part(role->second)}, {"Account", c.region.account}, {"Arn", role->second}};
  return {{"UserId", "AIDASANDBOX"}, {"Account", c.region.account}, {"Arn", "arn:aws:iam::" + c.region.account + ":user/sandbox"}};
}

std::string key_id(Context& c) {
  std::string id = "ASIA";
  while (id.size() < 20) id += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[c.world.random() % 32];
  return id;
}

Json credentials(Context& c, const Json& params, const std::string& key) {
  const auto span = std::chrono::seconds(number_of(params, "DurationSeconds", 3600));
  return {{"AccessKeyId", key},
          {"SecretAccessKey", c.world.hex_id(40)},
          {"SessionToken", "sandbox-" + c.world.hex_id(64)},
          {"Expiration", format_time(c.now() + span)}};
}

Json assume(Context& c, const Json& params) {
  const auto role = text_at(params, "RoleArn"), session = text_at(params, "RoleSessionName");
  const auto parts = split(role, ':');
  if (parts.size() < 6 || !role.starts_with("arn:aws:iam::") || parts[4].size() != 12)
    throw Refusal{"ValidationError", role + " is invalid"};
  const auto& known = c.region.things["refused-role"];
  if (known.contains(role))
    throw Refusal{
        "AccessDenied",
        "User: arn:aws:iam::" + c.region.account + ":user/sandbox is not authorized to perform: sts:AssumeRole on resource: " + role, 403};
  const auto key = key_id(c);
  const auto arn = "arn:aws:sts::" + parts[4] + ":assumed-role/" + last_part(role) + "/" + session;
  c.world.accounts[key] = arn;
  c.key = session, c.effect = arn;
  return {{"Credentials", credentials(c, params, key)}, {"AssumedRoleUser", {{"AssumedRoleId", "AROASANDBOX:" + session}, {"Arn", arn}}}};
}

Json assume_with_web(Context& c, const Json& params) {
  if (text_at(params, "WebIdentityToken").size() < 4)
    throw Refusal{"InvalidIdentityToken", "No OpenIDConnect provider found in your account"};
  Json out = assume(c, params);
  out["SubjectFromWebIdentityToken"] = "sandbox";
  return out;
}

}  // namespace

void add_identity(Table& table) {
  table["sts.GetCallerIdentity"] = {caller, false, {}};
  table["sts.AssumeRole"] = {assume, true, {}};
  table["sts.AssumeRoleWithWebIdentity"] = {assume_with_web, true, {}};
}

}  // namespace fairlead::sandbox
