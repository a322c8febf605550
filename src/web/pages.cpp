// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <ranges>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/address.hpp"
#include "fairlead/net/target.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "web/authenticate.hpp"
#include "web/handlers.hpp"
#include "web/html.hpp"
#include "web/rate_limit.hpp"
#include "web/sessions.hpp"
#include "web/tokens.hpp"
#include "web/ui_files.hpp"

/// The chat page, its files, and how a browser signs in and out.
namespace fairlead::web {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

const EmbeddedFile* ui_file(std::string_view name) {
  const auto found =
      std::ranges::find_if(ui_files(), [name](const EmbeddedFile& file) { return file.path.substr(file.path.rfind('/') + 1) == name; });
  return found == ui_files().end() ? nullptr : &*found;
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return {};
}

/// Nothing that another page could make of ours: no script but our files, no frame, no form to elsewhere.
void protect(net::Response& response) {
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
                       "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'");
  response.headers.set("Referrer-Policy", "same-origin");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
}

/// The page with each "{{name}}" replaced by the escaped value.
net::Response page(int status, std::string_view name, const Values& values) {
  const auto* file = ui_file(name);
  if (!file) throw Error(ErrorKind::internal, "the program carries no page " + std::string(name));
  std::string text(file->content);
  for (const auto& [key, value] : values) text = replace_all(std::move(text), "{{" + key + "}}", escape_html(value));
  auto response = net::Response::text(status, std::move(text), "text/html; charset=utf-8");
  protect(response);
  return response;
}

bool on_loopback(const net::Peer& peer) {
  static const net::AddressRanges loopback({"127.0.0.0/8", "::1/128"});
  return loopback.contains(peer.address);
}

/// For whoever has just started a server on their own machine and has no token yet.
Awaitable<std::string> first_steps(Call& call) {
  if (!on_loopback(call.request.peer)) co_return "";
  const auto tokens = co_await call.services.tokens.list();
  if (std::ranges::any_of(tokens,
                          [now = call.services.parts.clock()](const Token& token) { return !token.expires_at || *token.expires_at > now; }))
    co_return "";
  std::string text =
      "There is no token yet. Make one on this machine, in the folder of fairlead.yml:\n\n"
      "fairlead token create me --user user:me@example.com --role deployer";
  if (call.services.config.roles.empty())
    text +=
        "\n\nand give that person the role in fairlead.yml (without `roles` only local users may act):\n\n"
        "roles: { deployer: [\"user:me@example.com\"] }";
  co_return text;
}

Awaitable<net::Response> sign_in_page(Call& call, int status, std::string why) {
  auto steps = co_await first_steps(call);
  co_return page(status, "sign_in.html", {{"why", std::move(why)}, {"steps", std::move(steps)}});
}

/// Who the browser is signed in as, or why it is not.
Awaitable<std::pair<std::optional<Identity>, std::string>> visitor(Call& call) {
  if (session_cookie(call.request).empty()) co_return std::pair(std::nullopt, std::string());
  try {
    auto who = co_await authenticate(call.services, call.request);
    if (who.access >= Access::viewer) co_return std::pair(std::optional(std::move(who)), std::string());
    co_return std::pair(std::nullopt, who.person.id + " has no role here; an admin can grant one under `roles` in fairlead.yml");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unauthorized) throw;
    co_return std::pair(std::nullopt, error.message());
  }
}

net::Response see_other(std::string where) {
  net::Response response{.status = 303, .headers = {}, .body = {}};
  response.headers.add("Location", std::move(where));
  return response;
}

}  // namespace

Awaitable<net::Response> chat_page(Call& call) {
  const auto [who, why] = co_await visitor(call);
  if (!who) co_return co_await sign_in_page(call, 200, why);
  co_return page(
      200, "chat.html",
      {{"csrf", csrf_token(session_cookie(call.request))}, {"person", who->person.id}, {"role", std::string(to_string(who->access))}});
}

Awaitable<net::Response> ui_asset(Call& call) {
  const auto& name = call.parameter("file");
  const auto* file = ui_file(name);
  const auto type = type_of(name);
  if (!file || type.empty()) throw Error(ErrorKind::not_found, "there is no file \"" + ellipsize(name, 100) + "\"");
  const auto tag = "\"" + sha256_hex(file->content).substr(0, 32) + "\"";
  const bool known = call.request.headers.get("If-None-Match") == tag;
  auto response = net::Response::text(known ? 304 : 200, known ? std::string() : std::string(file->content), std::string(type));
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("ETag", tag);
  protect(response);
  co_return response;
}

Awaitable<net::Response> sign_in(Call& call) {
  if (const auto why = foreign_origin(call.request, call.services.parts.public_url); !why.empty())
    throw Error(ErrorKind::refused, "this sign-in was not asked for by this server's own page: " + why, "open /chat and sign in there");
  const auto token = std::string(trim(net::parse_query(call.request.body).text("token")));
  if (token.empty()) co_return co_await sign_in_page(call, 400, "Type or paste an API token.");
  std::string why;
  try {
    const auto valid = co_await call.services.tokens.check(token);
    const auto [session, cookie] = co_await call.services.sessions.open(valid);
    log::info("web.signed-in", {{"token", valid.name}, {"user", valid.user}, {"address", call.request.peer.address}});
    auto response = see_other("/chat");
    response.headers.add("Set-Cookie", set_cookie(call.request, cookie.reveal(), session_life));
    co_return response;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unauthorized) throw;
    why = error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
  const auto wait = call.services.failures.take(call.request.peer.address, std::chrono::steady_clock::now());
  if (!wait) co_return co_await sign_in_page(call, 401, std::move(why));
  auto response =
      co_await sign_in_page(call, 429, "Too many wrong tokens from this address; try again in " + std::to_string(*wait) + " s.");
  response.headers.add("Retry-After", std::to_string(*wait));
  co_return response;
}

Awaitable<net::Response> sign_out(Call& call) {
  if (!call.who.session.empty()) co_await call.services.sessions.close(call.who.session);
  net::Response response{.status = 204, .headers = {}, .body = {}};
  response.headers.add("Set-Cookie", set_cookie(call.request, "", std::chrono::seconds(0)));
  co_return response;
}

}  // namespace fairlead::web
