// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/grants.hpp"

#include <algorithm>

#include "chat/grant_json.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view kind = "chat.grant";
constexpr std::string_view card_kind = "chat.card-grants";
constexpr std::string_view key_kind = "chat.key";
constexpr std::size_t key_bytes = 32;
constexpr std::size_t most_uses = 100;  ///< kept of a button that many may press

/// {"revision", "retired"}
Json card_doc(store::View& view, const std::string& card) {
  const auto doc = view.get(card_kind, card);
  return doc ? parse_json(doc->body) : Json{{"revision", -1}, {"retired", ""}};
}

std::optional<KeptGrant> kept(store::View& view, const std::string& hash) {
  const auto doc = view.get(kind, hash);
  if (!doc) return std::nullopt;
  return kept_from(parse_json(doc->body));
}

void mark(store::Tx& tx, const std::string& hash, KeptGrant grant, const Click& click, Time now) {
  std::erase_if(grant.uses, [&](const Use& use) { return use.click == click.id || (!use.done && grant.grant.once); });
  if (grant.uses.size() >= most_uses) grant.uses.erase(grant.uses.begin());
  grant.uses.push_back({.click = click.id, .user = click.user, .at = now});
  tx.put(kind, hash, dump(kept_json(grant)));
}

}  // namespace

std::string Granter::operator()(Grant grant) {
  // An answer to one person is given once, a card is drawn again and again: its buttons stay the same.
  if (grant.card.empty()) grant.args["nonce"] = hex(random_bytes(8));
  auto handle = handle_of(key_, grant);
  granted_.push_back(std::move(grant));
  return handle;
}

Found find_grant(store::View& view, const std::string& handle) {
  Found found;
  found.grant = kept(view, sha256_hex(handle));
  if (!found.grant || found.grant->grant.card.empty()) return found;
  const std::string& card = found.grant->grant.card;
  found.card = card_state(view, card);
  const Json about = card_doc(view, card);
  found.drawn = static_cast<int>(number_at(about, "revision", -1));
  found.retired = text_at(about, "retired");
  return found;
}

Grants::Grants(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

std::string Grants::key(store::Tx& tx) {
  if (const auto doc = tx.get(key_kind, "handles")) {
    if (auto known = from_hex(text_at(parse_json(doc->body), "key"))) return *known;
  }
  const std::string made = random_bytes(key_bytes);
  tx.put(key_kind, "handles", dump(Json{{"key", hex(made)}}));
  return made;
}

void Grants::put(store::Tx& tx, const std::string& key, const std::vector<Grant>& grants, int revision) {
  for (const auto& grant : grants) {
    const std::string hash = sha256_hex(handle_of(key, grant));
    auto known = kept(tx, hash);
    KeptGrant fresh{.grant = grant, .revision = revision, .uses = {}};
    if (known) fresh.uses = std::move(known->uses);
    tx.put(kind, hash, dump(kept_json(fresh)));
    if (!grant.card.empty()) drawn(tx, grant.card, revision);
  }
}

void Grants::drawn(store::Tx& tx, const std::string& card, int revision) {
  Json about = card_doc(tx, card);
  about["revision"] = std::max<std::int64_t>(number_at(about, "revision", -1), revision);
  tx.put(card_kind, card, dump(about));
}

void Grants::retire(store::Tx& tx, const std::string& card, const std::string& why) {
  Json about = card_doc(tx, card);
  about["retired"] = why;
  tx.put(card_kind, card, dump(about));
}

Awaitable<std::string> Grants::key() {
  if (key_.empty()) key_ = co_await store_.transact([](store::Tx& tx) { return key(tx); });
  co_return key_;
}

Awaitable<void> Grants::put(std::vector<Grant> grants) {
  const std::string secret = co_await key();
  co_await store_.transact([&](store::Tx& tx) { put(tx, secret, grants, 0); });
}

Awaitable<Taken> Grants::take(Click click) {
  const Time time = clock_();
  co_return co_await store_.transact([&](store::Tx& tx) {
    Found found = find_grant(tx, click.handle);
    Taken taken{.judgement = judge(click, found, time), .grant = {}, .idempotency_key = {}};
    if (taken.judgement.kind != Judgement::Kind::act) return taken;
    const std::string hash = sha256_hex(click.handle);
    taken.grant = found.grant->grant;
    taken.idempotency_key = "chat-" + (taken.grant.once ? hash : sha256_hex(hash + click.id));
    mark(tx, hash, std::move(*found.grant), click, time);
    return taken;
  });
}

Awaitable<void> Grants::settle(Click click, bool done, std::string text) {
  co_await store_.transact([&](store::Tx& tx) {
    const std::string hash = sha256_hex(click.handle);
    auto grant = kept(tx, hash);
    if (!grant) return;
    const auto use = std::ranges::find(grant->uses, click.id, &Use::click);
    if (use == grant->uses.end()) return;
    use->done = done;
    use->text = text;
    if (!done) grant->uses.erase(use);
    tx.put(kind, hash, dump(kept_json(*grant)));
  });
}

}  // namespace fairlead::chat
