// SPDX-License-Identifier: Apache-2.0
#include "cli/retention.hpp"

#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::cli {

namespace {

constexpr auto interval = std::chrono::hours(1);

std::size_t remove_expired(const std::filesystem::path& root, std::optional<Duration> keep, const std::set<std::string>& unfinished) {
  if (!keep) return 0;
  const auto folders = expired_runs(root, *keep, now(), unfinished);
  for (const auto& folder : folders) remove_tree(folder);
  return folders.size();
}

}  // namespace

std::optional<Time> time_of_run(const std::string& id) {
  if (id.size() != 36 || id[8] != '-' || id[14] != '7') return std::nullopt;
  std::int64_t millis = 0;
  for (const char c : id.substr(0, 8) + id.substr(9, 4)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    millis = millis * 16 + digit;
  }
  return from_micros(millis * 1000);
}

std::vector<std::filesystem::path> expired_runs(const std::filesystem::path& root, Duration keep, Time now,
                                                const std::set<std::string>& unfinished) {
  std::vector<std::filesystem::path> expired;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const std::string name = entry.path().filename().string();
    const auto created = time_of_run(name);
    if (created && now - *created > keep && !unfinished.contains(name)) expired.push_back(entry.path());
  }
  return expired;
}

Awaitable<void> keep_retention(store::Store& store, Pool& pool, std::filesystem::path data, pipeline::RetentionConfig retention) {
  while (true) {
    const auto unfinished = co_await store.read([](store::View& view) {
      std::set<std::string> ids;
      for (const auto& row : view.unfinished_runs()) ids.insert(row.id.str());
      return ids;
    });
    const auto removed = co_await pool.run([&] {
      return remove_expired(data / "runs", retention.logs, unfinished) +
             remove_expired(data / "artifacts", retention.artifacts, unfinished);
    });
    if (removed > 0) log::info("retention.removed", {{"folders", removed}});
    co_await sleep_for(interval);
  }
}

}  // namespace fairlead::cli
