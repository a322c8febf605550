// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::engine {

/// Who waits for a slot.
struct SlotRequest {
  std::string key;        ///< "<run id>/<job>": unique
  std::string app;        ///< fairness is between apps
  int band = 2;           ///< 0 control, 1 deploy, 2 default branch, 3 pull request, 4 schedule
  std::int64_t order = 0; ///< of the run: earlier first within an app
};

/// Slots of one executor. Bands 0 and 1 go first; between the apps of the other bands turns are fair (stride), and within an
/// app the band decides, then the order: a thousand builds of one app hold up another's first by one slot time, pull requests
/// included. With at least two slots, bands 0–1 may use one more than there are, so that a deploy never waits for builds.
/// O(log n) a decision. A value without clock or I/O; io thread.
class SlotQueue {
 public:
  explicit SlotQueue(int slots);
  ~SlotQueue();
  SlotQueue(SlotQueue&&) noexcept;

  void request(SlotRequest);             ///< again with the same key: no change
  void withdraw(const std::string& key); ///< waiting or holding: forget it
  void occupy(const std::string& key);   ///< a job adopted at boot holds a slot, even above the limit
  std::vector<std::string> grant();      ///< keys that get a slot now (they hold it until withdraw)
  std::optional<std::size_t> position(const std::string& key) const;  ///< how many wait before it; may be O(n)
  int slots() const;
  int busy() const;
  std::size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::engine
