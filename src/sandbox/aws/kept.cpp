// SPDX-License-Identifier: Apache-2.0
#include "sandbox/aws/kept.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::sandbox::kept {

namespace {

Json shown(Context& c, const std::string& name, const Json& kept) {
  Json view{{"Name", name},
            {"Type", kept["Type"]},
            {"Value", kept["Value"]},
            {"Version", kept["Version"]},
            {"LastModifiedDate", kept["LastModifiedDate"]},
            {"ARN", c.arn("ssm", "parameter" + std::string(name.starts_with('/') ? "" : "/") + name)},
            {"DataType", "text"}};
  return view;
}

std::string plain(const std::string& name) {
  if (!name.starts_with("arn:")) return name;
  const auto at = name.find(":parameter/");
  const auto rest = name.substr(at + 11);
  return rest.find('/') == std::string::npos ? rest : "/" + rest;
}

std::map<std::string, Json>::iterator find_parameter(Context& c, const std::string& name) {
  auto& all = parameters(c);
  const auto found = all.find(plain(name));
  return found != all.end() ? found : all.find("/" + plain(name));
}

Json put_parameter(Context& c, const Json& params) {
  const auto name = text_at(params, "Name");
  auto& all = parameters(c);
  const bool known = all.contains(name);
  if (known && !flag_of(params, "Overwrite"))
    throw Refusal{"ParameterAlreadyExists",
                  "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."};
  const auto version = known ? number_at(all[name], "Version") + 1 : 1;
  const auto type = text_at(params, "Type", known ? text_at(all[name], "Type") : "String");
  all[name] = {{"Type", type}, {"Value", params["Value"]}, {"Version", version}, {"LastModifiedDate", epoch(c.now())}};
  c.key = name, c.effect = "version " + std::to_string(version);
  return {{"Version", version}, {"Tier", "Standard"}};
}

Json get_parameter(Context& c, const Json& params) {
  const auto found = find_parameter(c, text_at(params, "Name"));
  if (found == parameters(c).end()) throw Refusal{"ParameterNotFound", ""};
  return {{"Parameter", shown(c, found->first, found->second)}};
}

Json get_parameters(Context& c, const Json& params) {
  Json out{{"Parameters", Json::array()}, {"InvalidParameters", Json::array()}};
  for (const auto& name : texts_of(params, "Names")) {
    const auto found = find_parameter(c, name);
    if (found == parameters(c).end())
      out["InvalidParameters"].push_back(name);
    else
      out["Parameters"].push_back(shown(c, found->first, found->second));
  }
  return out;
}

Json by_path(Context& c, const Json& params) {
  auto path = text_at(params, "Path");
  if (!path.ends_with('/')) path += '/';
  Json all = Json::array();
  for (const auto& [name, kept] : parameters(c)) {
    const bool below = name.starts_with(path) && (flag_of(params, "Recursive") || name.find('/', path.size()) == std::string::npos);
    if (below) all.push_back(shown(c, name, kept));
  }
  Json out{{"Parameters", all}};
  return out;
}

Json delete_parameter(Context& c, const Json& params) {
  const auto found = find_parameter(c, text_at(params, "Name"));
  if (found == parameters(c).end()) throw Refusal{"ParameterNotFound", ""};
  c.key = found->first, c.effect = "deleted";
  parameters(c).erase(found);
  return Json::object();
}

/// Of a name, an ARN, or an ARN without its random suffix.
std::map<std::string, Json>::iterator find_secret(Context& c, const std::string& id) {
  auto& all = secrets(c);
  for (auto one = all.begin(); one != all.end(); ++one)
    if (one->first == id || text_at(one->second, "ARN") == id || text_at(one->second, "ARN").starts_with(id + "-")) return one;
  return all.end();
}

Json create_secret(Context& c, const Json& params) {
  const auto name = text_at(params, "Name"), token = text_at(params, "ClientRequestToken");
  auto& all = secrets(c);
  c.key = token.empty() ? name : token;
  if (all.contains(name)) {
    if (token.empty() || text_at(all[name], "VersionId") != token)
      throw Refusal{"ResourceExistsException", "The operation failed because the secret " + name + " already exists."};
    return {{"ARN", all[name]["ARN"]}, {"Name", name}, {"VersionId", all[name]["VersionId"]}};
  }
  const auto arn = c.arn("secretsmanager", "secret:" + name + "-" + c.world.hex_id(6));
  const auto version = token.empty() ? c.world.hex_id(32) : token;
  Json kept{{"ARN", arn}, {"VersionId", version}, {"CreatedDate", epoch(c.now())}};
  for (const char* key : {"SecretString", "SecretBinary", "Description"})
    if (params.contains(key)) kept[key] = params[key];
  all[name] = kept;
  c.effect = arn;
  return {{"ARN", arn}, {"Name", name}, {"VersionId", version}};
}

[[noreturn]] void no_secret() { throw Refusal{"ResourceNotFoundException", "Secrets Manager can't find the specified secret."}; }

Json put_secret(Context& c, const Json& params) {
  const auto found = find_secret(c, text_at(params, "SecretId"));
  if (found == secrets(c).end()) no_secret();
  const auto token = text_at(params, "ClientRequestToken");
  found->second["VersionId"] = token.empty() ? c.world.hex_id(32) : token;
  found->second["SecretString"] = text_at(params, "SecretString");
  c.key = found->first, c.effect = text_at(found->second, "VersionId");
  return {
      {"ARN", found->second["ARN"]}, {"Name", found->first}, {"VersionId", found->second["VersionId"]}, {"VersionStages", {"AWSCURRENT"}}};
}

Json get_secret(Context& c, const Json& params) {
  const auto found = find_secret(c, text_at(params, "SecretId"));
  if (found == secrets(c).end()) no_secret();
  Json out{{"Name", found->first}, {"VersionStages", {"AWSCURRENT"}}};
  for (const char* key : {"ARN", "VersionId", "CreatedDate", "SecretString", "SecretBinary"})
    if (found->second.contains(key)) out[key] = found->second[key];
  return out;
}

Json describe_secret(Context& c, const Json& params) {
  const auto found = find_secret(c, text_at(params, "SecretId"));
  if (found == secrets(c).end()) no_secret();
  return {{"ARN", found->second["ARN"]},
          {"Name", found->first},
          {"CreatedDate", found->second["CreatedDate"]},
          {"VersionIdsToStages", {{text_at(found->second, "VersionId"), {"AWSCURRENT"}}}}};
}

}  // namespace

