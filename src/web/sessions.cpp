// SPDX-License-Identifier: Apache-2.0
#include "web/sessions.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/store/store.hpp"
#include "web/tokens.hpp"

namespace fairlead::web {

namespace {

constexpr std::string_view kind = "web.session";
constexpr std::string_view csrf_header = "X-CSRF-Token";
constexpr std::size_t id_bytes = 16;
constexpr std::size_t secret_bytes = 32;
constexpr auto memory = std::chrono::seconds(5);
constexpr std::size_t most_remembered = 1000;

std::string_view cookie_name(const net::Request& request) { return request.peer.secure ? "__Host-fairlead" : "fairlead"; }

/// "<id>.<secret>" taken apart; the id is empty when it does not look like one.
std::pair<std::string, std::string> read_cookie(std::string_view text) {
  const auto dot = text.find('.');
  if (dot != 2 * id_bytes || text.size() > 200) return {};
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::string to_json(const Session& session) {
  return dump(Json{{"token", session.token}, {"hash", session.hash}, {"expires_at", to_micros(session.expires_at)}});
}

/// "https://host:port" of an absolute address.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, std::min(url.find('/', scheme + 3), url.size()));
}

}  // namespace

std::string csrf_token(std::string_view cookie) { return hmac_sha256_hex(cookie, "csrf"); }

std::string session_cookie(const net::Request& request) {
  const auto name = cookie_name(request);
  for (const auto& [field, value] : request.headers) {
    if (to_lower(field) != "cookie") continue;
    for (const auto& part : split(value, ';')) {
      const auto pair = trim(part);
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return std::string(pair.substr(name.size() + 1));
    }
  }
  return {};
}

std::string set_cookie(const net::Request& request, const std::string& value, std::chrono::seconds life) {
  auto text =
      std::string(cookie_name(request)) + "=" + value + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(life.count());
  if (request.peer.secure) text += "; Secure";
  return text;
}

std::string foreign_origin(const net::Request& request, const std::string& public_url) {
  const auto site = request.headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") return "it comes from another site";
  const auto origin = request.headers.get("Origin");
  if (origin.empty() || origin == origin_of(public_url)) return {};
  const auto host = request.headers.get("Host");
  if (!host.empty() && (origin == "http://" + std::string(host) || origin == "https://" + std::string(host))) return {};
  return "it comes from " + ellipsize(origin, 100);
}

std::string forged(const net::Request& request, const std::string& public_url, std::string_view cookie) {
  if (auto why = foreign_origin(request, public_url); !why.empty()) return why;
  if (!equal_constant_time(request.headers.get(csrf_header), csrf_token(cookie))) return "its X-CSRF-Token is not the page's";
  return {};
}

Sessions::Sessions(store::Store& store, Clock clock) : store_(store), clock_(std::move(clock)) {}

Awaitable<std::pair<Session, Secret>> Sessions::open(Token token) {
  const auto secret = base64_url(random_bytes(secret_bytes));
  Session session{.id = hex(random_bytes(id_bytes)), .token = token.id, .hash = sha256_hex(secret), .expires_at = clock_() + session_life};
  if (token.expires_at) session.expires_at = std::min(session.expires_at, *token.expires_at);
  co_await store_.transact([&session](store::Tx& tx) { tx.put(kind, session.id, to_json(session)); });
  co_return std::pair(session, Secret(session.id + "." + secret));
}

Awaitable<std::optional<Session>> Sessions::find(std::string id) {
  const auto time = std::chrono::steady_clock::now();
  if (const auto known = remembered_.find(id); known != remembered_.end() && known->second.until > time) co_return known->second.session;
  auto session = co_await store_.read([&id](store::View& view) -> std::optional<Session> {
    const auto doc = view.get(kind, id);
    if (!doc) return std::nullopt;
    const auto json = parse_json(doc->body);
    return Session{.id = id,
                   .token = text_at(json, "token"),
                   .hash = text_at(json, "hash"),
                   .expires_at = time_at(json, "expires_at").value_or(Time{})};
  });
  if (remembered_.size() >= most_remembered) remembered_.clear();
  if (session)
    remembered_.insert_or_assign(id, Remembered{*session, time + memory});
  else
    remembered_.erase(id);
  co_return session;
}

Awaitable<Session> Sessions::check(std::string cookie) {
  const auto [id, secret] = read_cookie(cookie);
  std::optional<Session> session;
  if (!id.empty()) session = co_await find(id);
  if (!session || !equal_constant_time(session->hash, sha256_hex(secret)) || session->expires_at <= clock_())
    throw Error(ErrorKind::unauthorized, "this browser is not signed in any more", "sign in again at /chat");
  co_return *session;
}

Awaitable<void> Sessions::close(std::string id) {
  co_await store_.transact([&id](store::Tx& tx) { tx.erase(kind, id); });
  remembered_.erase(id);
}

}  // namespace fairlead::web
