// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::pipeline {
namespace {

bool is_visible(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

}  // namespace

bool is_person(std::string_view text) {
  if (text == "*") return true;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto kind = text.substr(0, colon);
  auto name = text.substr(colon + 1);
  if (kind == "github" && name.starts_with("team:")) {
    const auto parts = split(name.substr(5), '/');
    return parts.size() == 2 && is_visible(parts[0]) && is_visible(parts[1]);
  }
  if (kind == "slack" && name.starts_with('@')) name.remove_prefix(1);
  const bool known = kind == "user" || kind == "token" || kind == "slack" || kind == "github" || kind == "local";
  return known && is_visible(name) && !name.contains(':');
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer: return "viewer";
    case Role::deployer: return "deployer";
    case Role::admin: return "admin";
  }
  return "viewer";
}

}  // namespace fairlead::pipeline
