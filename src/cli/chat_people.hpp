// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fairlead/web/web.hpp"

namespace fairlead::chat {
class Links;
}

namespace fairlead::cli {

/// `/api/v1/users` over the links, which outlive it.
web::PeopleDoor people_door(chat::Links&);

}  // namespace fairlead::cli
