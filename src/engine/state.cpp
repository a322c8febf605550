// SPDX-License-Identifier: Apache-2.0
#include "fairlead/engine/state.hpp"

#include <array>

namespace fairlead::engine {

namespace {
constexpr std::array<std::string_view, 9> words = {"queued",   "waiting", "running",    "succeeded", "failed",
                                                   "canceled", "skipped", "superseded", "lost"};
}

std::string_view to_string(State state) { return words.at(static_cast<std::size_t>(state)); }

std::optional<State> parse_state(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<State>(i);
  }
  return std::nullopt;
}

}  // namespace fairlead::engine