std::map<std::string, Json>& parameters(Context& c) { return c.region.things["parameter"]; }
std::map<std::string, Json>& secrets(Context& c) { return c.region.things["secret"]; }

std::optional<std::string> secret_value(Context& c, const std::string& from) {
  if (from.find(":secretsmanager:") == std::string::npos) {
    const auto found = find_parameter(c, from);
    return found == parameters(c).end() ? std::nullopt : std::optional(text_at(found->second, "Value"));
  }
  const auto parts = split(from, ':');
  std::string arn = from, key;
  if (parts.size() > 7) {
    arn = join({parts.begin(), parts.begin() + 7}, ":");
    key = parts[7];
  }
  const auto found = find_secret(c, arn);
  if (found == secrets(c).end()) return std::nullopt;
  const auto value = text_at(found->second, "SecretString");
  if (key.empty()) return value;
  try {
    const Json all = parse_json(value);
    return all.contains(key) ? std::optional(text_at(all, key)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void add_parameters(Table& table) {
  table["ssm.PutParameter"] = {put_parameter, true, {}};
  table["ssm.GetParameter"] = {get_parameter, false, {}};
  table["ssm.GetParameters"] = {get_parameters, false, {}};
  table["ssm.GetParametersByPath"] = {by_path, false, {}};
  table["ssm.DeleteParameter"] = {delete_parameter, true, {}};
}

void add_secrets(Table& table) {
  table["secretsmanager.CreateSecret"] = {create_secret, true, {}};
  table["secretsmanager.PutSecretValue"] = {put_secret, true, {}};
  table["secretsmanager.GetSecretValue"] = {get_secret, false, {}};
  table["secretsmanager.DescribeSecret"] = {describe_secret, false, {}};
}

}  // namespace fairlead::sandbox::kept
