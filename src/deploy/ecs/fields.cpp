// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/fields.hpp"

#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

using Names = std::vector<std::string>;

/// Members of RegisterTaskDefinitionRequest and of ContainerDefinition (botocore 1.43), with what only answers carry.
const Names& of_definition() {
  static const Names names{"containerDefinitions",
                           "cpu",
                           "enableFaultInjection",
                           "ephemeralStorage",
                           "executionRoleArn",
                           "family",
                           "inferenceAccelerators",
                           "ipcMode",
                           "memory",
                           "networkMode",
                           "pidMode",
                           "placementConstraints",
                           "proxyConfiguration",
                           "requiresCompatibilities",
                           "runtimePlatform",
                           "tags",
                           "taskRoleArn",
                           "volumes"};
  return names;
}

const Names& of_container() {
  static const Names names{"command",
                           "cpu",
                           "credentialSpecs",
                           "dependsOn",
                           "disableNetworking",
                           "dnsSearchDomains",
                           "dnsServers",
                           "dockerLabels",
                           "dockerSecurityOptions",
                           "entryPoint",
                           "environment",
                           "environmentFiles",
                           "essential",
                           "extraHosts",
                           "firelensConfiguration",
                           "healthCheck",
                           "hostname",
                           "image",
                           "interactive",
                           "links",
                           "linuxParameters",
                           "logConfiguration",
                           "memory",
                           "memoryReservation",
                           "mountPoints",
                           "name",
                           "portMappings",
                           "privileged",
                           "pseudoTerminal",
                           "readonlyRootFilesystem",
                           "repositoryCredentials",
                           "resourceRequirements",
                           "restartPolicy",
                           "secrets",
                           "startTimeout",
                           "stopTimeout",
                           "systemControls",
                           "ulimits",
                           "user",
                           "versionConsistency",
                           "volumesFrom",
                           "workingDirectory"};
  return names;
}

void look(const Json& value, const Names& known, const std::string& where, std::vector<Finding>& found) {
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto meant = nearest(key, known);
    found.push_back({false, "the task definition's field " + where + key + " is not known to ECS, which ignores it",
                     meant ? "did you mean " + *meant + "?" : "correct its name, or leave it if ECS is newer than this version"});
  }
}

}  // namespace

std::vector<Finding> unknown_fields(const Json& definition) {
  std::vector<Finding> found;
  look(definition, of_definition(), {}, found);
  for (const Json& container : member(definition, "containerDefinitions")) {
    look(container, of_container(), "containerDefinitions." + text_at(container, "name", "?") + ".", found);
  }
  return found;
}

}  // namespace fairlead::deploy::ecs
