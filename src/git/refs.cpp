// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/refs.hpp"

#include <algorithm>

namespace fairlead::git {
namespace {

bool is_ref_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && std::string_view("~^:?*[\\").find(c) == std::string_view::npos;
}

bool is_component(std::string_view part) { return !part.empty() && part.front() != '.' && !part.ends_with(".lock"); }

std::optional<std::string> below(std::string_view ref, std::string_view prefix) {
  if (!ref.starts_with(prefix) || ref.size() == prefix.size()) return std::nullopt;
  return std::string(ref.substr(prefix.size()));
}

}  // namespace

bool is_ref(std::string_view ref) {
  if (!ref.starts_with("refs/") || ref.size() > 1024 || ref.ends_with('.')) return false;
  if (!std::ranges::all_of(ref, is_ref_byte)) return false;
  if (ref.contains("..") || ref.contains("@{")) return false;
  while (true) {
    const auto slash = ref.find('/');
    if (!is_component(ref.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    ref.remove_prefix(slash + 1);
  }
}

std::optional<std::string> branch_of(std::string_view ref) { return below(ref, "refs/heads/"); }
std::optional<std::string> tag_of(std::string_view ref) { return below(ref, "refs/tags/"); }

bool is_zero_sha(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace fairlead::git
