// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fairlead/base/pool.hpp"
#include "fairlead/engine/source.hpp"

namespace fairlead::cli {

/// The files that a push would bring, as they lie here: tracked or new, but not ignored; without Git, everything.
struct WorkingTree {
  std::filesystem::path root;
  std::string pipeline_file;  ///< as given, or ".fairlead.yml"; relative to root
  std::string app;            ///< name of the root folder, made a valid name
  std::string sha;            ///< of HEAD; 40 zeros without a commit
  std::string branch;
  std::string message;

  /// `file` empty: the .fairlead.yml found upwards from here. Throws Error(not_found).
  static WorkingTree find(const std::string& file);
  std::string pipeline_text() const;
};

/// The engine's view of a working tree. io thread; copies on the pool.
class TreeSource : public engine::Source {
 public:
  TreeSource(WorkingTree tree, Pool& pool) : tree_(std::move(tree)), pool_(pool) {}
  Awaitable<engine::SourceFiles> bring(engine::SourceRequest) override;
  Awaitable<std::vector<std::string>> copy_to(std::filesystem::path target);

 private:
  WorkingTree tree_;
  Pool& pool_;
};

}  // namespace fairlead::cli
