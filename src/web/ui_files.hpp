// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace fairlead::web {

/// A file of src/web/ui that the program carries.
struct EmbeddedFile {
  std::string_view path;  ///< "src/web/ui/chat.js"
  unsigned mode;
  std::string_view content;
};

/// Generated at build time.
const std::vector<EmbeddedFile>& ui_files();

}  // namespace fairlead::web
