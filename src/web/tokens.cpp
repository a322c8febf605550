// SPDX-License-Identifier: Apache-2.0
#include "web/tokens.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::web {

namespace {

constexpr std::string_view kind = "token";
constexpr std::size_t id_bytes = 8;
constexpr std::size_t secret_bytes = 32;
constexpr auto memory = std::chrono::seconds(5);
constexpr auto use_interval = std::chrono::minutes(1);
constexpr std::size_t most_remembered = 1000;

std::string audit_payload(const Token& token) {
  return dump(Json{{"id", token.id},
                   {"name", token.name},
                   {"user", token.user},
                   {"role", to_string(token.access)},
                   {"apps", token.apps},
                   {"environments", token.environments},
                   {"expires_at", json_time(token.expires_at)}});
}

void write_use(store::Tx& tx, const std::string& id, Time at) {
  const auto doc = tx.get(kind, id);
  if (!doc) return;
  auto token = token_from(id, doc->body);
  token.last_used_at = at;
  tx.put(kind, id, token_json(token));
}

Awaitable<void> keep_use(store::Store& store, std::string id, Time at) {
  co_await store.transact([&id, at](store::Tx& tx) { write_use(tx, id, at); });
}

}  // namespace

std::string token_json(const Token& token) {
  return dump(Json{{"name", token.name},
                   {"user", token.user},
                   {"hash", token.hash},
                   {"role", to_string(token.access)},
                   {"apps", token.apps},
                   {"environments", token.environments},
                   {"created_by", token.created_by},
                   {"created_at", to_micros(token.created_at)},
                   {"expires_at", json_time(token.expires_at)},
                   {"last_used_at", json_time(token.last_used_at)}});
}

Token token_from(const std::string& id, const std::string& body) {
  const auto json = parse_json(body);
  Token token{.id = id, .name = text_at(json, "name"), .user = text_at(json, "user"), .hash = text_at(json, "hash")};
  token.access = access_from(text_at(json, "role")).value_or(Access::none);
  for (const auto& app : member(json, "apps")) token.apps.insert(app.get<std::string>());
  for (const auto& environment : member(json, "environments")) token.environments.insert(environment.get<std::string>());
  token.created_by = text_at(json, "created_by");
  token.created_at = time_at(json, "created_at").value_or(Time{});
  token.expires_at = time_at(json, "expires_at");
  token.last_used_at = time_at(json, "last_used_at");
  return token;
}

std::optional<TokenText> read_token(std::string_view text) {
  constexpr std::string_view prefix = "fl_";
  constexpr auto id_size = 2 * id_bytes;
  if (!text.starts_with(prefix) || text.size() > 200) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.size() < id_size + 2 || text[id_size] != '_') return std::nullopt;
  return TokenText{std::string(text.substr(0, id_size)), std::string(text.substr(id_size + 1))};
}

Tokens::Tokens(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

Awaitable<std::pair<Token, Secret>> Tokens::create(Token wanted) {
  const auto secret = base64_url(random_bytes(secret_bytes));
  wanted.id = hex(random_bytes(id_bytes));
  wanted.hash = sha256_hex(secret);
  wanted.created_at = clock_();
  co_await store_.transact([&wanted](store::Tx& tx) {
    for (const auto& doc : tx.list(kind)) {
      const auto other = token_from(doc.key, doc.body);
      if (other.name != wanted.name) continue;
      if (other.expires_at && *other.expires_at <= wanted.created_at)
        tx.erase(kind, doc.key);
      else
        throw Error(ErrorKind::conflict, "there is a token named \"" + wanted.name + "\" already",
                    "revoke it first, or choose another name");
    }
    tx.put(kind, wanted.id, token_json(wanted));
    tx.append("server", -1, {{"token.created", audit_payload(wanted), wanted.created_by}});
  });
  co_return std::pair(wanted, Secret("fl_" + wanted.id + "_" + secret));
}

Awaitable<std::vector<Token>> Tokens::list() {
  auto tokens = co_await store_.read([](store::View& view) {
    std::vector<Token> found;
    for (const auto& doc : view.list(kind)) found.push_back(token_from(doc.key, doc.body));
    return found;
  });
  std::ranges::sort(tokens, std::greater(), &Token::created_at);
  co_return tokens;
}

Awaitable<Token> Tokens::revoke(std::string id_or_name, std::string who) {
  const auto revoked = co_await store_.transact([&](store::Tx& tx) -> std::optional<Token> {
    for (const auto& doc : tx.list(kind)) {
      auto token = token_from(doc.key, doc.body);
      if (token.id != id_or_name && token.name != id_or_name) continue;
      tx.erase(kind, doc.key);
      tx.append("server", -1, {{"token.revoked", audit_payload(token), who}});
      return token;
    }
    return std::nullopt;
  });
  if (!revoked) throw Error(ErrorKind::not_found, "there is no token \"" + ellipsize(id_or_name, 100) + "\"", "fairlead token list");
  remembered_.erase(revoked->id);
  co_return *revoked;
}

Awaitable<std::optional<Token>> Tokens::find(std::string id) {
  const auto time = std::chrono::steady_clock::now();
  if (const auto known = remembered_.find(id); known != remembered_.end() && known->second.until > time) co_return known->second.token;
  auto token = co_await store_.read([&id](store::View& view) -> std::optional<Token> {
    const auto doc = view.get(kind, id);
    if (!doc) return std::nullopt;
    return token_from(id, doc->body);
  });
  if (remembered_.size() >= most_remembered) remembered_.clear();
  if (token)
    remembered_.insert_or_assign(id, Remembered{*token, time + memory});
  else
    remembered_.erase(id);
  co_return token;
}

Awaitable<Token> Tokens::still_valid(std::string id) {
  auto token = co_await find(std::move(id));
  if (!token || (token->expires_at && *token->expires_at <= clock_()))
    throw Error(ErrorKind::unauthorized, "the API token of this session is revoked or has expired", "sign in again at /chat");
  co_return *std::move(token);
}

Awaitable<Token> Tokens::check(std::string text) {
  const auto parts = read_token(text);
  std::optional<Token> token;
  if (parts) token = co_await find(parts->id);
  if (!token || !equal_constant_time(token->hash, sha256_hex(parts->secret)))
    throw Error(ErrorKind::unauthorized, "the API token is not valid", "create one with `fairlead token create NAME`");
  if (token->expires_at && *token->expires_at <= clock_())
    throw Error(ErrorKind::unauthorized, "the API token \"" + token->name + "\" expired at " + format_time(*token->expires_at),
                "create a new one with `fairlead token create " + token->name + "`");
  const auto time = clock_();
  if (!token->last_used_at || time - *token->last_used_at > use_interval) {
    token->last_used_at = time;
    if (const auto known = remembered_.find(token->id); known != remembered_.end()) known->second.token.last_used_at = time;
    const auto executor = co_await asio::this_coro::executor;
    spawn(executor, "token use", keep_use(store_, token->id, time),
          [](std::exception_ptr error) { log::warn("token.use", {{"error", describe(error)}}); });
  }
  co_return *token;
}

}  // namespace fairlead::web
