// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/chat/links.hpp"

namespace fairlead::chat {

namespace {

bool same(const std::string& a, const std::string& b) { return !a.empty() && to_lower(a) == to_lower(b); }

bool among(const std::set<std::string>& ids, const std::string& one) {
  return std::ranges::any_of(ids, [&](const std::string& id) { return same(id, one); });
}

/// The owner that a link names, for the person's id before their aliases.
std::string owner_of(const engine::Person& person, const std::vector<Link>& links) {
  std::vector<std::string> identities{person.id};
  identities.insert(identities.end(), person.aliases.begin(), person.aliases.end());
  for (const auto& identity : identities) {
    const auto link = std::ranges::find_if(links, [&](const Link& one) { return !one.person.empty() && same(one.identity, identity); });
    if (link != links.end()) return link->person;
  }
  return "";
}

}  // namespace

engine::Person with_links(engine::Person person, const std::vector<Link>& links) {
  if (const auto owner = owner_of(person, links); !owner.empty() && !same(owner, person.id)) {
    person.aliases.insert(person.id);
    person.id = owner;
  }
  std::set<std::string> ids = person.aliases;
  ids.insert(person.id);
  for (const auto& link : links) {
    if (same(link.person, person.id)) {
      person.aliases.insert(link.identity);
      ids.insert(link.identity);
    }
  }
  std::set<std::string> excludes;
  for (const auto& link : links) {
    if (among(ids, link.identity)) excludes.insert(link.seen.begin(), link.seen.end());
    if (std::ranges::none_of(link.seen, [&](const std::string& was) { return among(ids, was); })) continue;
    excludes.insert(link.identity);
    if (!link.person.empty()) excludes.insert(link.person);
  }
  for (const auto& one : excludes)
    if (!among(ids, one)) person.excluded_as.insert(one);
  person.aliases.erase(person.id);
  return person;
}

}  // namespace fairlead::chat
