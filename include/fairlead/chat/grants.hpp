// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/handles.hpp"
#include "fairlead/chat/outbox.hpp"

namespace fairlead::store {
class Store;
class Tx;
class View;
}  // namespace fairlead::store

/// What the buttons of sent messages stand for, and whether a click on one may act. Store documents: "chat.grant" by the SHA-256 of the
/// handle (the handle itself is kept nowhere), "chat.card-grants" by the key of the card.
namespace fairlead::chat {

/// One press of a button or submission of a modal, all of it from the authenticated payload.
struct Click {
  std::string handle;     ///< actions[].value, or the view's private_metadata
  std::string verb;       ///< action_id; empty: not told (a view)
  std::string id;         ///< of this very click: trigger_id (view submissions: the view's id); a replay carries the same
  std::string workspace;  ///< of the installation
  std::string channel;    ///< container.channel_id; empty in views
  std::string ts;         ///< container.message_ts; empty in views
  std::string user;       ///< who clicked, as Slack names them
};

/// Who used a grant.
struct Use {
  std::string click, user;
  Time at{};
  /// The act has ended and its answer is `text`; else it is going on, or the server was ended in the middle.
  bool done = false;
  bool refused = false;  ///< it has ended with a refusal: counts for this very click only
  std::string text;
};

/// A grant as it is kept.
struct KeptGrant {
  Grant grant;
  int revision = 0;  ///< of the newest drawing of its card that has the button
  std::vector<Use> uses;
};

/// What is known about a handle.
struct Found {
  std::optional<KeptGrant> grant;
  std::optional<CardState> card;  ///< of grant.card; nullopt: it is no card's, or was never wanted
  int drawn = -1;                 ///< revision of the newest drawing of that card
  std::string retired;            ///< why the card's buttons mean nothing any more; empty: they do
};
Found find_grant(store::View&, const std::string& handle);

struct Judgement {
  enum class Kind {
    act,       ///< go on: identify the person, then do it in their name
    repeated,  ///< this was done already by the same person or click: answer with the text, do nothing
    refused    ///< answer with the text, do nothing
  } kind = Kind::refused;
  enum class Why { none, unknown, retired, expired, used, moved, audience, outdated } why = Why::none;
  std::string text;
};

/// May this click act? Everything that can be said without knowing the person's rights, in the order of research/chatops.md §3.4: known,
/// of a live card, unexpired, unused, on the very message it was made for, by its audience, on the newest drawing. Pure.
Judgement judge(const Click&, const Found&, Time now);

/// The record after such a click began to act, and after its act ended (`done`: accepted). Pure.
KeptGrant begun(KeptGrant, const Click&, Time now);
KeptGrant settled(KeptGrant, const Click&, bool done, const std::string& text);

/// A click that may act.
struct Taken {
  Judgement judgement;
  Grant grant;                  ///< when judgement.kind is act
  std::string idempotency_key;  ///< for what it starts: the same when it has to be done again after a crash
};

/// Collects the grants of one drawing: pass it as CardContext::grant (by std::ref), then `put` what was granted. A grant without a card
/// gets a nonce: every answer to one person has buttons of its own.
class Granter {
 public:
  explicit Granter(std::string key) : key_(std::move(key)) {}
  std::string operator()(Grant);
  const std::vector<Grant>& granted() const { return granted_; }

 private:
  std::string key_;
  std::vector<Grant> granted_;
};

/// io thread, except what takes a transaction.
class Grants {
 public:
  Grants(store::Store&, Clock);

  /// Key of this installation for handle_of; made at the first call.
  static std::string key(store::Tx&);
  /// With the message that carries them: in the transaction of Outbox::put, or before an ephemeral answer is given. A grant that was put
  /// before keeps its uses. `revision` is that of the drawing; without a card it does not matter.
  static void put(store::Tx&, const std::string& key, const std::vector<Grant>&, int revision);
  /// The card was drawn: buttons that this drawing has not (see `put`) do nothing any more. With `retired` ("superseded by shop-api#43")
  /// every button answers that, until a later drawing has none.
  static void drawn(store::Tx&, const std::string& card, int revision, const std::string& retired = {});

  /// Keys for a drawing, and the same `put` in a transaction of its own, for answers to one person.
  Awaitable<std::string> key();
  Awaitable<void> put(std::vector<Grant>);

  /// Judges the click, and when it may act marks the grant as being used by it, in one transaction: of two clicks on a single-use button
  /// one acts. Call `settle` at the end of the act.
  Awaitable<Taken> take(Click);
  /// `text` is what this click is told when it comes again. `done`: it was accepted. Else (refused, failed for certain): for every other
  /// click the grant is as before.
  Awaitable<void> settle(Click, bool done, std::string text);

 private:
  store::Store& store_;
  Clock clock_;
  std::string key_;
};

/// What came of an approval whose card is out of date, from the run's JSON: "superseded by shop-api#43", "production was already approved
/// by …". Empty when it waits for people still. Pure.
std::string decided_text(const Json& run, const std::string& stage);

}  // namespace fairlead::chat
