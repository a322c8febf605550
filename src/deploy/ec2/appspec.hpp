// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/ec2/release.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/deploy/appspec.hpp"

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

/// An appspec as far as it could be read, and everything that is wrong with it.
struct AppspecReading {
  Appspec spec;
  std::vector<Flaw> flaws;
};
/// From the document as JSON. `exists`: is the file in the bundle? Without it, that is not asked.
AppspecReading read_appspec(const Json&, const std::function<bool(const std::string&)>& exists);

/// The same for a deploy: throws Error(invalid) with every flaw, each with its path: `hooks.BeforeInstal: no such event; nearest:
/// BeforeInstall`.
Appspec appspec_from(const Json&, const std::function<bool(const std::string&)>& exists);

/// The scripts of a release: `activate` (ApplicationStop of the release before, BeforeInstall … BeforeAllowTraffic of this one),
/// `stop` (what the next release's activate runs as ApplicationStop), `block`, `blocked` and `allowed` around traffic when the appspec has
/// hooks for them.
Scripts appspec_scripts(const Appspec&, const Inputs&, const Names&);

}  // namespace fairlead::deploy::ec2
