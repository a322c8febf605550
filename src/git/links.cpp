// SPDX-License-Identifier: Apache-2.0
#include "git/links.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::git {

bool stays_inside(std::size_t depth, std::string_view target) {
  if (target.empty() || target.front() == '/') return false;
  bool named = false;
  for (const auto& part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      named = true;
    } else {
      if (named || depth == 0) return false;
      --depth;
    }
  }
  return true;
}

bool is_safe_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") return false;
  if (name.find('/') != std::string_view::npos || name.find('\0') != std::string_view::npos) return false;
  return to_lower(name) != ".git";
}

}  // namespace fairlead::git
