// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "fairlead/base/json.hpp"
#include "web/answers.hpp"
#include "web/fields.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

template <class Function>
const Function& given(const Function& function) {
  if (!function) throw Error(ErrorKind::unavailable, "this server keeps no links between accounts");
  return function;
}

/// Links by person: [{"id", "identities": [{identity, by, linked_by, at}]}]; what was unlinked is nobody's.
Json by_person(const Json& links) {
  std::map<std::string, Json> persons;
  for (auto link : links) {
    const auto person = text_at(link, "person");
    if (person.empty()) continue;
    link.erase("person");
    auto& entry = persons[person];
    if (entry.is_null()) entry = {{"id", person}, {"identities", Json::array()}};
    entry["identities"].push_back(std::move(link));
  }
  Json list = Json::array();
  for (auto& [id, entry] : persons) list.push_back(std::move(entry));
  return list;
}

}  // namespace

Awaitable<net::Response> list_users(Call& call) {
  call.require_whole_server();
  const auto links = co_await given(call.services.parts.people.list)();
  co_return net::Response::json(200, by_person(links));
}

Awaitable<net::Response> link_user(Call& call) {
  call.require_whole_server();
  const Fields body(call.request.body, {"identity", "person"});
  auto identity = body.required_text("identity");
  auto person = body.required_text("person");
  const auto& link = given(call.services.parts.people.link);
  co_return net::Response::json(201, co_await link(std::move(identity), std::move(person), call.who.person.id));
}

/// The account will have all the rights of the person: a token that has fewer may not give it those.
Awaitable<net::Response> redeem_code(Call& call) {
  call.require_whole_server();
  if (call.who.access < access_of(call.who.person, call.services.config))
    throw Error(ErrorKind::refused, "this token may do less than " + call.who.person.id + ", so it can link no account to them",
                "use a token without a lower role");
  const Fields body(call.request.body, {"code"});
  auto code = body.required_text("code");
  co_return net::Response::json(201, co_await given(call.services.parts.people.redeem)(std::move(code), call.who.person));
}

Awaitable<net::Response> unlink_user(Call& call) {
  call.require_whole_server();
  auto identity = call.parameter("identity");
  co_await given(call.services.parts.people.unlink)(std::move(identity), call.who.person.id);
  co_return net::Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace fairlead::web
