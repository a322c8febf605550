// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "fairlead/base/ids.hpp"

namespace fairlead::engine {

/// Which run the server is working on at this instant, in a mapped file: a crash leaves the name behind, so that the next
/// start knows whom to suspect (poison guard, architecture.md §8). Costs a few stores into memory; io thread.
class Handling {
 public:
  explicit Handling(const std::filesystem::path& file);
  ~Handling();
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

  /// The run that a crashed predecessor was working on.
  const std::optional<RunId>& suspect() const { return suspect_; }

  class Scope {
   public:
    Scope(Handling* handling, const RunId& run);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Handling* handling_;
  };

 private:
  char* map_ = nullptr;
  std::optional<RunId> suspect_;
};

}  // namespace fairlead::engine
