// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fleet/pace.hpp"

#include <algorithm>

namespace fairlead::sandbox::fleet {

namespace {

int percent_of(int number, int percent) { return (number * percent + 99) / 100; }

}  // namespace

Bounds bounds_of(int desired, int least_percent, int most_percent) {
  return {desired, percent_of(desired, least_percent), std::max(desired, percent_of(desired, most_percent))};
}

Moves next_moves(const Bounds& bounds, const Counts& counts) {
  Moves moves;
  const int allowed = std::max(counts.allowed, 0);
  moves.unready_olds = std::min(counts.unready_olds, allowed);
  const int left = std::min(counts.ready_olds, allowed - moves.unready_olds);
  moves.ready_olds = std::clamp(counts.ready - bounds.least, 0, left);
  const bool stuck = moves.ready_olds + moves.unready_olds == 0 && bounds.most == bounds.desired;
  const bool quiet = counts.unready_fresh == 0 && counts.live >= bounds.desired;
  if (stuck && quiet) moves.ready_olds = std::min(left, 1);
  moves.live = std::min(bounds.most, bounds.desired + allowed - moves.unready_olds - moves.ready_olds);
  return moves;
}

}  // namespace fairlead::sandbox::fleet
