// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "fairlead/base/fd.hpp"

namespace fairlead::store::sqlite {

/// One server per data folder: an open-file-description lock on `<folder>/fairlead.lock`, which names the holder's pid.
/// The kernel drops it with the process, however it ends.
class FolderLock {
 public:
  /// Throws Error(refused) when another process holds it.
  explicit FolderLock(const std::filesystem::path& folder);

 private:
  Fd file_;
};

}  // namespace fairlead::store::sqlite
