// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "fairlead/engine/run_state.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::engine {

/// Writes the rows of runs and deployments anew from their events: what Store::rebuild is given. Sees every event of the log
/// once, oldest first. Thread of the call; keeps the state of unfinished runs only.
class Projection {
 public:
  void apply(store::Tx&, const store::Event&);
  std::size_t runs() const { return runs_; }

 private:
  std::map<std::string, RunState> live_;  ///< by stream
  std::size_t runs_ = 0;
};

}  // namespace fairlead::engine
