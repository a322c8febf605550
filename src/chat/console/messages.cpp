// SPDX-License-Identifier: Apache-2.0
#include "chat/console/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr std::string_view kind = "chat.console";
constexpr std::size_t most_kept = 300;
constexpr std::size_t most_ephemeral = 200;
constexpr std::int64_t second = 1'000'000;

std::string ts_of(std::int64_t micros) { return fmt::format("{:010}.{:06}", micros / second, micros % second); }

std::int64_t micros_of(const std::string& ts) {
  const auto dot = ts.find('.');
  if (dot == std::string::npos) return 0;
  return parse_int(ts.substr(0, dot)).value_or(0) * second + parse_int(ts.substr(dot + 1)).value_or(0);
}

bool sees(const Json& message, const std::string& user) {
  const auto to = text_at(message, "to");
  return user.empty() || to.empty() || to == user;
}

const Json& find_in(const std::map<std::string, Json>& messages, const std::string& ts, const std::string& user) {
  static const Json none;
  const auto found = messages.find(ts);
  return found != messages.end() && sees(found->second, user) ? found->second : none;
}

}  // namespace

Awaitable<void> Messages::load() {
  if (loaded_) co_return;
  auto docs = co_await store_.read([](store::View& view) { return view.list(kind); });
  if (loaded_) co_return;
  for (const auto& doc : docs) {
    last_ = std::max(last_, micros_of(doc.key));
    kept_.insert_or_assign(doc.key, parse_json(doc.body));
  }
  loaded_ = true;
}

std::string Messages::next_ts() {
  last_ = std::max(last_ + 1, to_micros(clock_()));
  return ts_of(last_);
}

Awaitable<void> Messages::put(Json message) {
  const auto ts = text_at(message, "ts");
  std::vector<std::string> old;
  const auto many = kept_.size() + (kept_.contains(ts) ? 0 : 1);
  for (auto oldest = kept_.begin(); many - old.size() > most_kept; ++oldest) old.push_back(oldest->first);
  co_await store_.transact([&](store::Tx& tx) {
    tx.put(kind, ts, dump(message));
    for (const auto& key : old) tx.erase(kind, key);
  });
  for (const auto& key : old) kept_.erase(key);
  kept_.insert_or_assign(ts, std::move(message));
}

Awaitable<void> Messages::erase(std::string ts) {
  co_await store_.transact([&ts](store::Tx& tx) { tx.erase(kind, ts); });
  kept_.erase(ts);
}

void Messages::put_ephemeral(Json message) {
  if (ephemeral_.size() >= most_ephemeral) ephemeral_.erase(ephemeral_.begin());
  auto ts = text_at(message, "ts");
  ephemeral_.insert_or_assign(std::move(ts), std::move(message));
}

const Json& Messages::find(const std::string& ts, const std::string& user) const { return find_in(kept_, ts, user); }

const Json& Messages::find_ephemeral(const std::string& ts, const std::string& user) const { return find_in(ephemeral_, ts, user); }

std::vector<const Json*> Messages::visible(const std::string& user) const {
  std::vector<const Json*> messages;
  for (const auto& [ts, message] : kept_)
    if (sees(message, user)) messages.push_back(&message);
  return messages;
}

}  // namespace fairlead::chat
