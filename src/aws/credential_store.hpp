// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"

namespace fairlead::aws {

enum class Freshness { fresh, renew_soon, renew_now };

/// Credentials are renewed in the background from a third of their life (at most 15 min) before they expire, and waited for in the
/// last tenth (at most 2 min), so that no request leaves with ones that expire on the way. Pure.
Freshness freshness(Time obtained, std::optional<Time> expires, Time now);

/// Credentials per scope. Whoever needs new ones first fetches them, the others wait for that fetch. io thread only.
class CredentialStore {
 public:
  using Fetch = std::function<Awaitable<Credentials>(Scope)>;
  CredentialStore(asio::any_io_executor executor, Clock clock, Fetch fetch)
      : executor_(std::move(executor)), clock_(std::move(clock)), fetch_(std::move(fetch)) {}

  Awaitable<Credentials> get(Scope);
  /// AWS refused these as expired: the next get() fetches, unless somebody already has.
  void drop(const Scope&, const std::string& access_key);

 private:
  struct Entry;
  std::shared_ptr<Entry> entry_of(const Scope&);
  Awaitable<void> refresh(Scope scope, std::shared_ptr<Entry> entry);
  void renew_in_background(const Scope&, const std::shared_ptr<Entry>&);

  asio::any_io_executor executor_;
  Clock clock_;
  Fetch fetch_;
  std::map<Scope, std::shared_ptr<Entry>> entries_;
};

}  // namespace fairlead::aws
