// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/git/mirror.hpp"
#include "fairlead/git/repository.hpp"

namespace fairlead::git {

/// One transfer that several callers may wait for. An abandoned one (its leader ran out of time or was cancelled) says nothing
/// about the remote: who waits takes over.
struct Flight {
  enum class Outcome { pending, succeeded, failed, abandoned };
  Outcome outcome = Outcome::pending;
  std::exception_ptr error;
};

/// io thread only.
struct Mirror::State {
  State(asio::any_io_executor ex, Pool& workers, std::filesystem::path where, Remote from);

  std::filesystem::path home() const { return folder.parent_path() / "home"; }

  asio::any_io_executor executor;
  Pool& pool;
  std::filesystem::path folder;
  Remote remote;
  std::string url;  ///< without credentials
  std::vector<std::unique_ptr<Repository>> idle;
  std::map<std::string, std::shared_ptr<Flight>> queued;  ///< by what is wanted; not started yet
  bool busy = false;                                      ///< a git child works on the folder
  bool swept = false;                                     ///< leftovers of an earlier server are gone
  bool untidy = false;                                    ///< many refs came at once: each is a file of its own
  Signal changed;                                         ///< `busy` or a flight changed
};

using MirrorState = std::shared_ptr<Mirror::State>;

/// An open repository for one reader. It goes back to the others only after a success: one that failed may look at a folder that
/// was replaced under it.
class Loan {
 public:
  explicit Loan(MirrorState state) : state_(std::move(state)) {
    if (state_->idle.empty()) return;
    repository_ = std::move(state_->idle.back());
    state_->idle.pop_back();
  }

  /// Pool thread.
  Repository& repository() {
    if (!repository_) repository_ = std::make_unique<Repository>(state_->folder);
    return *repository_;
  }

  void give_back() {
    constexpr std::size_t kept = 4;
    if (repository_ && state_->idle.size() < kept) state_->idle.push_back(std::move(repository_));
  }

 private:
  MirrorState state_;
  std::unique_ptr<Repository> repository_;
};

/// Runs `work(Repository&)` on the pool.
template <class F>
Awaitable<std::invoke_result_t<F, Repository&>> reading(MirrorState state, F work) {
  Loan loan(state);
  auto value = co_await state->pool.run([&loan, &work] { return work(loan.repository()); });
  loan.give_back();
  co_return value;
}

Awaitable<FetchResult> fetch(MirrorState, Want, Deadline);

}  // namespace fairlead::git
