// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::deploy {

/// What is wrong at one place of a document.
struct Flaw {
  std::string path;     ///< "hooks.AfterInstall[0].timeout"; empty for the whole document
  std::string what;     ///< what is wrong, and what to do about it
  std::string nearest;  ///< the known word that was probably meant, or empty
};

/// What an appspec.yml of CodeDeploy is for, and whether ec2-deploy can go by it.
struct AppspecReport {
  enum class Kind { linux_hosts, windows_hosts, ecs, lambda };
  Kind kind = Kind::linux_hosts;
  std::vector<Flaw> flaws;         ///< everything; none: a deploy takes it as it is
  std::vector<std::string> hooks;  ///< events that have scripts, in the order of a deploy
};

/// Whether a path of an appspec, which may begin with a slash, is in the folder of a bundle.
std::function<bool(const std::string&)> exists_in(std::filesystem::path bundle);

/// The appspec of a bundle that a step goes by: `named`, or appspec.yaml in place of appspec.yml; empty when it is not there.
std::string appspec_in(const std::filesystem::path& bundle, const std::string& named = "appspec.yml");

/// Why an `ec2-deploy` with these inputs cannot do anything with the files of a folder, or has two things that say what to do: one
/// sentence with its hint; empty when it can, or depends on expressions. `complete`: all files are there that a deploy will see.
std::string problem_of_ec2_files(const Json& with, const std::filesystem::path& bundle, bool complete);

/// The very checks that a deploy makes before it touches a host. Without a bundle, it is not asked whether files exist. Reads nothing
/// but the names of files.
AppspecReport check_appspec(const Json& document, const std::optional<std::filesystem::path>& bundle);

}  // namespace fairlead::deploy
