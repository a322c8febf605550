// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/deploy/appspec.hpp"
#include "fairlead/pipeline/problem.hpp"

namespace fairlead::pipeline {
struct Definition;
struct Job;
struct Step;
}  // namespace fairlead::pipeline

namespace fairlead::cli {

/// A checked appspec.yml of CodeDeploy.
struct AppspecCheck {
  std::string file;
  deploy::AppspecReport::Kind kind = deploy::AppspecReport::Kind::linux_hosts;
  std::vector<std::string> hooks;  ///< in the order of a deploy
  pipeline::Problems problems;     ///< with their places
};

/// By its name, or by what only an appspec begins with: `version: 0.0`, and `os` or `Resources`.
bool is_appspec(const std::filesystem::path& file, const std::string& text);

/// As a deploy reads it. Without a bundle, nobody asks whether its files exist.
AppspecCheck check_appspec(const std::string& text, const std::string& file, const std::optional<std::filesystem::path>& bundle);

/// The folder of a repository from which a deploy takes the files of an appspec: the nearest one, upwards, with a pipeline or a `.git`;
/// the appspec's own when there is none.
std::filesystem::path bundle_of(const std::filesystem::path& appspec);

/// Whether the files of a step have to be in the repository: a job with artifacts of others, or with steps before, may still make some.
bool has_all_files(const pipeline::Job&, const pipeline::Step&);

/// The appspecs in a folder that the `ec2-deploy` steps of its pipeline go by, and whether one of these steps has all its files.
std::map<std::string, bool> appspecs_of(const pipeline::Definition&, const std::filesystem::path& folder);

}  // namespace fairlead::cli
