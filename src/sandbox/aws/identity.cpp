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

/// Every role exists: nobody makes roles to try a deploy. A missing one is a fault: {"fault": "error", "operation": "iam.GetRole",
/// "code": "NoSuchEntity", "status": 404}.
Json role(Context& c, const Json& params) {
  const auto name = text_at(params, "RoleName");
  const Json statement{
      {"Effect", "Allow"},
      {"Principal", {{"Service", {"ecs-tasks.amazonaws.com", "ec2.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com"}}}},
      {"Action", "sts:AssumeRole"}};
  const Json trust{{"Version", "2012-10-17"}, {"Statement", Json::array({statement})}};
  return {{"Role",
           {{"Path", "/"},
            {"RoleName", name},
            {"RoleId", "AROASANDBOX000000000"},
            {"Arn", "arn:aws:iam::" + c.region.account + ":role/" + name},
            {"CreateDate", format_time(c.now())},
            {"AssumeRolePolicyDocument", url_encode(dump(trust))},
            {"MaxSessionDuration", 3600}}}};
}

/// Without secrecy: the ciphertext names its key and holds the text.
Json encrypt(Context& c, const Json& params) {
  const auto key = text_at(params, "KeyId");
  const auto plain = from_base64(text_at(params, "Plaintext"));
  if (!plain) throw Refusal{"ValidationException", "Plaintext is no base64"};
  return {{"CiphertextBlob", base64("sandbox|" + key + "|" + *plain)},
          {"KeyId", c.arn("kms", "key/" + last_part(key))},
          {"EncryptionAlgorithm", "SYMMETRIC_DEFAULT"}};
}

Json decrypt(Context& c, const Json& params) {
  const auto blob = from_base64(text_at(params, "CiphertextBlob")).value_or("");
  const auto bar = blob.find('|', 8);
  if (!blob.starts_with("sandbox|") || bar == std::string::npos) throw Refusal{"InvalidCiphertextException", ""};
  return {{"Plaintext", base64(blob.substr(bar + 1))},
          {"KeyId", c.arn("kms", "key/" + last_part(blob.substr(8, bar - 8)))},
          {"EncryptionAlgorithm", "SYMMETRIC_DEFAULT"}};
}

Json data_key(Context& c, const Json& params) {
  const auto size = text_at(params, "KeySpec") == "AES_128" ? 16 : number_of(params, "NumberOfBytes", 32);
  std::string bytes;
  while (static_cast<std::int64_t>(bytes.size()) < size) bytes += static_cast<char>(c.world.random() & 0xff);
  Json out = encrypt(c, {{"KeyId", text_at(params, "KeyId")}, {"Plaintext", base64(bytes)}});
  out.erase("EncryptionAlgorithm");
  out["Plaintext"] = base64(bytes);
  return out;
}

Json describe_key(Context& c, const Json& params) {
  const auto id = last_part(text_at(params, "KeyId"));
  return {{"KeyMetadata",
           {{"KeyId", id},
            {"Arn", c.arn("kms", "key/" + id)},
            {"AWSAccountId", c.region.account},
            {"Enabled", true},
            {"KeyState", "Enabled"},
            {"KeyUsage", "ENCRYPT_DECRYPT"}}}};
}

}  // namespace

void add_identity(Table& table) {
  table["sts.GetCallerIdentity"] = {caller, false, {}};
  table["sts.AssumeRole"] = {assume, true, {}};
  table["sts.AssumeRoleWithWebIdentity"] = {assume_with_web, true, {}};
  table["iam.GetRole"] = {role, false, {}};
  table["kms.Encrypt"] = {encrypt, false, {}};
  table["kms.Decrypt"] = {decrypt, false, {}};
  table["kms.GenerateDataKey"] = {data_key, false, {}};
  table["kms.DescribeKey"] = {describe_key, false, {}};
}

}  // namespace fairlead::sandbox
