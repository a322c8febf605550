// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::fleet {

/// Of an object with LaunchTemplateId or LaunchTemplateName. Refusal: InvalidLaunchTemplate….
LaunchTemplate& need_template(Context&, const Json& named);
/// Of a number, "$Latest", or "$Default" (also empty). Refusal: InvalidLaunchTemplateId.VersionNotFound.
const TemplateVersion& need_version(const LaunchTemplate&, const std::string& version);
/// Refusal: InvalidUserData.Malformed.
std::string decoded_user_data(const std::string& encoded);
/// {LaunchTemplateId | LaunchTemplateName, Version}: image, type, tags, user data. Refusal.
void apply_template(Context&, Launch&, const Json& spec);

// configuration.cpp
/// What a group launches: LaunchTemplate or MixedInstancesPolicy. Refusal.
void apply_configuration(Context&, Launch&, const Json& fields);
/// The same as callers see it, with both the id and the name. Refusal: ValidationError.
Json configuration_view(Context&, const Json& fields);

}  // namespace fairlead::sandbox::fleet
