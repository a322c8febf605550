// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/links.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view kind = "chat.link";
constexpr std::string_view code_kind = "chat.link-code";
constexpr Duration code_life = std::chrono::minutes(10);
constexpr auto memory = std::chrono::seconds(2);

Json link_json(const Link& link) {
  return {{"person", link.person}, {"by", link.by}, {"linked_by", link.linked_by}, {"at", to_micros(link.at)}, {"seen", link.seen}};
}

Link link_from(const store::Doc& doc) {
  const Json json = parse_json(doc.body);
  Link link{.identity = doc.key, .person = text_at(json, "person"), .by = text_at(json, "by"), .linked_by = text_at(json, "linked_by")};
  link.at = time_at(json, "at").value_or(Time{});
  for (const auto& was : member(json, "seen")) link.seen.insert(was.get<std::string>());
  return link;
}

std::vector<Link> read(store::View& view) {
  std::vector<Link> links;
  for (const auto& doc : view.list(kind)) links.push_back(link_from(doc));
  return links;
}

std::optional<Link> find(store::View& view, const std::string& identity) {
  const auto doc = view.get(kind, identity);
  if (!doc) return std::nullopt;
  return link_from(*doc);
}

/// Slack's ids have upper case letters, everything else is compared without regard to it.
std::string spelled(const std::string& who) { return who.starts_with("slack:") ? who : to_lower(who); }

/// The owner is always a `user:`: whoever is taken for a local user is admin unless `roles` says otherwise.
std::string checked_owner(const std::string& who) {
  if (!who.starts_with("user:") || !pipeline::is_person(who))
    throw Error(ErrorKind::usage, "\"" + ellipsize(who, 100) + "\" is no person", "write user:<name or e-mail>");
  return spelled(who);
}

std::string checked(const std::string& who) {
  const bool group = who == "*" || who.starts_with("github:team:") || who.starts_with("slack:@");
  if (group || !pipeline::is_person(who))
    throw Error(ErrorKind::usage, "\"" + ellipsize(who, 100) + "\" is no identity",
                "write user:<name or e-mail>, slack:U123 or github:<login>");
  return spelled(who);
}

void keep(store::Tx& tx, const Link& link, const std::string& type) {
  tx.put(kind, link.identity, dump(link_json(link)));
  const Json payload{{"identity", link.identity}, {"person", link.person}, {"by", link.by}};
  tx.append("server", -1, {{.type = type, .payload = dump(payload), .actor = link.linked_by}});
}

/// Whoever already is linked to this identity follows it, so that links never form a chain.
void follow_owner(store::Tx& tx, const Link& made) {
  for (auto other : read(tx)) {
    if (other.person != made.identity) continue;
    other.person = made.person;
    other.seen.insert(made.person);
    other.linked_by = made.linked_by;
    other.at = made.at;
    keep(tx, other, "user.linked");
  }
}

Link make(store::Tx& tx, Link wanted) {
  if (const auto owner = find(tx, wanted.person); owner && !owner->person.empty()) wanted.person = owner->person;
  if (wanted.person == wanted.identity) throw Error(ErrorKind::usage, wanted.identity + " cannot be linked to itself");
  if (const auto before = find(tx, wanted.identity)) {
    // What follows from an address gives way to what somebody said.
    if (!before->person.empty() && before->person != wanted.person && before->by != "email")
      throw Error(ErrorKind::conflict, wanted.identity + " is " + before->person + " already",
                  "an admin can undo that: fairlead user unlink " + wanted.identity);
    wanted.seen = before->seen;
  }
  wanted.seen.insert(wanted.person);
  keep(tx, wanted, "user.linked");
  follow_owner(tx, wanted);
  return wanted;
}

/// The link that follows when Slack confirms `person` ("user:<address>", or empty) for the account; nothing when it is kept like that.
std::optional<Link> after_confirmation(store::View& view, const std::string& identity, const std::string& person, Time time) {
  const auto before = find(view, identity);
  Link link = before.value_or(Link{.identity = identity});
  if (!person.empty()) link.seen.insert(person);
  if (link.person.empty() || link.by == "email") {
    const auto owner = person.empty() ? std::nullopt : find(view, person);
    link.person = owner && !owner->person.empty() ? owner->person : person;
    if (!link.person.empty()) link.seen.insert(link.person);
    link.by = "email";
  }
  const bool same = before ? before->person == link.person && before->seen == link.seen : link.person.empty();
  if (same) return std::nullopt;
  link.linked_by = "fairlead";
  link.at = time;
  return link;
}

