// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/json.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/store/rows.hpp"

namespace fairlead::engine {
struct Lock;
}

/// Rows and errors as they leave the server.
namespace fairlead::web {

/// RFC 3339 with milliseconds, or null.
Json time_text(const std::optional<Time>&);

Json run_row_json(const store::RunRow&, const std::string& public_url);
Json deployment_json(const store::DeploymentRow&);
/// The list form: without the recorded definitions.
Json deployment_row_json(const store::DeploymentRow&);
Json event_json(const store::Event&);
Json lock_json(const engine::Lock&);
std::string run_url(const std::string& public_url, const RunId&);

int status_of(ErrorKind);
net::Response problem_of(const Error&);

}  // namespace fairlead::web
