// SPDX-License-Identifier: Apache-2.0
#include "web/call.hpp"

#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"

namespace fairlead::web {

namespace {
constexpr int most_rows = 200;
constexpr std::size_t longest_key = 255;
}  // namespace

Call::Call(Services& shared, net::Request& incoming, const Route& matched, Identity caller,
           std::vector<std::pair<std::string_view, std::string>> values)
    : services(shared), request(incoming), route(matched), who(std::move(caller)), parameters_(std::move(values)) {}

const std::string& Call::parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, [](const auto& entry) { return entry.first; });
  if (found == parameters_.end()) throw Error(ErrorKind::internal, "route " + route.pattern + " has no {" + std::string(name) + "}");
  return found->second;
}

int Call::limit(int fallback) const {
  const auto text = request.query.get("limit");
  if (!text) return fallback;
  const auto value = parse_int(*text);
  if (!value || *value < 1) throw Error(ErrorKind::usage, "limit must be a number from 1 to 200, not '" + ellipsize(*text, 40) + "'");
  return static_cast<int>(std::min<long long>(*value, most_rows));
}

bool Call::wants_events() const { return request.headers.get("Accept").find("text/event-stream") != std::string_view::npos; }

std::string Call::idempotency_key() const {
  const auto key = request.headers.get("Idempotency-Key");
  if (key.size() > longest_key) throw Error(ErrorKind::usage, "Idempotency-Key is longer than 255 bytes");
  return key.empty() ? std::string() : who.person.id + "\n" + std::string(key);
}

void Call::require_app(std::string_view app) const {
  if (!who.may_see(app)) throw Error(ErrorKind::not_found, "there is no app \"" + std::string(app) + "\"");
}

void Call::require_environment(std::string_view environment) const {
  if (!who.may_touch(environment))
    throw Error(ErrorKind::refused, who.person.id + " may not act on environment \"" + std::string(environment) + "\"",
                "this token is limited to: " + join({who.environments.begin(), who.environments.end()}, ", "));
}

void Call::require_all_environments() const {
  if (!who.environments.empty())
    throw Error(ErrorKind::refused, who.person.id + " may only act on: " + join({who.environments.begin(), who.environments.end()}, ", "),
                "use POST /api/v1/deployments with one of these environments");
}

void Call::require_whole_server() const {
  if (!who.apps.empty() || !who.environments.empty())
    throw Error(ErrorKind::refused, who.person.id + " is limited to some apps or environments, and this concerns the whole server");
}

Awaitable<engine::RunState> Call::run() const {
  const auto& text = parameter("run");
  const auto id = co_await services.engine().resolve(text);
  auto state = co_await services.engine().state(id);
  if (!who.may_see(state.app)) throw Error(ErrorKind::not_found, "there is no run \"" + text + "\"");
  co_return state;
}

}  // namespace fairlead::web
