// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "fairlead/base/files.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/git/mirror.hpp"
#include "fairlead/git/repository.hpp"

namespace fairlead::git {

/// Runs one coroutine to its end.
template <class T>
T finish(asio::io_context& io, Awaitable<T> work) {
  auto value = asio::co_spawn(io, std::move(work), asio::use_future);
  io.restart();
  while (value.wait_for(std::chrono::seconds(0)) != std::future_status::ready && io.run_one() > 0) {
  }
  return value.get();
}

/// A repository made by the git program, with fixed author and dates, in a folder of its own.
class Origin {
 public:
  Origin() { git({"init", "-q", "-b", "main"}); }

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string url() const { return "file://" + folder().string(); }

  /// Every start is a second later than the one before, so that commits have an order.
  Spawn command(std::vector<std::string> args, const std::filesystem::path& where = {}) {
    ++ticks_;
    args.insert(args.begin(), {"git", "-c", "core.fsync=none"});
    const auto date = "2026-01-01 00:" + std::to_string(ticks_ / 60 % 60) + ":" + std::to_string(ticks_ % 60) + " +0000";
    Spawn spec{.argv = std::move(args), .env = minimal_env(), .cwd = where.empty() ? folder() : where};
    for (const auto* who : {"AUTHOR", "COMMITTER"}) {
      const auto prefix = std::string("GIT_") + who;
      spec.env.insert({{prefix + "_NAME", "Dev"}, {prefix + "_EMAIL", "dev@example.com"}, {prefix + "_DATE", date}});
    }
    spec.env.insert({{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_ALLOW_PROTOCOL", "file"}});
    return spec;
  }

  /// Trimmed output; throws when git fails.
  std::string git(std::vector<std::string> args, std::filesystem::path where = {}, std::string input = {}) {
    asio::io_context io;
    const auto words = join(args, " ");
    auto spec = command(std::move(args), where);
    auto result = finish(io, run_process(std::move(spec), deadline_in(std::chrono::seconds(60)), 1u << 20, std::move(input)));
    if (!result.status.ok()) throw Error(ErrorKind::internal, "git " + words + ": " + result.err);
    return std::string(trim(result.out));
  }

  void write(const std::string& path, std::string_view content) {
    make_folders((folder() / path).parent_path());
    write_file(folder() / path, content);
  }

  /// Commits everything in the working tree.
  Sha commit(const std::string& message) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return head();
  }
  Sha commit(const std::string& path, std::string_view content) {
    write(path, content);
    return commit("change " + path);
  }
  Sha head() { return Sha(git({"rev-parse", "HEAD"})); }

 private:
  TempFolder folder_;
  int ticks_ = 0;
};

/// A mirror of an origin, with everything it needs.
struct MirrorWorld {
  Origin origin;
  TempFolder data;
  asio::io_context io;
  Pool pool{1};  // joined before the loop goes
  Mirror mirror{io.get_executor(), pool, data.path() / "git/shop.git", {origin.url(), {}}};

  FetchResult fetch(Want want = {}, std::chrono::milliseconds time = std::chrono::seconds(30)) {
    return finish(io, mirror.fetch(std::move(want), deadline_in(time)));
  }
  Repository repository() { return Repository(mirror.folder()); }
};

/// Kind and message of the Error that `work` throws; kind internal and "" when it throws none.
template <class F>
Error error_of(F work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, ""};
}

}  // namespace fairlead::git
