// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/templates.hpp"

/// The launch template of a group, by itself or inside a mixed instances policy.
namespace fairlead::sandbox::fleet {

namespace {

Json named_fully(Context& c, const Json& spec) {
  try {
    const LaunchTemplate& owner = need_template(c, spec);
    const auto version = text_at(spec, "Version");
    need_version(owner, version);
    return {{"LaunchTemplateId", owner.id}, {"LaunchTemplateName", owner.name}, {"Version", version.empty() ? "$Default" : version}};
  } catch (const Refusal& refusal) {
    throw Refusal{"ValidationError", "You must use a valid fully-formed launch template. " + refusal.message};
  }
}

}  // namespace

void apply_configuration(Context& c, Launch& what, const Json& fields) {
  const Json& mixed = member(member(fields, "MixedInstancesPolicy"), "LaunchTemplate");
  if (mixed.is_object()) {
    apply_template(c, what, member(mixed, "LaunchTemplateSpecification"));
    const Json& overrides = member(mixed, "Overrides");
    if (overrides.is_array() && !overrides.empty()) what.type = text_at(overrides.front(), "InstanceType", what.type);
  } else if (fields.contains("LaunchTemplate")) {
    apply_template(c, what, fields["LaunchTemplate"]);
  }
}

Json configuration_view(Context& c, const Json& fields) {
  Json view = Json::object();
  if (fields.contains("MixedInstancesPolicy")) {
    view["MixedInstancesPolicy"] = fields["MixedInstancesPolicy"];
    Json& chosen = view["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"];
    chosen = named_fully(c, chosen);
  } else if (fields.contains("LaunchTemplate")) {
    view["LaunchTemplate"] = named_fully(c, fields["LaunchTemplate"]);
  }
  return view;
}

}  // namespace fairlead::sandbox::fleet
