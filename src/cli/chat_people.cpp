// SPDX-License-Identifier: Apache-2.0
#include "cli/chat_people.hpp"

#include "fairlead/base/json.hpp"
#include "fairlead/chat/links.hpp"

namespace fairlead::cli {

namespace {

Json shown(const chat::Link& link) {
  return {
      {"identity", link.identity}, {"person", link.person}, {"by", link.by}, {"linked_by", link.linked_by}, {"at", format_time(link.at)}};
}

Awaitable<Json> list(chat::Links* links) {
  Json all = Json::array();
  for (const auto& link : co_await links->list()) all.push_back(shown(link));
  co_return all;
}

Awaitable<Json> make(chat::Links* links, std::string identity, std::string person, std::string who) {
  co_return shown(co_await links->link(std::move(identity), std::move(person), "admin", std::move(who)));
}

Awaitable<Json> redeem(chat::Links* links, std::string code, engine::Person person) {
  co_return shown(co_await links->redeem(std::move(code), std::move(person)));
}

Awaitable<void> undo(chat::Links* links, std::string identity, std::string who) {
  co_await links->unlink(std::move(identity), std::move(who));
}

}  // namespace

web::PeopleDoor people_door(chat::Links& kept) {
  auto* const links = &kept;
  web::PeopleDoor door;
  door.known = [links](engine::Person person) { return links->known(std::move(person)); };
  door.list = [links] { return list(links); };
  door.link = [links](std::string identity, std::string person, std::string who) {
    return make(links, std::move(identity), std::move(person), std::move(who));
  };
  door.redeem = [links](std::string code, engine::Person person) { return redeem(links, std::move(code), std::move(person)); };
  door.unlink = [links](std::string identity, std::string who) { return undo(links, std::move(identity), std::move(who)); };
  return door;
}

}  // namespace fairlead::cli
