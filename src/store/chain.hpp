// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fairlead/store/rows.hpp"

namespace fairlead::store {

/// End of the log: what the next event follows.
struct Chain {
  std::int64_t seq = 0;
  std::string hash = std::string(32, '\0');  ///< raw; of the event `seq`, zeros before the first
};

/// SHA-256 of (previous hash ‖ seq, stream, version, type, at, actor, payload), each field as its length in decimal, ':'
/// and its bytes, so that no two rows have the same text. Raw 32 bytes. Fixed for ever: histories are verified with it.
std::string event_hash(std::string_view previous, const Event&);

}  // namespace fairlead::store
