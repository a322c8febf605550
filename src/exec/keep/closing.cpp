// SPDX-License-Identifier: Apache-2.0
#include "exec/keep/closing.hpp"

#include "exec/keep/archive.hpp"
#include "exec/keep/artifacts.hpp"
#include "exec/keep/cache.hpp"
#include "exec/keep/reports.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;

struct CacheRequest {
  std::string key;
  std::vector<std::string> paths, restore_keys;
};

/// The job's caches with their keys evaluated against the workspace as it is now.
std::vector<CacheRequest> cache_requests(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base) {
  pipeline::Scope scope;
  if (spec.contexts) scope.contexts = *spec.contexts;
  scope.hash_files = [&](const std::vector<std::string>& patterns) { return hash_files(base, patterns); };
  const auto resolved = shared.parts.resolve ? shared.parts.resolve(spec.job->cache, scope) : spec.job->cache;
  std::vector<CacheRequest> requests;
  for (const auto& entry : resolved) {
    requests.push_back(
        {text_at(entry, "key"), entry.value("paths", std::vector<std::string>()), entry.value("restore-keys", std::vector<std::string>())});
  }
  return requests;
}

CacheRoots roots_of(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base) {
  if (!spec.job->container.is_null()) return {base, home_folder(workspace_folder(shared.parts.data, spec.key))};
  return {base, env_value("HOME").value_or("/root")};
}

/// A key may depend on files that a step changes: the one that was asked for when the job opened counts.
fs::path keys_file(const LocalExecutor::Shared& shared, const engine::JobSpec& spec) {
  return job_folder(shared.parts.data, spec.key, spec.job->folder) / "cache.json";
}

void restore_caches(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base,
                    std::vector<std::string>& lines) {
  const CacheStore store(shared.parts.data, shared.parts.cache_limit);
  Json keys = Json::array();
  for (const auto& request : cache_requests(shared, spec, base)) {
    keys.push_back(request.key);
    try {
      const auto found = store.find(spec.app, request.key, request.restore_keys);
      if (!found) {
        lines.push_back("cache " + request.key + ": none yet");
        continue;
      }
      for (const auto& remark : store.restore(*found, roots_of(shared, spec, base))) lines.push_back("cache " + found->key + ": " + remark);
      lines.push_back("cache " + request.key + ": restored" + (found->exact ? "" : " from " + found->key));
    } catch (const Error& error) {
      lines.push_back("cache " + request.key + ": not restored: " + error.message());
    }
  }
  write_file(keys_file(shared, spec), dump(keys) + '\n');
}

void save_caches(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base,
                 std::vector<std::string>& warnings) {
  const CacheStore store(shared.parts.data, shared.parts.cache_limit);
  const auto keys = parse_json(read_file_if_exists(keys_file(shared, spec)).value_or("[]"));
  std::size_t index = 0;
  for (const auto& request : cache_requests(shared, spec, base)) {
    const auto key = index < keys.size() && keys[index].is_string() ? keys[index].get<std::string>() : request.key;
    ++index;
    try {
      store.save(spec.app, key, request.paths, roots_of(shared, spec, base));
    } catch (const Error& error) {
      warnings.push_back("cache " + key + " not saved: " + error.message());
    }
  }
}

}  // namespace

bool restores_something(const engine::JobSpec& spec) { return !spec.artifacts_from.empty() || (spec.job && !spec.job->cache.empty()); }

std::vector<std::string> restore(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base) {
  std::vector<std::string> lines;
  for (const auto& [run, job] : spec.artifacts_from) {
    const auto artifacts = list_artifacts(shared.parts.data, run, job);
    if (artifacts.empty()) lines.push_back("job " + job + " kept no artifacts");
    for (const auto& artifact : artifacts) {
      for (const auto& remark : unpack(artifact.path, {{"", base}})) lines.push_back("artifact " + artifact.name + ": " + remark);
      lines.push_back("artifact " + artifact.name + " of " + job + ": " + std::to_string(artifact.files) + " files");
    }
  }
  if (spec.job && !spec.job->cache.empty()) restore_caches(shared, spec, base, lines);
  return lines;
}

bool keeps_something(const engine::JobSpec& spec) {
  return spec.job && (!spec.job->cache.empty() || !spec.job->artifacts.empty() || !spec.job->reports.empty());
}

engine::JobResults collect(const LocalExecutor::Shared& shared, const engine::JobSpec& spec, const fs::path& base,
                           const MaskPatterns& patterns, bool succeeded) {
  engine::JobResults results;
  for (const auto& [name, globs] : spec.job->artifacts) {
    try {
      if (keep_artifact(shared.parts.data, spec.key.run, spec.key.job, name, base, globs))
        results.artifacts.push_back(name);
      else
        results.warnings.push_back("artifact " + name + ": no file matches " + join(globs, ", "));
    } catch (const Error& error) {
      results.warnings.push_back("artifact " + name + " not kept: " + error.message());
    }
  }
  if (!spec.job->reports.empty()) {
    try {
      auto reports = read_reports(base, spec.job->reports, patterns, results.warnings);
      if (!reports.is_null()) results.reports = std::make_shared<const Json>(std::move(reports));
    } catch (const Error& error) {
      results.warnings.push_back("reports not read: " + error.message());
    }
  }
  if (succeeded && spec.trusted && !spec.job->cache.empty()) save_caches(shared, spec, base, results.warnings);
  return results;
}

void write_closed(const fs::path& folder, const engine::JobResults& results) {
  const Json json{
      {"artifacts", results.artifacts}, {"warnings", results.warnings}, {"reports", results.reports ? *results.reports : Json()}};
  const auto part = folder / "closed.json.part";
  write_file(part, dump(json) + '\n');
  fs::rename(part, folder / "closed.json");
}

std::optional<engine::JobResults> read_closed(const fs::path& folder) {
  const auto text = read_file_if_exists(folder / "closed.json");
  if (!text) return std::nullopt;
  const auto json = parse_json(*text);
  engine::JobResults results;
  results.artifacts = json.value("artifacts", results.artifacts);
  results.warnings = json.value("warnings", results.warnings);
  if (const auto& reports = member(json, "reports"); !reports.is_null()) results.reports = std::make_shared<const Json>(reports);
  return results;
}

}  // namespace fairlead::exec
