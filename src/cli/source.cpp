// SPDX-License-Identifier: Apache-2.0
#include "cli/source.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/git/types.hpp"

namespace fairlead::cli {

namespace {

constexpr auto fetch_limit = std::chrono::minutes(10);

std::string branch_of(const std::string& ref) { return ref.starts_with("refs/heads/") ? ref.substr(11) : ""; }
std::string tag_of(const std::string& ref) { return ref.starts_with("refs/tags/") ? ref.substr(10) : ""; }

/// What a push changed, or the reason why it is not known.
Awaitable<void> add_changes(git::Mirror& mirror, engine::SourceRequest request, std::string default_branch, engine::SourceFiles& files) {
  if (request.before.empty()) co_return;
  git::PushRange range{request.before, files.sha, request.ref, std::move(default_branch)};
  auto changes = co_await mirror.changed_paths(std::move(range));
  if (changes) {
    files.changed = std::move(changes->paths);
  } else {
    files.changed_note = "changed paths are not known (" + changes.error() + "), so path filters match everything";
  }
}

/// "2 submodules are empty folders: a, b"
void add_note(std::vector<std::string>& notes, const std::vector<std::string>& paths, const std::string& one, const std::string& many) {
  constexpr std::size_t most_names = 10;
  if (paths.empty()) return;
  std::vector<std::string> names(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(std::min(paths.size(), most_names)));
  for (auto& name : names) name = ellipsize(strip_control(name), 200);
  if (paths.size() > most_names) names.push_back("and " + std::to_string(paths.size() - most_names) + " more");
  notes.push_back(std::to_string(paths.size()) + " " + (paths.size() == 1 ? one : many) + ": " + join(names, ", "));
}

}  // namespace

std::vector<std::string> checkout_notes(const git::CheckoutResult& result) {
  std::vector<std::string> notes;
  add_note(notes, result.submodules, "submodule is left as an empty folder, submodules are not fetched",
           "submodules are left as empty folders, submodules are not fetched");
  add_note(notes, result.lfs_pointers, "file is in Git LFS, only its pointer was written: `git lfs pull` needs the program and access",
           "files are in Git LFS, only their pointers were written: `git lfs pull` needs the program and access");
  add_note(notes, result.outside_links, "symbolic link leads out of the repository and was not created",
           "symbolic links lead out of the repository and were not created");
  return notes;
}

GitSource::GitSource(asio::any_io_executor executor, Pool& pool, std::filesystem::path data,
                     std::shared_ptr<const pipeline::ServerConfig> config, Access access)
    : executor_(std::move(executor)), pool_(pool), data_(std::move(data)), config_(std::move(config)), access_(std::move(access)) {}

git::Mirror& GitSource::mirror(const std::string& app) {
  if (const auto known = mirrors_.find(app); known != mirrors_.end()) return known->second;
  const auto settings = config_->apps.find(app);
  if (settings == config_->apps.end()) throw Error(ErrorKind::not_found, "there is no app \"" + app + "\"");
  git::Remote remote{settings->second.repository, {}};
  return mirrors_.emplace(app, git::Mirror(executor_, pool_, data_ / "git" / (app + ".git"), std::move(remote))).first->second;
}

/// A commit that is here needs no credentials; else they are looked up anew, so that a changed token works at once.
Awaitable<git::FetchResult> GitSource::fetch(git::Mirror& mirror, const std::string& app, git::Want want) {
  if (want.sha && co_await mirror.has(*want.sha)) co_return co_await mirror.fetch(std::move(want), deadline_in(fetch_limit));
  mirror.set_remote({config_->apps.at(app).repository, co_await access_(app)});
  co_return co_await mirror.fetch(std::move(want), deadline_in(fetch_limit));
}

Awaitable<git::RemoteRefs> GitSource::list_refs(std::string app) {
  git::Mirror& known = mirror(app);
  known.set_remote({config_->apps.at(app).repository, co_await access_(app)});
  co_return co_await known.ls_remote(deadline_in(std::chrono::seconds(60)));
}

Awaitable<engine::SourceFiles> GitSource::bring(engine::SourceRequest request) {
  git::Mirror& mirror = this->mirror(request.app);
  const pipeline::AppConfig& app = config_->apps.at(request.app);
  engine::SourceFiles files;
  std::string ref = request.ref;
  if (!request.sha.empty()) {
    const git::Want want{ref.starts_with("refs/") ? ref : "", request.sha};
    const auto fetched = co_await fetch(mirror, request.app, want);
    files.sha = fetched.sha.value_or(request.sha);
  } else {
    const std::string name = branch_of(ref).empty() ? ref : branch_of(ref);
    // A short name may be a tag as well, and it may have moved: bring everything, then look.
    co_await fetch(mirror, request.app, git::Want{});
    auto resolved = co_await mirror.resolve(ref);
    if (!resolved) resolved = co_await mirror.resolve(name);
    if (!resolved) {
      throw Error(ErrorKind::not_found, "there is no branch, tag or commit \"" + name + "\" in " + mirror.url());
    }
    files.sha = resolved->sha;
    if (!resolved->ref.empty()) ref = resolved->ref;
  }
  files.branch = branch_of(ref);
  files.tag = tag_of(ref);
  files.on_default_branch = files.branch == app.branch;
  const git::Commit commit = co_await mirror.commit(files.sha);
  files.message = std::string(trim(commit.message));
  files.author = commit.author.name;
  files.author_email = commit.author.email;
  files.pipeline = co_await mirror.read_file(files.sha, request.pipeline_path);
  co_await add_changes(mirror, std::move(request), app.branch, files);
  co_return files;
}

Awaitable<engine::SourceChanges> GitSource::changes(std::string app, Sha from, Sha to) {
  git::Mirror& mirror = this->mirror(app);
  engine::SourceChanges changes;
  if (!co_await mirror.has(from)) {
    changes.note = "commit " + from.str().substr(0, 12) + ", which is deployed, is not in the repository any more";
    co_return changes;
  }
  auto range = co_await mirror.commits_between(from, to);
  changes.total = range.total;
  for (auto& commit : range.commits)
    changes.commits.push_back({commit.sha, commit.message.substr(0, commit.message.find('\n')), commit.author.name, commit.time});
  changes.behind = (co_await mirror.commits_between(to, from, 0)).total;
  auto paths = co_await mirror.changed_paths({from.str(), to, {}, {}});
  if (paths)
    changes.files = std::move(paths->paths);
  else
    changes.note = paths.error();
  co_return changes;
}

Awaitable<std::optional<std::string>> GitSource::file(std::string app, Sha sha, std::string path) {
  git::Mirror& mirror = this->mirror(app);
  if (!co_await mirror.has(sha)) co_await fetch(mirror, app, git::Want{"", sha});
  co_return co_await mirror.read_file(sha, std::move(path));
}

Awaitable<std::vector<std::string>> GitSource::checkout(std::string app, Sha sha, std::filesystem::path target) {
  git::Mirror& mirror = this->mirror(app);
  if (!co_await mirror.has(sha)) co_await fetch(mirror, app, git::Want{"", sha});
  git::CheckoutOptions options;
  options.origin = mirror.url();
  co_return checkout_notes(co_await mirror.checkout(sha, std::move(target), std::move(options)));
}

}  // namespace fairlead::cli
