// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "sandbox/aws/kept.hpp"
#include "sandbox/fleet/fleet.hpp"

/// Images (AMIs): every id is one, unless a fault says otherwise.
namespace fairlead::sandbox::fleet {

namespace {

constexpr std::size_t page_size = 1000;
constexpr const char* any_image = "ami-00000000000000000";
const std::string parameter = "resolve:ssm:";

Refusal not_there(const std::string& image) { return {"InvalidAMIID.NotFound", "The image id '[" + image + "]' does not exist"}; }

Json view_of(Context& c, const std::string& id) {
  return {{"imageId", id},
          {"imageLocation", c.region.account + "/" + id},
          {"imageState", "available"},
          {"imageOwnerId", c.region.account},
          {"creationDate", "2026-01-01T00:00:00.000Z"},
          {"isPublic", false},
          {"architecture", "x86_64"},
          {"imageType", "machine"},
          {"name", id},
          {"description", "Any image of the sandbox"},
          {"platformDetails", "Linux/UNIX"},
          {"rootDeviceType", "ebs"},
          {"rootDeviceName", "/dev/xvda"},
          {"virtualizationType", "hvm"},
          {"hypervisor", "xen"}};
}

std::set<std::string> known(Context& c) {
  std::set<std::string> ids{any_image};
  for (const auto& [_, one] : c.region.instances) ids.insert(one.image);
  for (const auto& [_, one] : c.region.launch_templates)
    for (const auto& version : one.versions) ids.insert(text_at(version.data, "ImageId", any_image));
  return ids;
}

/// A fault whose message is not another one: there is no such image.
bool missing(Context& c, const std::string& image) {
  return std::ranges::any_of(c.world.faults, [&](const FaultRule& rule) {
    return rule.kind == "launch-fails" && rule.message.empty() && fault_matches(rule, {{"image", image}});
  });
}

bool named(const std::string& id, const Json& params) {
  return std::ranges::all_of(member(params, "Filter"), [&](const Json& filter) {
    const auto values = texts_of(filter, "Value");
    const auto name = text_at(filter, "Name");
    return (name != "image-id" && name != "name") || std::ranges::find(values, id) != values.end();
  });
}

Json describe(Context& c, const Json& params) {
  const auto wanted = texts_of(params, "ImageId");
  for (const auto& id : wanted) {
    if (!id.starts_with("ami-")) throw Refusal{"InvalidAMIID.Malformed", "Invalid id: \"" + id + "\" (expecting \"ami-...\")"};
    if (missing(c, id)) throw not_there(id);
  }
  Json all = Json::array();
  for (const auto& id : wanted.empty() ? known(c) : std::set<std::string>(wanted.begin(), wanted.end()))
    if (id.starts_with("ami-") && !missing(c, id) && named(id, params)) all.push_back(view_of(c, id));
  return page(all, params, "imagesSet", page_size);
}

}  // namespace

std::string image_of(Context& c, const std::string& given) {
  if (given.empty()) return any_image;
  if (!given.starts_with(parameter)) return given;
  const auto name = given.substr(parameter.size());
  const auto image = kept::secret_value(c, name);
  if (!image) throw Refusal{"InvalidParameterValue", "The Systems Manager parameter " + name + " cannot be resolved to an AMI ID"};
  return *image;
}

void check_launch(Context& c, const Launch& what) {
  for (auto& rule : c.world.faults) {
    if (rule.kind != "launch-fails" || !fault_matches(rule, {{"image", what.image}, {"group", what.group}})) continue;
    if (rule.rate < 1 && c.world.chance() >= rule.rate) continue;
    if (rule.count > 0) --rule.count;
    auto refusal = not_there(what.image);
    if (!rule.message.empty()) refusal.message = rule.message;
    if (!rule.code.empty()) refusal.code = rule.code;
    throw refusal;
  }
}

void add_images(Table& table) { table["ec2.DescribeImages"] = {describe, false, {}}; }

}  // namespace fairlead::sandbox::fleet
