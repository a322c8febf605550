// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"
#include "web/handlers.hpp"
#include "web/html.hpp"

namespace fairlead::web {

namespace {

struct Look {
  std::string_view word;
  std::string_view color;
};

Look look_of(std::string_view state) {
  if (state == "succeeded") return {"deployed", "#2c7a3f"};
  if (state == "failed" || state == "lost") return {state, "#b3261e"};
  if (state == "running") return {"deploying", "#1a5fb4"};
  if (state == "waiting" || state == "queued") return {"waiting", "#8f5902"};
  if (state.empty()) return {"unknown", "#6a6a6a"};
  return {state, "#6a6a6a"};
}

std::string svg(const std::string& label, const Look& look) {
  const auto width = [](std::string_view text) { return 7 * text.size() + 12; };
  const auto left = width(label);
  const auto right = width(look.word);
  const auto name = escape_html(label);
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="20" role="img" aria-label="{1}: {2}"><title>{1}: {2}</title>)"
      R"(<rect width="{0}" height="20" rx="3" fill="#444"/><rect x="{3}" width="{4}" height="20" rx="3" fill="{5}"/>)"
      R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">)"
      R"(<text x="{6}" y="14">{1}</text><text x="{7}" y="14">{2}</text></g></svg>)",
      left + right, name, look.word, left, right, look.color, left / 2, left + right / 2);
}

}  // namespace

/// Seen without a token, as badges are: it tells the state and nothing else, and nothing of whether an unknown app exists.
Awaitable<net::Response> badge(Call& call) {
  const auto& app = call.parameter("app");
  const auto& environment = call.parameter("environment");
  const auto& config = call.services.config;
  std::string state;
  if (config.apps.contains(app) && config.environments.contains(environment)) {
    const auto rows = co_await call.services.store().read([&](store::View& view) {
      return view.deployments({.app = app, .environment = environment, .state = {}, .before = {}, .limit = 1});
    });
    if (!rows.empty()) state = rows.front().state;
  }
  auto response = net::Response::text(200, svg(environment, look_of(state)), "image/svg+xml");
  response.headers.set("Cache-Control", "no-cache, max-age=0");
  response.headers.set("Content-Security-Policy", "default-src 'none'");
  co_return response;
}

}  // namespace fairlead::web
