// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/chat/incoming.hpp"
#include "fairlead/chat/place.hpp"

namespace fairlead::chat {

/// Who is behind an account. Everything is asked at the moment of the act (a short cache serves cards only) and fails closed.
class People {
 public:
  virtual ~People() = default;
  /// Throws Error(refused) with the text for the person: guest, bot, deactivated, of another workspace, not resolvable now.
  /// `groups` (of "slack:@name", "slack:S…", "github:team:o/t") that could not be asked are not in the person's groups.
  virtual Awaitable<Speaker> identify(Account) = 0;
};

}  // namespace fairlead::chat
