// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fairlead::sandbox::fleet {

/// Healthy members that must be there, and that may be there at most. Both are rounded up: above 100 percent there is always room for
/// one more.
struct Bounds {
  int desired = 0, least = 0, most = 0;
};
Bounds bounds_of(int desired, int least_percent, int most_percent);

/// Members of a group under refresh. Olds are those still to be replaced and free to be terminated.
struct Counts {
  int live = 0;          ///< in service or pending
  int ready = 0;         ///< in service, healthy, warmed up
  int ready_olds = 0, unready_olds = 0;
  int unready_fresh = 0; ///< replacements that are not ready yet
  int allowed = 0;       ///< how many olds may still go until the next checkpoint
};

struct Moves {
  int ready_olds = 0, unready_olds = 0;  ///< to terminate now
  int live = 0;                          ///< members there should be after that
};

/// The pace of an instance refresh: what is not healthy costs nothing; the rest goes as far as the bounds allow, and one at a time
/// when they allow nothing.
Moves next_moves(const Bounds&, const Counts&);

}  // namespace fairlead::sandbox::fleet
