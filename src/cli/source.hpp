// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/pool.hpp"
#include "fairlead/engine/source.hpp"
#include "fairlead/git/mirror.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

/// What of a commit is not in its checkout, as lines for a log.
std::vector<std::string> checkout_notes(const git::CheckoutResult&);

/// The engine's view of Git, over one mirror per app. io thread.
class GitSource : public engine::Source {
 public:
  using Access = std::function<Awaitable<git::Credentials>(std::string app)>;
  GitSource(asio::any_io_executor, Pool&, std::filesystem::path data, std::shared_ptr<const pipeline::ServerConfig>, Access);

  Awaitable<engine::SourceFiles> bring(engine::SourceRequest) override;
  Awaitable<engine::SourceChanges> changes(std::string app, Sha from, Sha to) override;
  Awaitable<std::optional<std::string>> file(std::string app, Sha sha, std::string path) override;
  /// What the remote has now. Errors as git::Mirror::ls_remote.
  Awaitable<git::RemoteRefs> list_refs(std::string app);
  /// Throws Error(not_found) for an unknown app.
  git::Mirror& mirror(const std::string& app);
  /// The workspace of a job: the commit, brought again should the mirror have been removed meanwhile. Returns what is not as in the
  /// commit, for the job's log.
  Awaitable<std::vector<std::string>> checkout(std::string app, Sha sha, std::filesystem::path target);

 private:
  Awaitable<git::FetchResult> fetch(git::Mirror&, const std::string& app, git::Want);

  asio::any_io_executor executor_;
  Pool& pool_;
  std::filesystem::path data_;
  std::shared_ptr<const pipeline::ServerConfig> config_;
  Access access_;
  std::map<std::string, git::Mirror> mirrors_;
};

}  // namespace fairlead::cli
