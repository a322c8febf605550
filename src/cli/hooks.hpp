// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/secrets.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/triggers/declarations.hpp"
#include "fairlead/triggers/receiver.hpp"

namespace fairlead::cli {

/// The hooks routes of the web room, answered by the triggers room.
Awaitable<net::Response> answer_hook(triggers::Receiver&, std::string provider, std::string app, net::Request&);

/// Secrets that are good for deliveries of a host (`webhooks.<host>.secret`). For `/hooks/http/<app>`: the secret that the pipeline
/// on the app's branch names (`on.http.secret`), else `webhooks.http.secret`. One that cannot be looked up is left out, with a log line.
Awaitable<std::vector<Secret>> hook_secrets(Secrets&, const pipeline::ServerConfig&, triggers::Declarations&, triggers::Provider,
                                            std::string app);

/// GET of what SNS names: certificates and confirmations. Public addresses only, no redirects; Error(unavailable) unless 2xx.
Awaitable<std::string> fetch_from_sns(net::HttpClient&, std::string url);

}  // namespace fairlead::cli
