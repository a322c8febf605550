// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/ec2/rollout.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/deploy/actions.hpp"

namespace fairlead::aws {
class Aws;
}

namespace fairlead::deploy::ec2 {

/// What spreads the traffic over hosts. Leaving and joining are set-like: they may be asked for again. io thread.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// "target group web (arn…)", "HAProxy backend app", for the plan.
  virtual std::string describe() const = 0;
  /// Names of what must not be changed by two deploys at a time.
  virtual std::vector<std::string> resources() const { return {}; }
  /// Hosts that it does not know are not in the answer.
  virtual Awaitable<std::map<std::string, Traffic>> look(std::vector<Host>) = 0;
  virtual Awaitable<void> take_out(Host) = 0;
  virtual Awaitable<void> put_in(Host) = 0;
  /// Connections that it still has to the host; nullopt: it cannot tell, the host is asked.
  virtual Awaitable<std::optional<int>> connections(Host) { co_return std::nullopt; }
  /// Its own times, for the plan's estimate.
  struct Times {
    Duration drain{0};   ///< at most, until connections are cut
    Duration health{0};  ///< from joining until healthy
  };
  virtual Awaitable<Times> times() { co_return Times{}; }
  /// What it saw and a restarted server could not see any more.
  virtual Json memory() const { return Json::object(); }
  virtual void recall(const Json&) {}
  /// Ports on which a host gets its traffic; none: not known.
  virtual std::vector<int> ports(const Host&) const { return {}; }
};

/// ELBv2 target groups by name or ARN. Throws Error(not_found) when one does not exist. A group forgets who left it: a note is kept of
/// every target that was taken out, until it is back, so that a later deploy knows one that had to stay out.
Awaitable<std::unique_ptr<Balancer>> find_target_groups(const Parts&, aws::Scope, std::vector<std::string> wanted);

/// What two target groups say of a host: the worse; out only when it is out of both.
Traffic over_groups(const Traffic&, const Traffic&);

/// HAProxy by its runtime API. `socket`: a path on this server, or "host:port". A server of the backend is a host's when it has its
/// address or is named as it.
std::unique_ptr<Balancer> make_haproxy(asio::any_io_executor, std::string socket, std::string backend);

/// Rows of `show stat` (CSV) of a backend. Pure.
struct HaproxyServer {
  std::string name, address, status, check, last_check;
  int sessions = 0;
};
std::vector<HaproxyServer> parse_haproxy_stat(const std::string& csv, const std::string& backend);
/// Backends that have servers.
std::vector<std::string> haproxy_backends(const std::string& csv);
Traffic traffic_of(const HaproxyServer&);

}  // namespace fairlead::deploy::ec2
