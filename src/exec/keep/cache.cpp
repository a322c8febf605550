// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/cache.hpp"

#include <algorithm>

#include "exec/job/folders.hpp"
#include "exec/keep/archive.hpp"
#include "exec/keep/files.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;

std::string file_of(const std::string& key) { return sha256_hex(key).substr(0, 32); }

}  // namespace

CacheStore::CacheStore(const fs::path& data, std::int64_t limit) : folder_(data / "cache"), limit_(limit) {}

std::optional<CacheEntry> CacheStore::find(const std::string& app, const std::string& key, const std::vector<std::string>& prefixes) const {
  const auto folder = folder_ / key_as_file_name(app);
  if (auto archive = folder / (file_of(key) + ".tar.zst"); is_present(archive)) return CacheEntry{key, archive, true};
  struct Candidate {
    std::string key;
    std::int64_t created = 0;
    fs::path archive;
  };
  std::vector<Candidate> all;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != ".json") continue;
    const auto json = parse_json(read_file_if_exists(entry.path(), 64 << 10).value_or("{}"));
    all.push_back({text_at(json, "key"), number_at(json, "created"), fs::path(entry.path()).replace_extension(".tar.zst")});
  }
  std::ranges::sort(all, std::ranges::greater(), &Candidate::created);
  for (const auto& prefix : prefixes) {
    for (const auto& candidate : all) {
      if (candidate.key.starts_with(prefix) && is_present(candidate.archive)) return CacheEntry{candidate.key, candidate.archive, false};
    }
  }
  return std::nullopt;
}

std::vector<std::string> CacheStore::restore(const CacheEntry& entry, const CacheRoots& roots) const {
  std::error_code ignored;
  fs::last_write_time(entry.archive, fs::file_time_type::clock::now(), ignored);
  return unpack(entry.archive, {{"work/", roots.base}, {"home/", roots.home}});
}

bool CacheStore::save(const std::string& app, const std::string& key, const std::vector<std::string>& paths,
                      const CacheRoots& roots) const {
  const auto archive = folder_ / key_as_file_name(app) / (file_of(key) + ".tar.zst");
  if (is_present(archive)) return false;
  std::vector<std::string> in_base, in_home;
  for (const auto& path : paths) {
    if (path == "~" || path.starts_with("~/"))
      in_home.push_back(path.size() > 2 ? path.substr(2) : ".");
    else if (!inside(roots.base, path))
      throw Error(ErrorKind::invalid, "the path \"" + path + "\" lies neither in the workspace nor in ~");
    else
      in_base.push_back(path);
  }
  std::vector<PackSource> sources;
  if (!in_base.empty()) sources.push_back({roots.base, matching_files(roots.base, in_base), "work/"});
  if (!in_home.empty()) sources.push_back({roots.home, matching_files(roots.home, in_home), "home/"});
  std::erase_if(sources, [](const PackSource& source) { return source.files.empty(); });
  if (sources.empty()) return false;
  const auto packed = pack(archive, sources);
  const Json description{{"key", key}, {"created", to_micros(now())}, {"size", packed.size}};
  write_file(fs::path(archive).replace_extension("").replace_extension(".json"), dump(description) + '\n');
  make_room();
  return true;
}

void CacheStore::make_room() const {
  struct Used {
    fs::file_time_type at;
    std::int64_t size = 0;
    fs::path archive;
  };
  std::vector<Used> all;
  std::int64_t total = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder_, ignored)) {
    if (entry.path().extension() != ".zst") continue;
    const auto size = static_cast<std::int64_t>(entry.file_size(ignored));
    all.push_back({entry.last_write_time(ignored), size, entry.path()});
    total += size;
  }
  std::ranges::sort(all, {}, &Used::at);
  for (const auto& used : all) {
    if (total <= limit_) return;
    fs::remove(used.archive, ignored);
    fs::remove(fs::path(used.archive).replace_extension("").replace_extension(".json"), ignored);
    total -= used.size;
  }
}

}  // namespace fairlead::exec
