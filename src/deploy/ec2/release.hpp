// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "deploy/ec2/inputs.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/pool.hpp"

/// What comes to a host: the bundle, and the scripts that activate it.
namespace fairlead::deploy::ec2 {

struct Bundle {
  std::filesystem::path file;  ///< tar, gzip; the same files give the same bytes
  std::string sum;             ///< its SHA-256
  std::int64_t size = 0;       ///< bytes
  std::size_t files = 0;
};

/// Files of the workspace that match, and folders that are empty, without .git; sorted.
std::vector<std::string> bundle_files(const std::filesystem::path& workspace, const std::vector<std::string>& patterns);
/// Makes the bundle at `target`. Throws Error(invalid) when nothing matches.
Awaitable<Bundle> make_bundle(Pool&, std::filesystem::path workspace, std::vector<std::string> patterns, std::filesystem::path target,
                              Deadline);
/// Unpacks an archive of the workspace into `folder`, which is made anew; where its content is: a lone folder with an appspec, as GitHub's
/// archives have it, is taken for the whole. Throws Error(invalid) for what does not belong into a bundle. Blocks.
std::filesystem::path unpack_bundle(const std::filesystem::path& workspace, const std::string& archive,
                                    const std::filesystem::path& folder);

/// Scripts of a release, by name: `activate` always; hooks of an appspec that run apart from it.
using Scripts = std::map<std::string, std::string>;
/// What the environment variables of scripts are made of; those of CodeDeploy, too.
struct Names {
  std::string app, environment;
};
/// SHA-256 of all that is activated, the files and the scripts: other scripts for the same files are another release, so that the way
/// back leads to what there was. Pure.
std::string release_id(const Bundle&, const Scripts&);
/// Commands of the user's as lines of a script, in a shell of their own that ends at the first that fails; $? is how. Pure.
std::string user_lines(const std::string& commands);
/// The same, and the script ends when they fail: "<what> ended with 3". Pure.
std::string failing_lines(const std::string& commands, const std::string& what);
/// Waits until the host is good, as `health` says. Pure.
std::string health_lines(const Inputs&);
/// Without an appspec: `current` is switched, the service restarted, health asked for. Pure.
Scripts plain_scripts(const Inputs&, const Names&);

/// What an instance runs at its launch to get the release: fetches the bundle (`fetch` and the file to write), keeps the scripts,
/// activates. Does nothing where the release is active. Pure.
std::string boot_script(const std::string& app, const std::string& release, const std::string& sum, const std::string& fetch,
                        const Scripts&, const std::map<std::string, std::string>& names);

/// `export NAME='value'` lines.
std::string exports(const std::map<std::string, std::string>&);

}  // namespace fairlead::deploy::ec2
