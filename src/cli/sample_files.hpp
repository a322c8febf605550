// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace fairlead::cli {

/// A file of the repository that the program carries, so that the demo needs nothing but the program.
struct EmbeddedFile {
  std::string_view path;  ///< "deploy/sample/build.sh"
  unsigned mode;
  std::string_view content;
};

/// deploy/sample and the hook for bare repositories. Generated at build time.
const std::vector<EmbeddedFile>& sample_files();

}  // namespace fairlead::cli
