// SPDX-License-Identifier: Apache-2.0
#include "aws/credential_store.hpp"

#include <algorithm>

#include "fairlead/base/log.hpp"

namespace fairlead::aws {

using namespace std::chrono_literals;

struct CredentialStore::Entry {
  explicit Entry(const asio::any_io_executor& executor) : changed(executor) {}
  std::optional<Credentials> credentials;
  Time obtained{};
  bool fetching = false;
  int fetches = 0;            ///< finished ones, good or bad
  std::exception_ptr failed;  ///< of the last one
  Time background_not_before{};
  Signal changed;
};

Freshness freshness(Time obtained, std::optional<Time> expires, Time now) {
  if (!expires) return Freshness::fresh;
  const Duration life = std::max(Duration(0), *expires - obtained);
  const Duration left = *expires - now;
  if (left <= std::min<Duration>(2min, life / 10)) return Freshness::renew_now;
  if (left <= std::min<Duration>(15min, life / 3)) return Freshness::renew_soon;
  return Freshness::fresh;
}

std::shared_ptr<CredentialStore::Entry> CredentialStore::entry_of(const Scope& scope) {
  Scope key = scope;
  key.account.clear();  // a hint, not an identity
  auto& entry = entries_[key];
  if (!entry) entry = std::make_shared<Entry>(executor_);
  return entry;
}

void CredentialStore::drop(const Scope& scope, const std::string& access_key) {
  const auto entry = entry_of(scope);
  if (entry->credentials && entry->credentials->access_key == access_key) entry->credentials.reset();
}

Awaitable<void> CredentialStore::refresh(Scope scope, std::shared_ptr<Entry> entry) {
  // Cleared also when this coroutine is cancelled: then the next one in line fetches.
  struct Flag {
    std::shared_ptr<Entry> entry;
    ~Flag() {
      entry->fetching = false;
      entry->changed.notify_all();
    }
  };
  entry->fetching = true;
  const Flag flag{entry};
  try {
    auto fetched = co_await fetch_(scope);
    entry->obtained = clock_();
    entry->credentials = std::move(fetched);
    entry->failed = nullptr;
    ++entry->fetches;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    entry->failed = std::current_exception();
    ++entry->fetches;
  }
}

void CredentialStore::renew_in_background(const Scope& scope, const std::shared_ptr<Entry>& entry) {
  if (entry->fetching || clock_() < entry->background_not_before) return;
  entry->background_not_before = clock_() + 60s;
  entry->fetching = true;
  spawn(executor_, "aws.credentials", refresh(scope, entry));
}

Awaitable<Credentials> CredentialStore::get(Scope scope) {
  const auto entry = entry_of(scope);
  const int fetches_before = entry->fetches;
  while (true) {
    const auto state = entry->credentials ? freshness(entry->obtained, entry->credentials->expires, clock_()) : Freshness::renew_now;
    if (state == Freshness::renew_soon) renew_in_background(scope, entry);
    if (state != Freshness::renew_now) co_return *entry->credentials;
    if (entry->fetches > fetches_before && (entry->failed || entry->credentials)) {
      if (!entry->failed) co_return *entry->credentials;  // expired when they came: AWS will say so, with a sentence of its own
      // What is still valid for a while is better than nothing.
      const bool usable = entry->credentials && entry->credentials->expires && *entry->credentials->expires > clock_();
      if (!usable) std::rethrow_exception(entry->failed);
      log::warn("aws.credentials", {{"source", entry->credentials->source}, {"error", describe(entry->failed)}});
      co_return *entry->credentials;
    }
    if (entry->fetching)
      co_await entry->changed.wait();
    else
      co_await refresh(scope, entry);
  }
}

}  // namespace fairlead::aws
