// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/base/json.hpp"
#include "fairlead/chat/grants.hpp"

namespace fairlead::chat {

/// The document "chat.grant".
Json kept_json(const KeptGrant&);
KeptGrant kept_from(const Json&);

}  // namespace fairlead::chat
