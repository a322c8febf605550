// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/chat/place.hpp"

namespace fairlead::store {
class Store;
}

namespace fairlead::chat {

/// What a button stands for; kept here, so that the message carries nothing but an opaque handle.
struct Grant {
  std::string verb;          ///< approve, reject, cancel, retry, rollback, answer, say, page, …
  Json args = Json::object();///< {run, stage, plan_digest, …}, or {command} for `say`
  std::string card;          ///< key of the card it is on; empty: an answer to one person
  std::string audience;      ///< user id that alone may press it; empty: anyone who may do the thing
  std::optional<Time> expires;
  bool once = true;          ///< used up by the first accepted click
};

/// The text for a `value`: "v1." and 128 bits, derived from a key of this installation and the grant, so that drawing the same card
/// twice gives the same text. Pure.
std::string handle_of(const std::string& key, const Grant&);

}  // namespace fairlead::chat
