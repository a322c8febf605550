// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/mirror.hpp"

#include "fairlead/git/url.hpp"
#include "git/mirror_state.hpp"

namespace fairlead::git {

Mirror::State::State(asio::any_io_executor ex, Pool& workers, std::filesystem::path where, Remote from)
    : executor(std::move(ex)),
      pool(workers),
      folder(std::move(where)),
      remote(std::move(from)),
      url(redact(without_credentials(remote.url))),
      changed(executor) {}

Mirror::Mirror(asio::any_io_executor executor, Pool& pool, std::filesystem::path folder, Remote remote)
    : state_(std::make_shared<State>(std::move(executor), pool, std::filesystem::absolute(folder), std::move(remote))) {}
Mirror::Mirror(Mirror&&) noexcept = default;
Mirror& Mirror::operator=(Mirror&&) noexcept = default;
Mirror::~Mirror() = default;

const std::filesystem::path& Mirror::folder() const { return state_->folder; }
const std::string& Mirror::url() const { return state_->url; }

void Mirror::set_remote(Remote remote) {
  state_->url = redact(without_credentials(remote.url));
  state_->remote = std::move(remote);
}

Awaitable<FetchResult> Mirror::fetch(Want want, Deadline deadline) { return git::fetch(state_, std::move(want), deadline); }

Awaitable<RemoteRefs> Mirror::ls_remote(Deadline deadline) { return git::ls_remote(state_->remote, state_->home(), deadline); }

Awaitable<bool> Mirror::has(Sha sha) {
  return reading(state_, [sha = std::move(sha)](Repository& repository) { return repository.has(sha); });
}

Awaitable<std::optional<Resolved>> Mirror::resolve(std::string name) {
  return reading(state_, [name = std::move(name)](Repository& repository) { return repository.resolve(name); });
}

Awaitable<Commit> Mirror::commit(Sha sha) {
  return reading(state_, [sha = std::move(sha)](Repository& repository) { return repository.commit(sha); });
}

Awaitable<std::optional<std::string>> Mirror::read_file(Sha sha, std::string path) {
  return reading(state_,
                 [sha = std::move(sha), path = std::move(path)](Repository& repository) { return repository.read_file(sha, path); });
}

Awaitable<std::expected<Changes, std::string>> Mirror::changed_paths(PushRange push) {
  return reading(state_, [push = std::move(push)](Repository& repository) { return repository.changed_paths(push); });
}

Awaitable<CommitRange> Mirror::commits_between(Sha from, Sha to, std::size_t limit) {
  return reading(state_, [from = std::move(from), to = std::move(to), limit](Repository& repository) {
    return repository.commits_between(from, to, limit);
  });
}

Awaitable<bool> Mirror::is_ancestor(Sha ancestor, Sha descendant) {
  return reading(state_, [ancestor = std::move(ancestor), descendant = std::move(descendant)](Repository& repository) {
    return repository.is_ancestor(ancestor, descendant);
  });
}

Awaitable<std::vector<Ref>> Mirror::branches(std::size_t limit) {
  return reading(state_, [limit](Repository& repository) { return repository.branches(limit); });
}

Awaitable<std::vector<Ref>> Mirror::tags(std::size_t limit) {
  return reading(state_, [limit](Repository& repository) { return repository.tags(limit); });
}

Awaitable<CheckoutResult> Mirror::checkout(Sha sha, std::filesystem::path folder, CheckoutOptions options) {
  if (options.origin.empty()) options.origin = state_->url;
  return reading(state_, [sha = std::move(sha), folder = std::move(folder), options = std::move(options)](Repository& repository) {
    return repository.checkout(sha, folder, options);
  });
}

}  // namespace fairlead::git
