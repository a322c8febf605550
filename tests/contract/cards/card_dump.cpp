// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "fairlead/base/strings.hpp"
#include "unit/chat/card_samples.hpp"
#include "unit/chat/hostile.hpp"

/// card_dump [ROUNDS]: every card and view, then ROUNDS times with hostile inputs; a line {name, view, drawn} each.
int main(int argc, char** argv) {
  using namespace fairlead;
  using namespace fairlead::chat::test;
  const auto print = [](const std::vector<Sample>& drawn, const std::string& suffix) {
    for (const auto& sample : drawn)
      std::cout << dump({{"name", sample.name + suffix}, {"view", sample.is_view}, {"drawn", sample.drawn}}) << '\n';
  };
  print(samples(sample_context()), "");
  chat::CardContext bare;  // no dashboard, no repository, no buttons
  print(samples(bare), "_bare");
  Hostile hostile(42);
  const auto rounds = argc > 1 ? parse_int(argv[1]).value_or(0) : 0;
  for (long long round = 1; round <= rounds; ++round)
    print(samples(sample_context(), [&](Json input) { return hostile.spoil(input); }), "_hostile_" + std::to_string(round));
  return std::cout.good() ? 0 : 1;
}
