// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"

/// Task definitions as AWS writes them, JSON with camelCase keys. Pure; what we do not know is kept as it is.
namespace fairlead::deploy::ecs {

/// What RegisterTaskDefinition takes, from a file or from an answer of DescribeTaskDefinition: unwrapped ("taskDefinition"), without
/// what only answers have (ARN, revision, status, …) and without nulls. Throws Error(invalid) when it is no task definition.
Json registrable(const Json& definition);

/// The definition with these containers' images replaced. Throws Error(invalid), naming the nearest, for a container that it has not.
Json with_images(Json definition, const std::map<std::string, std::string>& images);

/// Container → image, in order of the definition.
std::vector<std::pair<std::string, std::string>> images_of(const Json& definition);

/// Equal for definitions that ECS would run alike: order of keys, tags and empty values do not matter.
std::string content_hash(const Json& definition);

/// The definition with these tags added ("fairlead:key" …); its own come first, AWS allows 50.
Json with_tags(Json definition, const std::map<std::string, std::string>& tags);

/// What differs between two definitions, a line each: "containerDefinitions.app.image: a → b".
std::vector<std::string> differences(const Json& before, const Json& after);

bool has_health_check(const Json& definition);
/// Name of the first essential container.
std::string main_container(const Json& definition);

/// Where a container's output goes, when it goes to CloudWatch Logs.
struct LogPlace {
  std::string group, region, prefix;
  std::string stream(const std::string& container, const std::string& task_id) const { return prefix + "/" + container + "/" + task_id; }
  bool readable() const { return !group.empty() && !prefix.empty(); }
};
LogPlace log_place(const Json& definition, const std::string& container);

}  // namespace fairlead::deploy::ecs
