// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/place.hpp"
#include "fairlead/engine/approval.hpp"

namespace fairlead::store {
class Store;
}

/// Which accounts are the same person. Store documents: "chat.link" by identity, "chat.link-code" by the SHA-256 of the code; every change
/// is an event of the stream "server" (user.linked, user.unlinked).
namespace fairlead::chat {

/// One identity's owner.
struct Link {
  std::string identity;        ///< "slack:U123", "github:octocat", "user:other@example.com", in lower case but for Slack's ids
  std::string person;          ///< "user:lead@example.com"; empty: unlinked again
  std::string by;              ///< email (Slack confirmed the address), code, admin
  std::string linked_by;       ///< who made it
  Time at{};
  std::set<std::string> seen;  ///< persons it has ever been: they exclude for ever and give no right
};

/// The person with the identities that the links give: the owner's id, every other identity as an alias, and what excludes. Pure.
engine::Person with_links(engine::Person, const std::vector<Link>&);

/// io thread.
class Links {
 public:
  Links(store::Store&, Clock);

  Awaitable<std::vector<Link>> list();
  /// with_links of all links; another server's changes may be two seconds old.
  Awaitable<engine::Person> known(engine::Person);

  /// Makes `identity` one of the person's. Both as language.md spells people. Throws Error(usage) when they are none or the same,
  /// Error(conflict) when the identity is another one's already: unlink it first.
  Awaitable<Link> link(std::string identity, std::string person, std::string by, std::string who);
  /// Throws Error(not_found). What the identity was goes on to exclude.
  Awaitable<Link> unlink(std::string identity, std::string who);
  /// Slack has confirmed just now that the account has this address (empty: it says none): keeps the link that follows from it. Throws
  /// nothing when the account is linked otherwise.
  Awaitable<void> confirmed(std::string identity, std::string email);

  /// A text for the person to type where they are signed in, good once and for ten minutes.
  Awaitable<std::string> code(Account);
  /// Links the account that asked for the code to the person. Throws Error(not_found) for a wrong or old one, Error(refused) when the
  /// person is no `user:` (a machine's token, a local account).
  Awaitable<Link> redeem(std::string code, engine::Person);

 private:
  void forget();

  store::Store& store_;
  Clock clock_;
  std::vector<Link> remembered_;
  Deadline remembered_until_{};
};

}  // namespace fairlead::chat
