// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/chat/incoming.hpp"

/// What both transports read out of payloads. Pure.
namespace fairlead::chat::slack {

/// Of a request over HTTP whose signature fits. Throws Error(usage) when it is none of the four.
Incoming read_request(std::string_view content_type, std::string_view body);
/// `block_suggestion` asks for options, everything else interactive is an interaction.
Incoming::Kind kind_of_interactive(const Json& payload);

/// Where the app is installed that a payload is for; not where the person is at home.
struct Installed {
  std::string team;        ///< empty: not said
  std::string enterprise;  ///< empty: no Enterprise Grid
  bool org_wide = false;   ///< installed for the whole enterprise
};
Installed installed_at(const Json& payload);

}  // namespace fairlead::chat::slack
