// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "web/handlers.hpp"
#include "web/html.hpp"

/// Static pages that show the way to the command line and the API. They tell nothing of what is on the server, so anyone may read them.
namespace fairlead::web {

namespace {

net::Response page(std::string_view title, std::string_view body) {
  auto response = net::Response::text(200,
                                      fmt::format(R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{0}</title>
<h1>{0}</h1>
{1}</html>
)",
                                                  title, body),
                                      "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  return response;
}

constexpr std::string_view welcome =
    R"(<p>This server brings commits to their environments. It is used from chat, with the command line and the HTTP API:</p>
<pre>fairlead status
fairlead start APP --follow
fairlead approve APP#42</pre>
<ul>
<li><a href="/chat">/chat</a>: deploy, approve and follow in the browser</li>
<li><a href="/api/v1/openapi.json">/api/v1/openapi.json</a>: every route, with its role and schema</li>
<li><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>: is it alive, does it take work</li>
</ul>
)";

constexpr std::string_view about_run = R"(<p>See it with the command line:</p>
<pre>fairlead show {0}
fairlead logs {0}
fairlead approve {0}</pre>
<p>or by the API, with a token: <code>GET /api/v1/runs/{0}</code></p>
)";

}  // namespace

Awaitable<net::Response> home(Call&) { co_return page("fairlead", welcome); }

Awaitable<net::Response> run_page(Call& call) {
  const auto run = escape_html(call.parameter("run"));
  co_return page("run " + run, fmt::format(about_run, run));
}

}  // namespace fairlead::web
