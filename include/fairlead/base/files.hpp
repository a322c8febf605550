// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

/// Whole file. Throws Error(not_found | io | too_large).
std::string read_file(const std::filesystem::path&, std::size_t max_bytes = 64u << 20);
/// nullopt when the file does not exist; throws for any other failure.
std::optional<std::string> read_file_if_exists(const std::filesystem::path&, std::size_t max_bytes = 64u << 20);

/// Durable replacement: temporary file, fsync, rename, fsync of the folder. Readers see the old or the new content.
void write_file_durably(const std::filesystem::path&, std::string_view content, mode_t mode = 0644);
/// Plain write, for files that may be lost.
void write_file(const std::filesystem::path&, std::string_view content, mode_t mode = 0644);

void make_folders(const std::filesystem::path&, mode_t mode = 0755);
void sync_folder(const std::filesystem::path&);
/// Removes a tree without following links; makes unwritable folders writable first. No error when it is absent.
void remove_tree(const std::filesystem::path&) noexcept;

/// Folder that is removed with the object.
class TempFolder {
 public:
  explicit TempFolder(std::string_view prefix = "fairlead-");
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fairlead
