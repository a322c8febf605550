// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/templates.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"

/// EC2 launch templates, whose versions never change.
namespace fairlead::sandbox::fleet {

namespace {

constexpr std::size_t page_size = 200, most_user_data = 16384;

std::string creator(Context& c) { return "arn:aws:iam::" + c.region.account + ":root"; }

Json view_of(Context& c, const LaunchTemplate& one) {
  Json tags = Json::array();
  for (const auto& tag : one.tags) tags.push_back({{"key", text_at(tag, "Key")}, {"value", text_at(tag, "Value")}});
  return {{"launchTemplateId", one.id},
          {"launchTemplateName", one.name},
          {"createTime", format_time(one.created)},
          {"createdBy", creator(c)},
          {"defaultVersionNumber", one.standard},
          {"latestVersionNumber", one.versions.size()},
          {"tagSet", tags}};
}

/// What was asked for in the form of an answer: other names for the same, lists as sets.
Json answered(const Json& given) {
  static const std::map<std::string, std::string> odd{{"LicenseSpecification", "licenseSet"}};
  if (given.is_array()) {
    Json list = Json::array();
    for (const auto& one : given) list.push_back(answered(one));
    return list;
  }
  if (!given.is_object()) return given;
  Json out = Json::object();
  for (const auto& [key, value] : given.items()) {
    auto name = static_cast<char>(std::tolower(key.front())) + key.substr(1);
    if (value.is_array()) name += "Set";
    if (const auto found = odd.find(key); found != odd.end()) name = found->second;
    out[name] = answered(value);
  }
  // Of a network interface; a template's own are securityGroupIdSet.
  if (given.contains("DeviceIndex") && out.contains("securityGroupIdSet")) {
    out["groupSet"] = out["securityGroupIdSet"];
    out.erase("securityGroupIdSet");
  }
  return out;
}

Json version_view(Context& c, const LaunchTemplate& one, const TemplateVersion& version) {
  Json view{{"launchTemplateId", one.id},
            {"launchTemplateName", one.name},
            {"versionNumber", version.number},
            {"createTime", format_time(version.created)},
            {"createdBy", creator(c)},
            {"defaultVersion", version.number == one.standard},
            {"launchTemplateData", answered(version.data)}};
  if (!version.description.empty()) view["versionDescription"] = version.description;
  return view;
}

/// What a repetition with the same token made; refuses other parameters under it.
Json* repeated(Context& c, const Json& params) {
  const auto token = text_at(params, "ClientToken");
  c.key = token;
  if (token.empty()) return nullptr;
  auto& tokens = c.region.things["launch-template-token"];
  const auto found = tokens.find(c.call.operation + " " + token);
  if (found == tokens.end()) return nullptr;
  if (found->second["params"] != params)
    throw Refusal{"IdempotentParameterMismatch", "Client token " + token + " was used before, with other parameters"};
  return &found->second["made"];
}

void remember(Context& c, const Json& params, const Json& made) {
  const auto token = text_at(params, "ClientToken");
  if (!token.empty()) c.region.things["launch-template-token"][c.call.operation + " " + token] = {{"params", params}, {"made", made}};
}

void check_data(const Json& data) {
  if (!data.is_object()) throw Refusal{"MissingParameter", "The request must contain the parameter LaunchTemplateData"};
  if (const auto encoded = text_at(data, "UserData"); !encoded.empty()) decoded_user_data(encoded);
}

Json create(Context& c, const Json& params) {
  if (const Json* made = repeated(c, params))
    return {{"launchTemplate", view_of(c, c.region.launch_templates.at(made->get<std::string>()))}};
  const auto name = text_at(params, "LaunchTemplateName");
  if (name.empty()) throw Refusal{"MissingParameter", "The request must contain the parameter LaunchTemplateName"};
  for (const auto& [_, one] : c.region.launch_templates)
    if (one.name == name) throw Refusal{"InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use."};
  check_data(member(params, "LaunchTemplateData"));
  LaunchTemplate made;
  made.id = "lt-" + c.world.hex_id(17);
  made.name = name;
  made.created = c.now();
  for (const auto& spec : member(params, "TagSpecification"))
    for (const auto& tag : member(spec, "Tag")) set_tag(made.tags, tag);
  made.versions.push_back({1, text_at(params, "VersionDescription"), c.now(), params["LaunchTemplateData"]});
  remember(c, params, made.id);
  c.key = name, c.effect = made.id;
  return {{"launchTemplate", view_of(c, c.region.launch_templates[made.id] = std::move(made))}};
}

Json create_version(Context& c, const Json& params) {
  LaunchTemplate& owner = need_template(c, params);
  if (const Json* made = repeated(c, params))
    return {{"launchTemplateVersion", version_view(c, owner, need_version(owner, std::to_string(made->get<int>())))}};
  check_data(member(params, "LaunchTemplateData"));
  Json data = Json::object();
  if (const auto source = text_at(params, "SourceVersion"); !source.empty()) data = need_version(owner, source).data;
  data.update(params["LaunchTemplateData"]);
  const auto number = static_cast<int>(owner.versions.size()) + 1;
  owner.versions.push_back({number, text_at(params, "VersionDescription"), c.now(), std::move(data)});
  remember(c, params, number);
  c.key = text_at(params, "ClientToken", owner.name), c.effect = owner.id + " " + std::to_string(number);
  return {{"launchTemplateVersion", version_view(c, owner, owner.versions.back())}};
}

Json modify(Context& c, const Json& params) {
  LaunchTemplate& owner = need_template(c, params);
  const auto number = need_version(owner, text_at(params, "SetDefaultVersion")).number;
  c.key = owner.name;
  if (owner.standard != number) c.effect = "default " + std::to_string(number);
  owner.standard = number;
  return {{"launchTemplate", view_of(c, owner)}};
}

Json describe(Context& c, const Json& params) {
  const auto ids = texts_of(params, "LaunchTemplateId"), names = texts_of(params, "LaunchTemplateName");
  for (const auto& id : ids) need_template(c, {{"LaunchTemplateId", id}});
  for (const auto& name : names) need_template(c, {{"LaunchTemplateName", name}});
  const auto in = [](const std::vector<std::string>& all, const std::string& one) { return std::ranges::find(all, one) != all.end(); };
  Json all = Json::array();
  for (const auto& [id, one] : c.region.launch_templates)
    if ((ids.empty() && names.empty()) || in(ids, id) || in(names, one.name)) all.push_back(view_of(c, one));
  return page(all, params, "launchTemplates", page_size);
}

Json versions_of(Context& c, const LaunchTemplate& owner, const Json& params) {
  Json all = Json::array();
  const auto wanted = texts_of(params, "LaunchTemplateVersion");
  for (const auto& version : wanted) all.push_back(version_view(c, owner, need_version(owner, version)));
  if (!wanted.empty()) return all;
  const auto least = number_of(params, "MinVersion", 1),
             most = number_of(params, "MaxVersion", static_cast<std::int64_t>(owner.versions.size()));
  for (auto version = owner.versions.rbegin(); version != owner.versions.rend(); ++version)
    if (version->number >= least && version->number <= most) all.push_back(version_view(c, owner, *version));
  return all;
}

Json describe_versions(Context& c, const Json& params) {
  Json all = Json::array();
  if (params.contains("LaunchTemplateId") || params.contains("LaunchTemplateName")) {
    all = versions_of(c, need_template(c, params), params);
  } else {
    for (const auto& [_, owner] : c.region.launch_templates)
      for (const auto& view : versions_of(c, owner, params)) all.push_back(view);
  }
  return page(all, params, "launchTemplateVersionSet", page_size);
}

}  // namespace

LaunchTemplate& need_template(Context& c, const Json& named) {
  const auto id = text_at(named, "LaunchTemplateId"), name = text_at(named, "LaunchTemplateName");
  if (id.empty() && name.empty()) throw Refusal{"MissingParameter", "Either a launch template ID or a launch template name is needed"};
  const auto found = std::ranges::find_if(c.region.launch_templates,
                                          [&](const auto& one) { return id.empty() ? one.second.name == name : one.first == id; });
  if (found != c.region.launch_templates.end()) return found->second;
  if (id.empty())
    throw Refusal{"InvalidLaunchTemplateName.NotFoundException",
                  "The specified launch template, with template name " + name + ", does not exist."};
  throw Refusal{"InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID " + id + ", does not exist."};
}

const TemplateVersion& need_version(const LaunchTemplate& owner, const std::string& version) {
  if (version == "$Latest") return owner.versions.back();
  const auto number = version.empty() || version == "$Default" ? owner.standard : parse_int(version).value_or(0);
  if (number < 1 || number > static_cast<long long>(owner.versions.size()))
    throw Refusal{"InvalidLaunchTemplateId.VersionNotFound",
                  "Could not find the specified version " + version + " for the launch template with ID " + owner.id + "."};
  return owner.versions[static_cast<std::size_t>(number - 1)];
}

std::string decoded_user_data(const std::string& encoded) {
  const auto text = from_base64(encoded);
  if (!text) throw Refusal{"InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."};
  if (text->size() > most_user_data) throw Refusal{"InvalidParameterValue", "User data is limited to 16384 bytes"};
  return *text;
}

void apply_template(Context& c, Launch& what, const Json& spec) {
  const LaunchTemplate& owner = need_template(c, spec);
  const TemplateVersion& version = need_version(owner, text_at(spec, "Version"));
  what.image = text_at(version.data, "ImageId");
  what.type = text_at(version.data, "InstanceType");
  what.user_data = decoded_user_data(text_at(version.data, "UserData"));
  for (const auto& one : member(version.data, "TagSpecification"))
    if (text_at(one, "ResourceType") == "instance")
      for (const auto& tag : member(one, "Tag")) set_tag(what.tags, tag);
  const auto number = std::to_string(version.number);
  set_tag(what.tags, {{"Key", "aws:ec2launchtemplate:id"}, {"Value", owner.id}});
  set_tag(what.tags, {{"Key", "aws:ec2launchtemplate:version"}, {"Value", number}});
  what.launch_template = {{"LaunchTemplateId", owner.id}, {"LaunchTemplateName", owner.name}, {"Version", number}};
}

void add_templates(Table& table) {
  table["ec2.CreateLaunchTemplate"] = {create, true, {}};
  table["ec2.CreateLaunchTemplateVersion"] = {create_version, true, {}};
  table["ec2.ModifyLaunchTemplate"] = {modify, true, {}};
  table["ec2.DescribeLaunchTemplates"] = {describe, false, {}};
  table["ec2.DescribeLaunchTemplateVersions"] = {describe_versions, false, {}};
}

}  // namespace fairlead::sandbox::fleet
