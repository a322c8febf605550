// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace fairlead::deploy {

/// A file of the repository that the program carries.
struct EmbeddedFile {
  std::string_view path;
  unsigned mode;
  std::string_view content;
};

/// ec2/host.sh. Generated at build time.
const std::vector<EmbeddedFile>& host_script();

}  // namespace fairlead::deploy
