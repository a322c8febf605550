// SPDX-License-Identifier: Apache-2.0
#include "aws/ini.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

std::string section_name(std::string_view inside) {
  std::vector<std::string> words;
  for (const auto& word : split(replace_all(std::string(inside), "\t", " "), ' '))
    if (!word.empty()) words.push_back(word);
  return join(words, " ");
}

/// A comment after a value needs a blank before its mark.
std::string_view without_comment(std::string_view value) {
  for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) value = value.substr(0, value.find(mark));
  return trim(value);
}

}  // namespace

Ini parse_ini(std::string_view text) {
  Ini out;
  IniSection* section = nullptr;
  for (const auto& line : split_lines(text)) {
    const auto content = trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[') {
      const auto close = content.find(']');
      section = close == std::string_view::npos ? nullptr : &out[section_name(content.substr(1, close - 1))];
      continue;
    }
    const auto equals = content.find('=');
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (!section || indented || equals == std::string_view::npos) continue;
    (*section)[to_lower(trim(content.substr(0, equals)))] = std::string(without_comment(content.substr(equals + 1)));
  }
  return out;
}

}  // namespace fairlead::aws
