// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chat/outbox/card_doc.hpp"
#include "fairlead/base/time.hpp"

/// What is sent next, and what an answer means. Pure: the clock and chance are values.
namespace fairlead::chat {

/// One thing of the outbox, with what the card that it belongs under has become.
struct Waiting {
  CardDoc doc;
  enum class Root { none, pending, sent, lost } root = Root::none;
  std::string root_channel, root_ts;
};

/// How much of each method a workspace has left (research/chatops.md §1.8 and §1.9), kept below Slack's own figures.
class Budgets {
 public:
  /// Is there a token for it now? `urgent` may use what is reserved. `when`: earliest time to ask again.
  bool allows(const std::string& workspace, const std::string& method, const std::string& channel, bool urgent, Time now, Time& when);
  void take(const std::string& workspace, const std::string& method, const std::string& channel, Time now);
  /// A 429: nothing of that method goes to that workspace before `until`.
  void pause(const std::string& workspace, const std::string& method, Time until);
  /// The workspace as a whole does not answer, or refuses its token.
  void pause_all(const std::string& workspace, Time until);

 private:
  struct Bucket {
    double tokens = 0;
    Time at{};
    bool filled = false;
  };
  Bucket& filled(const std::string& workspace, const std::string& method, Time now);
  std::map<std::pair<std::string, std::string>, Bucket> buckets_;
  std::map<std::pair<std::string, std::string>, Time> paused_;
  std::map<std::pair<std::string, std::string>, Time> channels_;  ///< when the next message may be posted
};

struct Send {
  std::string card, workspace, channel;
  std::string method;  ///< chat.postMessage or chat.update
  Json arguments;
  std::string hash;
  int revision = 0;
};

struct Chosen {
  std::vector<Send> sends;
  std::optional<Time> wake_at;  ///< nothing else can be sent before, unless something changes
};

/// `busy`: cards and "workspace/channel" of which something is on its way. `live`: cards of each workspace that change at present: the
/// more, the less often each is edited.
Chosen choose(std::vector<Waiting>, Budgets&, const std::set<std::string>& busy, const std::map<std::string, int>& live, Time now);

/// How one call ended.
struct Outcome {
  enum class Kind { done, rejected, throttled, unreachable, unknown } kind = Kind::done;
  std::string channel, ts;  ///< of a posted message
  std::string code, text;
  std::chrono::seconds retry_after{0};
};

/// What the document of the card becomes. `chance` in [0, 1) spreads the pauses.
CardDoc settle(CardDoc, const Send&, const Outcome&, Time now, double chance);

/// Codes that concern the whole workspace, not this message.
bool concerns_workspace(const std::string& code);

}  // namespace fairlead::chat
