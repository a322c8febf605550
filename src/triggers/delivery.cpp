// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/delivery.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/strings.hpp"

namespace fairlead::triggers {
namespace {

constexpr std::array<std::pair<std::string_view, Provider>, 6> providers{{{"github", Provider::github},
                                                                          {"gitlab", Provider::gitlab},
                                                                          {"bitbucket", Provider::bitbucket},
                                                                          {"gitea", Provider::gitea},
                                                                          {"codecommit", Provider::codecommit},
                                                                          {"http", Provider::http}}};

bool same_name(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_skip_trailer(std::string_view line) {
  auto text = to_lower(trim(line));
  constexpr std::string_view key = "skip-checks:";
  return text.starts_with(key) && trim(std::string_view(text).substr(key.size())) == "true";
}

}  // namespace

std::string_view to_string(Provider provider) {
  for (const auto& [name, value] : providers)
    if (value == provider) return name;
  return "unknown";
}

std::optional<Provider> provider_from(std::string_view name) {
  for (const auto& [known, value] : providers)
    if (known == name) return value;
  return std::nullopt;
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::push: return "push";
    case Kind::tag: return "tag";
    case Kind::pull_request: return "pull-request";
    case Kind::http: return "http";
  }
  return "push";
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

std::string_view Headers::get(std::string_view name) const {
  auto found = std::ranges::find_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
  return found == fields_.end() ? std::string_view() : std::string_view(found->second);
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

std::string actor_name(const Delivery& delivery) {
  std::string provider(to_string(delivery.provider));
  const auto& who = !delivery.actor.login.empty() ? delivery.actor.login : delivery.actor.id;
  if (delivery.provider == Provider::http && who.empty()) return provider + ":" + delivery.app;
  return who.empty() ? provider : provider + ":" + who;
}

std::optional<std::string> skip_marker(std::string_view message) {
  static constexpr std::array<std::string_view, 5> markers{"[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]", "[deploy skip]"};
  auto text = to_lower(message);
  for (auto marker : markers)
    if (text.find(marker) != std::string::npos) return std::string(marker);
  for (const auto& line : split_lines(message))
    if (is_skip_trailer(line)) return "skip-checks: true";
  return std::nullopt;
}

}  // namespace fairlead::triggers
