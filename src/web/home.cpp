// SPDX-License-Identifier: Apache-2.0
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>fairlead</title>
<h1>fairlead</h1>
<p>This server brings commits to their environments. It is used with the command line and the HTTP API:</p>
<pre>fairlead status
fairlead start APP --follow
fairlead approve APP#42</pre>
<ul>
<li><a href="/api/v1/openapi.json">/api/v1/openapi.json</a>: every route, with its role and schema</li>
<li><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>: is it alive, does it take work</li>
</ul>
</html>
)";

}  // namespace

Awaitable<net::Response> home(Call&) {
  auto response = net::Response::text(200, std::string(page), "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  co_return response;
}

}  // namespace fairlead::web
