// SPDX-License-Identifier: Apache-2.0
#include "exec/job/step_files.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), allowed) && !(name[0] >= '0' && name[0] <= '9');
}

/// The next line without its end, taken off `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Assignments parse_assignments(std::string_view text, std::string_view variable) {
  Assignments result;
  int number = 0;
  const auto problem = [&](int line, const std::string& what) {
    result.problems.push_back("$" + std::string(variable) + " line " + std::to_string(line) + ": " + what + ": left out");
  };
  while (!text.empty()) {
    const auto line = take_line(text);
    const int at = ++number;
    if (trim(line).empty()) continue;
    const auto equals = line.find('=');
    const auto heredoc = line.find("<<");
    if (heredoc != std::string_view::npos && (equals == std::string_view::npos || heredoc < equals)) {
      const auto name = trim(line.substr(0, heredoc));
      const auto end = line.substr(heredoc + 2);
      std::string value;
      bool ended = false, first = true;
      while (!text.empty() && !ended) {
        const auto next = take_line(text);
        ++number;
        ended = next == end;
        if (ended) break;
        if (!first) value += '\n';
        value += next;
        first = false;
      }
      if (!is_name(name) || end.empty())
        problem(at, "not of the form name<<END");
      else if (!ended)
        problem(at, "no line \"" + strip_control(end) + "\" ends the value of " + std::string(name));
      else
        result.values[std::string(name)] = value;
    } else if (equals == std::string_view::npos || !is_name(trim(line.substr(0, equals)))) {
      problem(at, "neither name=value nor name<<END");
    } else {
      result.values[std::string(trim(line.substr(0, equals)))] = line.substr(equals + 1);
    }
  }
  return result;
}

bool is_reserved_variable(std::string_view name) {
  constexpr std::array<std::string_view, 6> shells{"CI", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "IFS"};
  return name == "FAIRLEAD" || name.starts_with("FAIRLEAD_") || name.find('-') != std::string_view::npos ||
         std::find(shells.begin(), shells.end(), name) != shells.end();
}

}  // namespace fairlead::exec
