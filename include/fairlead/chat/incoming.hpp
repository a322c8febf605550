// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/chat/place.hpp"
#include "fairlead/engine/approval.hpp"

namespace fairlead::chat {

/// A call of the server's own REST API (interfaces.md) inside the process, in somebody's name: chat-ops act through the very routes
/// that the CLI uses, so roles, messages and effects are the same.
struct ApiCall {
  std::string method = "GET";
  std::string path;            ///< "/api/v1/runs", segments percent-encoded
  Json query = Json::object(); ///< {name: text}
  Json body;                   ///< null: none
  std::string idempotency_key;
};
struct ApiAnswer {
  int status = 0;
  Json body;           ///< null when there is none
  std::string detail;  ///< of a problem: one sentence for people
  std::string hint;    ///< what to do; may be empty
  bool ok() const { return status >= 200 && status < 300; }
};
using Api = std::function<Awaitable<ApiAnswer>(ApiCall)>;

/// An authenticated person and what they can do with the server.
struct Speaker {
  engine::Person person;  ///< groups resolved now; for the vote
  std::string mention;    ///< as cards name them: "<@U123>" or escaped text
  Api api;                ///< as this person
  std::string via = "slack";  ///< slack | console
  std::string zone;           ///< IANA name, as the account says; empty: not known
};

/// One authenticated thing that came in, whichever transport brought it. Payload shapes are Slack's (research/chatops.md
/// §1.3, §1.5, §1.6), a slash command as an object of its form fields.
struct Incoming {
  enum class Kind { command, interaction, event, options } kind = Kind::command;
  Json payload;
  std::string workspace;          ///< of the installation that it is for
  std::optional<Speaker> speaker; ///< known already (console); else identified from the payload
};

}  // namespace fairlead::chat
