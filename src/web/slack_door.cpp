// SPDX-License-Identifier: Apache-2.0

#include "fairlead/base/json.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

Awaitable<net::Response> through_door(Call& call, std::string part) {
  if (!call.services.parts.slack)
    throw Error(ErrorKind::not_found, "this server takes nothing from Slack over HTTP", "slack: { transport: http, … } in fairlead.yml");
  return call.services.parts.slack(std::move(part), call.request);
}

}  // namespace

Awaitable<net::Response> receive_slack(Call& call) {
  return through_door(call, call.request.segments.size() > 1 ? call.request.segments[1] : std::string());
}

Awaitable<net::Response> slack_oauth(Call& call) {
  const auto& step = call.parameter("step");
  if (step != "start" && step != "callback") throw Error(ErrorKind::not_found, "there is nothing at this path", "/slack/oauth/start");
  return through_door(call, "oauth/" + step);
}

Awaitable<net::Response> check_slack(Call& call) {
  call.require_whole_server();
  if (!call.services.parts.check_slack)
    throw Error(ErrorKind::invalid, "fairlead.yml has no `slack:`", "docs/slack.md: five clicks to connect a workspace");
  co_return net::Response::json(200, co_await call.services.parts.check_slack());
}

}  // namespace fairlead::web
