// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"

/// Texts as an attacker would write them into branches, commits, reasons, logs and names.
namespace fairlead::chat::test {

class Hostile {
 public:
  explicit Hostile(std::uint64_t seed) : random_(seed) {}
  std::string text();
  /// Every string of it may become hostile, every list long, a value now and then of another type.
  Json spoil(const Json&);
  std::size_t made() const { return made_; }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::mt19937_64 random_;
  std::size_t made_ = 0;
};

/// What got through that should not have, in any text of the drawing; empty: nothing.
std::vector<std::string> leaks(const Json& drawn);

}  // namespace fairlead::chat::test
