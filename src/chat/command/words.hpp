// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::chat {

/// A word of what somebody wrote: quotes taken off, Slack's `<…>` and entities undone, typographic dashes and full-width letters plain,
/// what nobody can see left out.
struct Word {
  std::string text;
  std::size_t begin = 0, end = 0;  ///< in the source
  bool quoted = false;             ///< begins with a quote: never a keyword
  std::string account;             ///< "U1" or "C1" of a mention
};

std::vector<Word> words_of(std::string_view source);

/// A part of the source as a person would read it, in one line; quotes around the whole of it are taken off.
std::string spoken(std::string_view source);

}  // namespace fairlead::chat