/// Ten letters and digits that are not taken for one another, in two groups.
std::string new_code() {
  constexpr std::string_view letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
  std::string code;
  while (code.size() < 11) {
    if (code.size() == 5) code += '-';
    const auto byte = static_cast<unsigned char>(random_bytes(1)[0]);
    if (byte < letters.size() * 8) code += letters[byte % letters.size()];
  }
  return code;
}

std::string code_key(const std::string& code) {
  std::string plain;
  for (const char c : code)
    if (c != '-' && c != ' ') plain += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return sha256_hex(plain);
}

}  // namespace

Links::Links(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

Awaitable<std::vector<Link>> Links::list() {
  co_return co_await store_.read([](store::View& view) { return read(view); });
}

Awaitable<engine::Person> Links::known(engine::Person person) {
  const auto time = std::chrono::steady_clock::now();
  if (time >= remembered_until_) {
    remembered_ = co_await list();
    remembered_until_ = time + memory;
  }
  co_return with_links(std::move(person), remembered_);
}

void Links::forget() { remembered_until_ = {}; }

Awaitable<Link> Links::link(std::string identity, std::string person, std::string by, std::string who) {
  Link wanted{
      .identity = checked(identity), .person = checked_owner(person), .by = std::move(by), .linked_by = std::move(who), .at = clock_()};
  auto made = co_await store_.transact([&](store::Tx& tx) { return make(tx, wanted); });
  forget();
  co_return made;
}

Awaitable<Link> Links::unlink(std::string identity, std::string who) {
  const Time time = clock_();
  auto undone = co_await store_.transact([&](store::Tx& tx) {
    auto link = find(tx, spelled(identity));
    if (!link || link->person.empty())
      throw Error(ErrorKind::not_found, "\"" + ellipsize(identity, 100) + "\" is linked to nobody", "fairlead user list");
    link->person.clear();
    link->linked_by = who;
    link->at = time;
    keep(tx, *link, "user.unlinked");
    return *link;
  });
  forget();
  co_return undone;
}

Awaitable<void> Links::confirmed(std::string identity, std::string email) {
  const std::string person = email.empty() ? "" : "user:" + to_lower(email);
  const Time time = clock_();
  const auto news = co_await store_.read([&](store::View& view) { return after_confirmation(view, identity, person, time); });
  if (!news) co_return;
  co_await store_.transact([&](store::Tx& tx) {
    if (const auto link = after_confirmation(tx, identity, person, time))
      keep(tx, *link, link->person.empty() ? "user.unlinked" : "user.linked");
  });
  forget();
}

Awaitable<std::string> Links::code(Account account) {
  const std::string code = new_code();
  const Json doc{{"identity", "slack:" + account.user}, {"expires", to_micros(clock_() + code_life)}};
  co_await store_.transact([&](store::Tx& tx) { tx.put(code_kind, code_key(code), dump(doc)); });
  co_return code;
}

Awaitable<Link> Links::redeem(std::string code, engine::Person person) {
  if (!person.id.starts_with("user:"))
    throw Error(ErrorKind::refused, person.id + " is not a person's account, so no other account can be linked to it",
                "use a token made with --user, or let an admin run `fairlead user link slack:U… user:…`");
  const Time time = clock_();
  auto made = co_await store_.transact([&](store::Tx& tx) {
    const std::string key = code_key(code);
    const auto doc = tx.get(code_kind, key);
    const Json kept = doc ? parse_json(doc->body) : Json::object();
    if (time_at(kept, "expires").value_or(Time{}) <= time)
      throw Error(ErrorKind::not_found, "this code is not valid (any more)", "say `link` in the chat to get a new one");
    tx.erase(code_kind, key);
    return make(tx,
                {.identity = text_at(kept, "identity"), .person = spelled(person.id), .by = "code", .linked_by = person.id, .at = time});
  });
  forget();
  co_return made;
}

}  // namespace fairlead::chat
