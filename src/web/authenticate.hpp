// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/call.hpp"

namespace fairlead::web {

/// Who calls: a bearer token when one is given, else the user of the unix socket, else a browser's session. Throws Error(unauthorized)
/// for nobody, Error(refused) for what a session asks for without the page's own X-CSRF-Token: another page may have sent it.
Awaitable<Identity> authenticate(Services&, const net::Request&);

/// Throws Error(refused) naming the role that the matched route asks for, and who may decide when it is about an approval.
void authorize(const Route&, const Identity&, const pipeline::ServerConfig&);

}  // namespace fairlead::web
