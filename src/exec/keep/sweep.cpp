// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/sweep.hpp"

#include "exec/job/folders.hpp"
#include "exec/job/shared.hpp"
#include "exec/log/seekable.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/pool.hpp"

namespace fairlead::exec {
namespace {

namespace fs = std::filesystem;

/// Short logs take one block either way.
constexpr std::uintmax_t worth_compressing = 4096;

Time changed_at(const fs::path& path) {
  const auto at = std::chrono::file_clock::to_sys(fs::last_write_time(path));
  return std::chrono::time_point_cast<Duration>(at);
}

bool older(const fs::path& path, std::chrono::seconds age, Time now) { return age.count() > 0 && now - changed_at(path) > age; }

class Sweep {
 public:
  Sweep(const fs::path& data, const SweepRules& rules, Time now) : data_(data), rules_(rules), now_(now) {}

  Swept run() {
    each(data_ / "runs", [&](const fs::path& run) {
      each(run, [&](const fs::path& attempt) { tidy(attempt); });
      remove_if_empty(run);
    });
    each(data_ / "artifacts", [&](const fs::path& run) {
      if (!older(run, rules_.artifacts, now_)) return;
      remove_tree(run);
      ++swept_.artifacts;
    });
    each(data_ / "cache", [&](const fs::path& app) { remove_unused(app); });
    return swept_;
  }

 private:
  template <class Visit>
  void each(const fs::path& folder, Visit visit) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (!entry.is_directory(ignored) || entry.is_symlink(ignored)) continue;
      try {
        visit(entry.path());
      } catch (const std::exception& error) {
        log::warn("sweep.failed", {{"folder", entry.path().string()}, {"error", error.what()}});
      }
    }
  }

  static void remove_if_empty(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_empty(folder, ignored)) fs::remove(folder, ignored);
  }

  void tidy(const fs::path& attempt) {
    const auto closed = attempt / "closed.json";
    if (!is_present(closed)) return;
    if (older(closed, rules_.workspaces, now_)) remove_workspace_of(attempt);
    if (older(closed, rules_.logs, now_)) {
      remove_tree(attempt);
      ++swept_.logs_removed;
    } else if (older(closed, rules_.plain_logs, now_)) {
      each(attempt, [&](const fs::path& step) { compress(step); });
    }
  }

  void remove_workspace_of(const fs::path& attempt) {
    const auto record = read_record(attempt);
    if (!record || record->workspace.empty() || !is_present(record->workspace)) return;
    const auto inside_data = fs::path(record->workspace).lexically_relative(data_ / "workspaces");
    if (inside_data.empty() || *inside_data.begin() == "..") return;
    remove_workspace(record->workspace);
    ++swept_.workspaces;
  }

  void remove_unused(const fs::path& app) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(app, ignored)) {
      if (entry.path().extension() != ".zst" || !older(entry.path(), rules_.caches, now_)) continue;
      fs::remove(entry.path());
      fs::remove(fs::path(entry.path()).replace_extension("").replace_extension(".json"));
      ++swept_.caches;
    }
  }

  void compress(const fs::path& step) {
    std::error_code ignored;
    const auto log = step / "log";
    if (!fs::is_regular_file(fs::symlink_status(log, ignored)) || fs::file_size(log, ignored) < worth_compressing) return;
    compress_seekable(log, step / "log.zst");
    fs::remove(log);
    ++swept_.logs_compressed;
  }

  const fs::path& data_;
  const SweepRules& rules_;
  Time now_;
  Swept swept_;
};

constexpr auto sweep_every = std::chrono::minutes(10);

}  // namespace

Awaitable<void> sweep_regularly(Pool& pool, fs::path data, SweepRules rules) {
  while (true) {
    co_await sleep_for(sweep_every);
    const auto swept = co_await pool.run([&] { return sweep(data, rules, now()); });
    log::debug("swept", {{"workspaces", swept.workspaces},
                         {"logs_compressed", swept.logs_compressed},
                         {"logs_removed", swept.logs_removed},
                         {"artifacts", swept.artifacts},
                         {"caches", swept.caches}});
  }
}

Swept sweep(const fs::path& data, const SweepRules& rules, Time now) { return Sweep(data, rules, now).run(); }

}  // namespace fairlead::exec
