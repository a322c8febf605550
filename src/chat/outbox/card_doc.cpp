// SPDX-License-Identifier: Apache-2.0
#include "chat/outbox/card_doc.hpp"

#include "fairlead/base/crypto.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

void drop_block_ids(Json& json) {
  if (json.is_object()) json.erase("block_id");
  for (auto& part : json)
    if (part.is_structured()) drop_block_ids(part);
}

}  // namespace

std::string card_key(const std::string& what, const Place& place) { return what + "@" + place.workspace + "/" + place.channel; }

std::string hash_of(const Message& message) {
  Json shown{{"text", message.text}, {"blocks", message.blocks}};
  drop_block_ids(shown);
  return sha256_hex(dump(shown));
}

Json to_json(const CardDoc& doc) {
  const auto& wanted = doc.wanted;
  return {{"card", wanted.card},
          {"workspace", wanted.place.workspace},
          {"wanted_channel", wanted.place.channel},
          {"thread", wanted.place.thread},
          {"thread_card", wanted.thread_card},
          {"broadcast", wanted.broadcast},
          {"text", wanted.message.text},
          {"blocks", wanted.message.blocks},
          {"hash", wanted.hash},
          {"revision", wanted.revision},
          {"urgency", static_cast<int>(wanted.urgency)},
          {"last", wanted.last},
          {"fallback", wanted.fallback},
          {"sent_hash", doc.sent_hash},
          {"sent_revision", doc.sent_revision},
          {"channel", doc.channel},
          {"ts", doc.ts},
          {"changed_at", to_micros(doc.changed_at)},
          {"sent_at", json_time(doc.sent_at)},
          {"next_at", json_time(doc.next_at)},
          {"attempts", doc.attempts},
          {"plain", doc.plain},
          {"direct", doc.direct},
          {"dead", doc.dead},
          {"trouble", doc.trouble}};
}

CardDoc card_from(const Json& json) {
  CardDoc doc;
  auto& wanted = doc.wanted;
  wanted.card = text_at(json, "card");
  wanted.place = {.workspace = text_at(json, "workspace"), .channel = text_at(json, "wanted_channel"), .thread = text_at(json, "thread")};
  wanted.thread_card = text_at(json, "thread_card");
  wanted.broadcast = flag_at(json, "broadcast");
  wanted.message = {.text = text_at(json, "text"), .blocks = member(json, "blocks")};
  wanted.hash = text_at(json, "hash");
  wanted.revision = static_cast<int>(number_at(json, "revision"));
  wanted.urgency = static_cast<Urgency>(number_at(json, "urgency"));
  wanted.last = flag_at(json, "last");
  wanted.fallback = text_at(json, "fallback");
  doc.sent_hash = text_at(json, "sent_hash");
  doc.sent_revision = static_cast<int>(number_at(json, "sent_revision", -1));
  doc.channel = text_at(json, "channel");
  doc.ts = text_at(json, "ts");
  doc.changed_at = time_at(json, "changed_at").value_or(Time{});
  doc.sent_at = time_at(json, "sent_at");
  doc.next_at = time_at(json, "next_at");
  doc.attempts = static_cast<int>(number_at(json, "attempts"));
  doc.plain = flag_at(json, "plain");
  doc.direct = flag_at(json, "direct");
  doc.dead = text_at(json, "dead");
  doc.trouble = text_at(json, "trouble");
  return doc;
}

std::optional<CardState> card_state(store::View& view, const std::string& card) {
  const auto found = view.get(card_kind, card);
  if (!found) return std::nullopt;
  const auto doc = card_from(parse_json(found->body));
  return CardState{.hash = doc.wanted.hash,
                   .revision = doc.wanted.revision,
                   .sent_revision = doc.sent_revision,
                   .channel = doc.channel,
                   .ts = doc.ts,
                   .last = doc.wanted.last};
}

bool Outbox::put(store::Tx& tx, const Desired& wanted, Time now) {
  CardDoc doc;
  if (const auto found = tx.get(card_kind, wanted.card)) doc = card_from(parse_json(found->body));
  if (doc.wanted.hash == wanted.hash && doc.wanted.last == wanted.last) return false;
  // What waits already is not less urgent for being replaced.
  const auto urgency = doc.waiting() ? std::max(doc.wanted.urgency, wanted.urgency) : wanted.urgency;
  doc.wanted = wanted;
  doc.wanted.urgency = urgency;
  doc.changed_at = now;
  doc.dead.clear();
  tx.put(card_kind, wanted.card, dump(to_json(doc)));
  if (doc.waiting()) tx.put(waiting_kind, wanted.card, "{}");
  return true;
}

}  // namespace fairlead::chat
