// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/projection.hpp"

#include "engine/rows.hpp"

namespace fairlead::engine {

void Projection::apply(store::Tx& tx, const store::Event& event) {
  if (!event.stream.starts_with("run:")) return;
  if (event.version == 1) ++runs_;
  auto found = live_.find(event.stream);
  if (found == live_.end()) {
    // New, or finished and retried by a person: then its earlier events are read again.
    RunState state;
    if (event.version > 1) state = fold(tx.events(event.stream, 0, static_cast<int>(event.version - 1)));
    found = live_.emplace(event.stream, std::move(state)).first;
  }
  const RunState before = found->second;
  engine::apply(found->second, event);
  tx.put_run(run_row(found->second));
  for (const auto& row : deployment_rows(before, found->second, tx)) tx.put_deployment(row);
  if (is_terminal(found->second.state)) live_.erase(found);
}

}  // namespace fairlead::engine
