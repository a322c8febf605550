// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::exec {

/// Where the paths of a cache lie: "~/…" below `home`, the rest below `base`.
struct CacheRoots {
  std::filesystem::path base, home;
};

struct CacheEntry {
  std::string key;
  std::filesystem::path archive;
  bool exact = false;
};

/// Caches of all apps: `<data>/cache/<app>/<hash of key>.tar.zst`. A key is written once and never changed; what has not been
/// used for longest goes when all together grow above the limit. Blocks: pool thread.
class CacheStore {
 public:
  CacheStore(const std::filesystem::path& data, std::int64_t limit);

  /// The cache with this key, else the newest one whose key begins with one of `prefixes`, in their order.
  std::optional<CacheEntry> find(const std::string& app, const std::string& key, const std::vector<std::string>& prefixes) const;
  /// Extracts it and marks it as used. Returns what was left out.
  std::vector<std::string> restore(const CacheEntry&, const CacheRoots&) const;
  /// Packs the paths (folders, files, globs). False when the key is there already or nothing matches.
  bool save(const std::string& app, const std::string& key, const std::vector<std::string>& paths, const CacheRoots&) const;

 private:
  void make_room() const;

  std::filesystem::path folder_;
  std::int64_t limit_;
};

}  // namespace fairlead::exec
