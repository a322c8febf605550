// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/net/http.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::web {

struct Token;

/// A browser that is signed in with an API token. It has the token's rights, looked up at every request: they end with the token.
struct Session {
  std::string id;
  std::string token;  ///< id of the API token
  std::string hash;   ///< hex SHA-256 of the secret half of the cookie, which is kept nowhere
  Time expires_at{};
};

inline constexpr auto session_life = std::chrono::hours(12);

/// What X-CSRF-Token must be, from the cookie; another origin can send the cookie but not read it. Pure.
std::string csrf_token(std::string_view cookie);

/// The session's cookie in a request; empty: none. On TLS only a cookie that was set on TLS counts (__Host-). Pure.
std::string session_cookie(const net::Request&);
/// Set-Cookie that keeps `value` for `life`, or forgets it (life 0).
std::string set_cookie(const net::Request&, const std::string& value, std::chrono::seconds life);

/// Why a request that carries the cookie and changes something is not believed to come from our own page; empty: it does. Pure.
std::string forged(const net::Request&, const std::string& public_url, std::string_view cookie);
/// The same for a form that is sent before there is a session: only the origin is looked at.
std::string foreign_origin(const net::Request&, const std::string& public_url);

/// Sessions in the store, with a short memory so that a request does not cost a read. io thread.
class Sessions {
 public:
  Sessions(store::Store&, Clock);

  /// The session and the text of its cookie. Ends with the token at the latest.
  Awaitable<std::pair<Session, Secret>> open(Token);
  /// Throws Error(unauthorized) when it is unknown or over.
  Awaitable<Session> check(std::string cookie);
  Awaitable<void> close(std::string id);

 private:
  struct Remembered {
    Session session;
    Deadline until;
  };
  Awaitable<std::optional<Session>> find(std::string id);

  store::Store& store_;
  Clock clock_;
  std::map<std::string, Remembered> remembered_;
};

}  // namespace fairlead::web
