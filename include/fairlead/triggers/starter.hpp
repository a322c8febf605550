// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "fairlead/base/ids.hpp"

namespace fairlead::store {
class Tx;
}
namespace fairlead::engine {
struct StartRequest;
struct Started;
}  // namespace fairlead::engine

namespace fairlead::triggers {

/// The two doors of the engine that a trigger uses: `create` inside the transaction that records the trigger, `wake` after
/// its commit. Given as functions so that tests see the requests.
struct Starter {
  std::function<engine::Started(store::Tx&, const engine::StartRequest&)> create;
  std::function<void(const RunId&)> wake;
};

}  // namespace fairlead::triggers
