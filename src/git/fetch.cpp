// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/log.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/git/url.hpp"
#include "git/fetch_plan.hpp"
#include "git/git_child.hpp"
#include "git/local_remote.hpp"
#include "git/mirror_state.hpp"

namespace fairlead::git {
namespace {

constexpr std::size_t tidy_at = 40;  // every fetch adds a pack, and every look-up may ask every pack
constexpr auto tidy_time = std::chrono::minutes(30);

/// The right to run a git child on the folder; given back on every way out.
class Turn {
 public:
  explicit Turn(MirrorState state) : state_(std::move(state)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!held_) return;
    state_->busy = false;
    state_->changed.notify_all();
  }

  Awaitable<void> take(Deadline deadline) {
    while (state_->busy)
      if (!co_await state_->changed.wait_until(deadline) && state_->busy)
        throw Error(ErrorKind::timeout, "fetching " + state_->url + ": another transfer of the same repository did not end in time");
    state_->busy = held_ = true;
  }

 private:
  MirrorState state_;
  bool held_ = false;
};

/// Tells those who wait for a flight how it ended, also when its leader is cancelled.
class Landing {
 public:
  Landing(MirrorState state, std::string key) : state_(std::move(state)), key_(std::move(key)), flight_(std::make_shared<Flight>()) {
    state_->queued[key_] = flight_;
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() {
    depart();
    if (flight_->outcome == Flight::Outcome::pending) flight_->outcome = Flight::Outcome::abandoned;
    state_->changed.notify_all();
  }

  /// From now on others may not join: what they want may be newer than what this transfer brings.
  void depart() {
    if (const auto it = state_->queued.find(key_); it != state_->queued.end() && it->second == flight_) state_->queued.erase(it);
  }
  void succeed() { flight_->outcome = Flight::Outcome::succeeded; }
  void fail(const Error& error) {
    if (error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::canceled) return;
    flight_->outcome = Flight::Outcome::failed;
    flight_->error = std::make_exception_ptr(error);
  }

 private:
  MirrorState state_;
  std::string key_;
  std::shared_ptr<Flight> flight_;
};

/// The commit for what is wanted, as far as it is here.
Awaitable<std::optional<Sha>> find_wanted(MirrorState state, Want want) {
  auto look = [want](Repository& repository) -> std::optional<Sha> {
    if (want.sha) return repository.peel(*want.sha);
    if (want.ref.empty()) return std::nullopt;
    if (const auto found = repository.resolve(want.ref)) return found->sha;
    return std::nullopt;
  };
  co_return co_await reading(state, std::move(look));
}

/// A remote on this machine is looked at directly: a start of git costs more than everything else before a run's first step.
Awaitable<bool> nothing_new(MirrorState state, std::string ref) {
  const auto url = parse_url(state->remote.url);
  if (!url || url->form != Url::Form::file) co_return false;
  auto look = [path = url->path, ref = std::move(ref)](Repository& repository) { return is_current(repository, path, ref); };
  co_return co_await reading(state, std::move(look));
}

/// What a git that was killed leaves behind: locks that stop the next one, half a pack that fills the disk. Only for the holder
/// of the turn.
std::size_t remove_leftovers(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    const auto& path = entry.path();
    const bool half_pack = path.filename().string().starts_with("tmp_") && path.string().contains("/objects/");
    if (half_pack || path.extension() == ".lock") leftovers.push_back(path);
  }
  std::size_t removed = 0;
  for (const auto& path : leftovers) removed += std::filesystem::remove(path, ignored);
  return removed;
}

Awaitable<std::size_t> sweep(MirrorState state) {
  const auto removed = co_await state->pool.run([folder = state->folder] { return remove_leftovers(folder); });
  if (removed > 0) log::warn("git.swept", {{"mirror", state->folder.filename().string()}, {"removed", removed}});
  co_return removed;
}

Awaitable<void> run_fetch(MirrorState state, FetchTry what, Deadline deadline) {
  std::vector<std::string> command = {"--git-dir=" + state->folder.string(),
                                      "fetch",
                                      "--quiet",
                                      "--no-write-fetch-head",
                                      "--no-auto-maintenance",
                                      "--no-recurse-submodules",
                                      "--force"};
  if (what.prune) command.emplace_back("--prune");
  auto child = git_child(state->remote, state->home(), std::move(command), what.refspecs);
  co_await run_git(std::move(child), deadline, "fetching");
}

Awaitable<void> run_fetch_past_locks(MirrorState state, FetchTry what, Deadline deadline) {
  std::optional<Error> failure;
  try {
    co_await run_fetch(state, what, deadline);
  } catch (const Error& error) {
    failure = error;
  }
  if (!failure) co_return;
  const bool locked = is_stale_lock(failure->message());
  const bool killed = failure->kind() == ErrorKind::timeout;
  const auto removed = locked || killed ? co_await sweep(state) : 0;
  if (!locked || removed == 0) throw Error(*failure);
  co_await run_fetch(state, what, deadline);
}

Awaitable<void> transfer(MirrorState state, Want want, Deadline deadline) {
  if (!std::exchange(state->swept, true)) co_await sweep(state);  // of the server before this one
  const bool empty = co_await reading(state, [](Repository& repository) { return repository.packs() == 0; });
  state->untidy |= empty;
  auto tries = fetch_plan(want, empty);
  std::optional<Error> failure;
  for (auto& what : tries) {
    failure.reset();
    try {
      co_await run_fetch_past_locks(state, what, deadline);
    } catch (const Error& error) {
      if (!may_go_on(error, want)) throw;
      failure = error;
    }
    if (!failure && want.ref.empty() && !want.sha) co_return;
    if (!failure && co_await find_wanted(state, want)) co_return;
  }
  if (failure) throw Error(*failure);
}

/// One pack and one file of refs instead of many: look-ups and checkouts read all of them.
Awaitable<void> tidy(MirrorState state) {
  Turn turn(state);
  co_await turn.take(deadline_in(tidy_time));
  const std::vector<std::vector<std::string>> commands = {{"repack", "-d", "-q", "--geometric=2"}, {"pack-refs", "--all"}};
  for (auto command : commands) {
    command.insert(command.begin(), "--git-dir=" + state->folder.string());
    const auto result = co_await run_process(local_git(state->home(), std::move(command)), deadline_in(tidy_time));
    if (!result.status.ok()) log::warn("git.tidy", {{"mirror", state->folder.filename().string()}, {"said", result.err}});
  }
  state->idle.clear();  // they hold the old packs open
}

Awaitable<void> tidy_when_due(MirrorState state) {
  const auto packs = co_await reading(state, [](Repository& repository) { return repository.packs(); });
  if (!std::exchange(state->untidy, false) && packs < tidy_at) co_return;
  auto report = [](std::exception_ptr error) { log::warn("git.tidy", {{"said", describe(error)}}); };
  spawn(state->executor, "git.tidy", tidy(state), report);
}

Awaitable<void> lead(MirrorState state, std::string key, Want want, Deadline deadline) {
  Landing landing(state, key);
  Turn turn(state);
  co_await turn.take(deadline);
  landing.depart();
  try {
    // Someone else's transfer may have brought the commit while this one waited.
    const bool here = want.sha && co_await find_wanted(state, want);
    if (!here) co_await transfer(state, want, deadline);
    landing.succeed();
  } catch (const Error& error) {
    landing.fail(error);
    throw;
  }
}

/// Waits for a transfer that has not started; false when it was abandoned.
Awaitable<bool> join(MirrorState state, std::shared_ptr<Flight> flight, Deadline deadline) {
  while (flight->outcome == Flight::Outcome::pending)
    if (!co_await state->changed.wait_until(deadline) && flight->outcome == Flight::Outcome::pending)
      throw Error(ErrorKind::timeout, "fetching " + state->url + ": the transfer of another caller did not end in time");
  if (flight->outcome == Flight::Outcome::failed) std::rethrow_exception(flight->error);
  co_return flight->outcome == Flight::Outcome::succeeded;
}

Error missing(const MirrorState& state, const Want& want) {
  const auto what = want.sha ? "commit " + want.sha->str() : want.ref;
  return {ErrorKind::not_found, what + " is not in " + state->url,
          "its branch was changed or deleted meanwhile, or it was never pushed there"};
}

}  // namespace

Awaitable<FetchResult> fetch(MirrorState state, Want want, Deadline deadline) {
  check_want(want);
  if (want.sha) {
    if (auto here = co_await find_wanted(state, want)) co_return FetchResult{false, here};
  } else if (co_await nothing_new(state, want.ref)) {
    co_return FetchResult{false, co_await find_wanted(state, want)};
  }
  const auto key = want.ref + "\n" + (want.sha ? want.sha->str() : "");
  for (bool done = false; !done;) {
    const auto waiting = state->queued.find(key);
    if (waiting != state->queued.end()) {
      done = co_await join(state, waiting->second, deadline);
    } else {
      co_await lead(state, key, want, deadline);
      co_await tidy_when_due(state);
      done = true;
    }
  }
  if (want.ref.empty() && !want.sha) co_return FetchResult{true, std::nullopt};
  auto found = co_await find_wanted(state, want);
  if (!found) throw missing(state, want);
  co_return FetchResult{true, found};
}

}  // namespace fairlead::git
