// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace fairlead::aws {

struct ShapeText {
  std::string_view operation;
  std::string_view text;
};

inline std::string_view text_in(std::span<const ShapeText> rows, std::string_view operation) {
  const auto at = std::ranges::find(rows, operation, &ShapeText::operation);
  return at == rows.end() ? std::string_view() : at->text;
}

/// Empty when the table has none.
std::string_view answer_shape_text(std::string_view operation);
std::string_view input_shape_text(std::string_view operation);

}  // namespace fairlead::aws
