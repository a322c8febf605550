// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/outbox.hpp"
#include "fairlead/chat/place.hpp"

namespace fairlead::pipeline {
struct ServerConfig;
}

/// Which cards a run has, and where. Pure.
namespace fairlead::chat {

/// Somebody wants to see the runs of an app or an environment in a channel (`subscribe`).
struct Subscription {
  Place place;
  std::string app, environment;     ///< one of them
  std::vector<std::string> events;  ///< of: start, approval, success, failure; empty: all
};
Json to_json(const Subscription&);
Subscription subscription_from(const Json&);
/// Key of the document, one a channel and thing.
std::string subscription_key(const Subscription&);

/// Where a run was asked for in chat.
struct Origin {
  Place place;
  std::string user;  ///< "U1"; who is told when the channel cannot be
};
Json to_json(const Origin&);
Origin origin_from(const Json&);

/// Is the run of interest to people at all? One that deploys, was asked for in chat, or shows that the main branch's pipeline file is
/// broken; a test run of a branch is not.
bool deserves_card(const Json& run, const std::string& main_branch, bool asked_in_chat);

/// The channels of the run's cards, without repetition: where it was asked for, the app's (else the server's), the console,
/// subscribers.
std::vector<Place> places_of(const Json& run, const pipeline::ServerConfig&, const std::optional<Origin>&, const std::vector<Subscription>&,
                             const std::vector<std::string>& workspaces);

struct WantedCard {
  enum class Kind { run, approval, failure, bypass, question } kind = Kind::run;
  std::string what;   ///< first part of the card's key
  std::string stage;  ///< approval, bypass
  std::string job;    ///< question
  int step = -1;      ///< question
  bool open = false;  ///< a person must act: worth a new message. Closed ones are only edited
  bool last = false;
  bool broadcast = false;
};
std::vector<WantedCard> cards_of(const Json& run, const pipeline::ServerConfig&);

/// Where a card goes besides those: the channels of `break-glass: notify` for one that tells of a bypass.
std::vector<Place> more_places(const WantedCard&, const Json& run, const pipeline::ServerConfig&,
                               const std::vector<std::string>& workspaces);

/// What changes when a phase changes: states of the run, its stages and gates.
std::string phase_of(const Json& run);

/// The step that made the run fail: of the first failed job.
struct FailedStep {
  std::string job, name;
  int attempt = 1, step = 0;
};
std::optional<FailedStep> failed_step(const Json& run);

}  // namespace fairlead::chat
