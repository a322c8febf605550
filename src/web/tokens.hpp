// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/web/access.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::web {

/// An API token as it is stored: the SHA-256 of its secret, never the secret.
struct Token {
  std::string id;    ///< 16 hex digits: the middle of "fl_<id>_<secret>"
  std::string name;  ///< "token:<name>"; unique among those that are valid
  std::string user;  ///< empty, or the person it stands for: "user:lead@example.com"
  std::string hash;  ///< hex SHA-256 of the secret
  Access access = Access::viewer;
  std::set<std::string> apps, environments;  ///< empty: all
  std::string created_by;
  Time created_at{};
  std::optional<Time> expires_at;
  std::optional<Time> last_used_at;
};

std::string token_json(const Token&);
Token token_from(const std::string& id, const std::string& body);

/// "fl_<id>_<secret>" taken apart; nullopt when it does not look like one.
struct TokenText {
  std::string id;
  std::string secret;
};
std::optional<TokenText> read_token(std::string_view);

/// Tokens in the store, with a short memory so that an API call does not cost a read. io thread.
class Tokens {
 public:
  Tokens(store::Store&, Clock);

  /// Makes the secret and keeps its hash. `wanted` without id and hash. Error(conflict) when the name is taken.
  Awaitable<std::pair<Token, Secret>> create(Token wanted);
  Awaitable<std::vector<Token>> list();
  /// By id or name. Throws Error(not_found).
  Awaitable<Token> revoke(std::string id_or_name, std::string who);
  /// The valid token with this text. Throws Error(unauthorized), the same for every reason but expiry.
  Awaitable<Token> check(std::string text);
  /// The same by id, for what was opened with the token. Throws Error(unauthorized) when it is revoked or over.
  Awaitable<Token> still_valid(std::string id);

 private:
  struct Remembered {
    Token token;
    Deadline until;
  };
  Awaitable<std::optional<Token>> find(std::string id);

  store::Store& store_;
  Clock clock_;
  std::map<std::string, Remembered> remembered_;
};

}  // namespace fairlead::web
