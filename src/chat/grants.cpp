// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/grants.hpp"

#include "chat/grant_json.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view kind = "chat.grant";
constexpr std::string_view card_kind = "chat.card-grants";
constexpr std::string_view key_kind = "chat.key";
constexpr std::size_t key_bytes = 32;

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

void Grants::drawn(store::Tx& tx, const std::string& card, int revision, const std::string& retired) {
  if (number_at(card_doc(tx, card), "revision", -1) >= revision) return;
  tx.put(card_kind, card, dump(Json{{"revision", revision}, {"retired", retired}}));
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
    tx.put(kind, hash, dump(kept_json(begun(std::move(*found.grant), click, time))));
    return taken;
  });
}

Awaitable<void> Grants::settle(Click click, bool done, std::string text) {
  co_await store_.transact([&](store::Tx& tx) {
    const std::string hash = sha256_hex(click.handle);
    auto grant = kept(tx, hash);
    if (!grant) return;
    tx.put(kind, hash, dump(kept_json(settled(std::move(*grant), click, done, text))));
  });
}

}  // namespace fairlead::chat
