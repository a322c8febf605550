// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/chat/cards.hpp"

/// Every card and view there is, drawn from the inputs of card_inputs.hpp.
namespace fairlead::chat::test {

struct Sample {
  std::string name;
  bool is_view = false;
  Json drawn;  ///< {text, blocks}, or the view
};

/// Grants that can be read back: the value is "v1." and the verb and arguments in hex digits of a hash.
CardContext sample_context(int revision = 1);
/// `spoil` is applied to every input before it is drawn.
std::vector<Sample> samples(const CardContext&, const std::function<Json(Json)>& spoil = {});
std::vector<std::string> problems_of(const Sample&);

}  // namespace fairlead::chat::test
