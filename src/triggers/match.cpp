// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/match.hpp"

#include <set>

#include "fairlead/base/strings.hpp"
#include "fairlead/git/url.hpp"

namespace fairlead::triggers {

AppIndex::AppIndex(std::vector<AppAddress> apps) : apps_(std::move(apps)) {
  for (std::size_t i = 0; i < apps_.size(); ++i) {
    if (auto identity = git::normalize_url(apps_[i].repository); !identity.empty()) by_repository_.emplace(identity, i);
    if (!apps_[i].full_name.empty()) by_full_name_.emplace(to_lower(apps_[i].full_name), i);
  }
}

std::vector<const AppAddress*> AppIndex::match(const Delivery& delivery) const {
  std::set<std::size_t> found;
  auto add = [&](const auto& index, const std::string& key) {
    for (auto [it, end] = index.equal_range(key); it != end; ++it) found.insert(it->second);
  };
  if (delivery.provider == Provider::http) {
    for (std::size_t i = 0; i < apps_.size(); ++i)
      if (apps_[i].name == delivery.app) found.insert(i);
  } else {
    for (const auto& url : delivery.repository.urls) add(by_repository_, git::normalize_url(url));
    add(by_full_name_, to_lower(delivery.repository.full_name));
  }
  std::vector<const AppAddress*> apps;
  for (auto i : found) apps.push_back(&apps_[i]);
  return apps;
}

}  // namespace fairlead::triggers
