// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/artifacts.hpp"

#include <algorithm>

#include "exec/job/folders.hpp"
#include "exec/keep/archive.hpp"
#include "exec/keep/files.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& data, const RunId& run, const std::string& job) {
  return data / "artifacts" / run.str() / key_as_file_name(job);
}

std::optional<Artifact> read_artifact(const fs::path& description) {
  const auto text = read_file_if_exists(description, 64 << 10);
  if (!text) return std::nullopt;
  const auto json = parse_json(*text);
  auto archive = description;
  archive.replace_extension(".tar.zst");
  return Artifact{text_at(json, "name"),  archive, number_at(json, "size"), number_at(json, "bytes"), number_at(json, "files"),
                  text_at(json, "sha256")};
}

}  // namespace

std::vector<Artifact> list_artifacts(const fs::path& data, const RunId& run, const std::string& job) {
  std::vector<Artifact> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_of(data, run, job), ignored)) {
    if (entry.path().extension() != ".json") continue;
    if (auto artifact = read_artifact(entry.path())) found.push_back(std::move(*artifact));
  }
  std::ranges::sort(found, {}, &Artifact::name);
  return found;
}

std::optional<Artifact> find_artifact(const fs::path& data, const RunId& run, const std::string& job, const std::string& name) {
  return read_artifact(folder_of(data, run, job) / (key_as_file_name(name) + ".json"));
}

std::optional<Artifact> keep_artifact(const fs::path& data, const RunId& run, const std::string& job, const std::string& name,
                                      const fs::path& base, const std::vector<std::string>& patterns) {
  auto files = matching_files(base, patterns);
  if (files.empty()) return std::nullopt;
  const auto folder = folder_of(data, run, job);
  const auto file = key_as_file_name(name);
  const auto packed = pack(folder / (file + ".tar.zst"), {{base, std::move(files), ""}});
  const Json description{
      {"name", name}, {"size", packed.size}, {"bytes", packed.bytes}, {"files", packed.files}, {"sha256", packed.sha256}};
  write_file_durably(folder / (file + ".json"), dump(description) + '\n');  // last: it says that the archive is whole
  return read_artifact(folder / (file + ".json"));
}

}  // namespace fairlead::exec
