// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"

/// What the answer of oauth.v2.access says. Pure.
namespace fairlead::chat::slack {

/// Scopes that the app asks for: everything it can do; docs/slack.md says what each is for.
const std::vector<std::string>& wanted_scopes();

/// Kept as document "chat.workspace"; no secret in it.
struct Installation {
  std::string workspace;  ///< "T…", or "E…" when it is installed in a whole organisation
  Json about;             ///< {team, enterprise, app, bot_user, scopes, by}
};
/// Kept sealed.
struct Tokens {
  Secret access, refresh;
  Time renew_at = Time::max();  ///< with rotation: half an hour before it ends

  std::string sealed_text() const;
  static Tokens from(const std::string& sealed_text);
};
/// Throws Error(invalid) when a part is missing.
Installation installation_in(const Json& access_answer);
Tokens tokens_in(const Json& access_answer, Time now);

}  // namespace fairlead::chat::slack
