// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/call.hpp"

namespace fairlead::web {

/// Who calls: a bearer token when one is given, else the user of the unix socket. Throws Error(unauthorized) for nobody.
/// Browser sessions will be a third way in here; they alone need protection against forged requests.
Awaitable<Identity> authenticate(Services&, const net::Request&);

/// Throws Error(refused) naming the role that the matched route asks for.
void authorize(const Route&, const Identity&);

}  // namespace fairlead::web
