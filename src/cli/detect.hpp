// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/appspec.hpp"

namespace fairlead::cli {

/// What `fairlead init` saw of a repository.
struct Sighting {
  std::string folder;                        ///< absolute
  std::string repository;                    ///< URL for the server file
  std::string branch = "main";
  std::map<std::string, std::string> files;  ///< the known ones that exist, with their text
  std::optional<AppspecCheck> appspec;       ///< CodeDeploy's, with the folder as its bundle
  std::set<std::string> built_actions;       ///< what this version can run
};

/// Files that `sketch` knows, relative to the folder.
const std::vector<std::string>& known_files();

struct Sketch {
  std::string app;
  std::vector<std::string> notes;  ///< what was found and what it became, one line each
  std::string pipeline;            ///< text of .fairlead.yml
  std::string server;              ///< text of fairlead.yml
};

/// Both files for a repository. Pure; what it writes always validates.
Sketch sketch(const Sighting&);

}  // namespace fairlead::cli
