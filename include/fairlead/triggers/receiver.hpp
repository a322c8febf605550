// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/triggers/delivery.hpp"
#include "fairlead/triggers/match.hpp"
#include "fairlead/triggers/starter.hpp"

namespace fairlead {
class Pool;
}
namespace fairlead::store {
class Store;
}

namespace fairlead::triggers {

/// Largest body a hooks route takes; the server refuses larger ones before they are read.
inline constexpr std::size_t largest_hook_body = 25u << 20;

struct HookRequest {
  Provider provider = Provider::github;
  std::string app;  ///< of /hooks/http/<app>
  Headers headers;
  std::string body;
};

struct HookReply {
  int status = 200;
  std::string body;                     ///< JSON: the verdict, or a problem document from 400 on
  std::optional<int> retry_after = {};  ///< seconds, with 503
  /// application/json or application/problem+json.
  std::string_view content_type() const;
};

/// `POST /hooks/…`: verify, read, and in one transaction deduplicate, keep the raw delivery and create one run for each app it
/// is for; answers after the commit. io thread; lives as long as the server. Never throws: every failure is a reply.
///   202 accepted · 200 ignored or duplicate · 400 not what the event promises · 401 signature · 413 · 503 disk or store full
class Receiver {
 public:
  struct Parts {
    store::Store* store = nullptr;
    Pool* pool = nullptr;
    Clock clock = now;
    Starter starter;
    /// Configured secrets of a host, or of an app's http hook; for codecommit the ARNs of the topics. Empty: nothing is
    /// accepted there.
    std::function<Awaitable<std::vector<Secret>>(Provider, std::string app)> secrets;
    /// GET of an https address of AWS (certificates and confirmations of SNS); the body. Absent: codecommit is refused.
    std::function<Awaitable<std::string>(std::string url)> fetch = {};
    /// Called after a change of the app's branch that started no run was recorded: nobody reads its pipeline file otherwise.
    std::function<void(const std::string& app)> branch_moved = {};
  };

  Receiver(Parts, std::vector<AppAddress>);

  /// For requests that start from now on.
  void set_apps(std::vector<AppAddress>);
  Awaitable<HookReply> handle(HookRequest);

  struct Counts {
    std::uint64_t accepted = 0, ignored = 0, duplicate = 0, rejected = 0, failed = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  Awaitable<HookReply> receive(const HookRequest&);
  Awaitable<bool> is_from_sns(const HookRequest&, const std::vector<Secret>& topics, Time at);

  Parts parts_;
  std::shared_ptr<const AppIndex> apps_;
  std::map<std::string, std::string, std::less<>> certificates_;  ///< of SNS, by address
  Counts counts_;
};

}  // namespace fairlead::triggers
