// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/net/http.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox::shell {

/// The world's time: the real one, never going back, or one that only `POST /_sandbox/clock` moves.
struct SandboxClock {
  bool manual = false;
  Time at{};

  Time now() {
    if (!manual) at = std::max(at, fairlead::now());
    return at;
  }
};

/// GET|POST /_sandbox/…: faults, ledger, clock, times, overview, health. Needs no signature.
net::Response control(World&, SandboxClock&, net::Request&);

}  // namespace fairlead::sandbox::shell
