// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

/// What a load balancer asks for each request.
using Ask = std::function<Route(const std::string& listener, const std::string& host, const std::string& path,
                                const std::map<std::string, std::string>& headers)>;

/// The load balancers: one HTTP server (or TCP relay) per listener on a loopback port, and the health probes. io thread.
class Balancers {
 public:
  Balancers(asio::any_io_executor, Ask, std::function<void(Fact)> tell);
  ~Balancers();

  /// Returns the port: the wanted one when it is free and not privileged.
  int open(const OpenListener&);
  void close(const std::string& listener);
  void probe(const Probe&);
  Awaitable<void> stop();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace fairlead::sandbox::shell
