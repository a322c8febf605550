// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/ec2/release.hpp"
#include "fairlead/base/json_fwd.hpp"

/// CodeDeploy's appspec.yml (version 0.0, os linux), read unchanged. Pure.
namespace fairlead::deploy::ec2 {

struct Hook {
  std::string location;   ///< relative to the bundle
  int timeout = 3600;     ///< seconds
  std::string runas;
  bool sudo = false;
};
struct FileRule {
  std::string source, destination;
};
struct Permission {
  std::string object, pattern = "**", owner, group, mode;
  std::vector<std::string> except, acls, types;
  std::string context_user, context_type, context_range;
};
struct Appspec {
  std::vector<FileRule> files;
  std::string file_exists = "DISALLOW";  ///< DISALLOW | OVERWRITE | RETAIN
  std::vector<Permission> permissions;
  std::map<std::string, std::vector<Hook>> hooks;  ///< by event
};

/// The events that may have scripts, in the order of an in-place deployment.
const std::vector<std::string>& hook_events();

/// From the document as JSON. Throws Error(invalid) with every problem, each with its path: `hooks.BeforeInstal: no such event; nearest:
/// BeforeInstall`. `exists`: is the file in the bundle?
Appspec appspec_from(const Json&, const std::function<bool(const std::string&)>& exists);

/// The scripts of a release: `activate` (ApplicationStop of the release before, BeforeInstall … BeforeAllowTraffic of this one),
/// `stop` (what the next release's activate runs as ApplicationStop), `block`, `blocked` and `allowed` around traffic when the appspec has
/// hooks for them.
Scripts appspec_scripts(const Appspec&, const Inputs&, const Names&);

}  // namespace fairlead::deploy::ec2
