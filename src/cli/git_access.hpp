// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/secrets.hpp"
#include "fairlead/git/types.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

/// Name of the Git host in `webhooks:` that a repository URL belongs to: by the public host names (github.com, gitlab.com,
/// bitbucket.org) or the host of a configured `api-url`; empty when none does. Pure.
std::string git_host_of(const std::string& repository, const std::map<std::string, pipeline::WebhookConfig>&);

/// How the server proves who it is to an app's repository: `webhooks.<host>.api-token` for https; what `ssh` finds by itself otherwise.
/// A token that cannot be looked up is left out, with a log line.
Awaitable<git::Credentials> credentials_for(Secrets&, const pipeline::ServerConfig&, std::string app);

}  // namespace fairlead::cli
