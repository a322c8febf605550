// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/client.hpp"

#include <array>

#include "chat/slack/answer.hpp"
#include "chat/slack/form.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack.hpp"

namespace fairlead::chat::slack {

namespace {

using Kind = ApiError::Kind;

constexpr std::array slack_hosts{"https://hooks.slack.com/", "https://hooks.slack-gov.com/"};

bool is_slacks(std::string_view base_url) {
  return base_url.starts_with("https://slack.com/") || base_url.starts_with("https://slack-gov.com/");
}

/// "http://127.0.0.1:9000" of a URL; empty when it has no authority.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#\\", scheme + 3));
}

/// A request that must not reach Slack twice goes on a connection of its own: libcurl repeats one whose reused connection was dead.
bool once_only(std::string_view method) { return method.starts_with("chat.post") || method == "response_url"; }

Awaitable<net::HttpReply> send(net::HttpClient& http, std::string method, net::HttpRequest request, Deadline deadline) {
  std::string why;
  auto kind = Kind::unknown;
  try {
    co_return co_await http.send(std::move(request), deadline);
  } catch (const net::NotSent& error) {
    kind = Kind::unreachable;
    why = error.message();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    if (error.kind() == ErrorKind::usage || error.kind() == ErrorKind::refused) kind = Kind::rejected;
    why = error.message();
  }
  throw ApiError(kind, std::move(method), "", std::move(why));
}

/// Posts to a payload's response_url: no token goes there, and no redirect is followed.
Awaitable<Json> respond(net::HttpClient& http, std::string base_url, Json arguments, Deadline deadline) {
  const auto url = text_at(arguments, "response_url");
  arguments.erase("response_url");
  if (!may_respond_to(url, base_url)) throw ApiError(Kind::rejected, "response_url", "foreign_host", "only Slack's own hosts are answered");
  net::HttpRequest request{.method = "POST", .url = url, .body = dump(arguments), .fresh_connection = true};
  request.headers.add("Content-Type", "application/json; charset=utf-8");
  request.public_only = is_slacks(base_url);
  const auto reply = co_await send(http, "response_url", std::move(request), deadline);
  if (reply.ok()) co_return Json::object();
  co_return read_answer("response_url", reply);
}

class Client final : public WebApi {
 public:
  Client(net::HttpClient& http, std::string base_url, TokenOf token)
      : http_(http), base_url_(std::move(base_url)), token_(std::move(token)) {}

  Awaitable<Json> call(std::string workspace, std::string method, Json arguments, Deadline deadline) override {
    if (method == "response_url") co_return co_await respond(http_, base_url_, std::move(arguments), deadline);
    auto token = co_await token_of(workspace, method);
    auto reply = co_await ask(http_, base_url_, std::move(token), std::move(method), std::move(arguments), deadline);
    co_return std::move(reply.body);
  }

 private:
  Awaitable<Secret> token_of(std::string workspace, std::string method) {
    std::string why;
    try {
      if (auto token = co_await token_(workspace); token && !token->empty()) co_return std::move(*token);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) throw;
      why = error.message();
    }
    // A secret that is not set yet may be set in a minute: what waits to be sent waits on.
    if (!why.empty()) throw ApiError(Kind::unreachable, std::move(method), "", std::move(why));
    throw ApiError(Kind::rejected, std::move(method), "not_authed", "workspace " + workspace + " is not connected");
  }

  net::HttpClient& http_;
  std::string base_url_;
  TokenOf token_;
};

}  // namespace

bool may_respond_to(std::string_view response_url, std::string_view base_url) {
  if (response_url.find_first_of(" \t\r\n") != std::string_view::npos) return false;
  for (const std::string_view host : slack_hosts)
    if (response_url.starts_with(host)) return true;
  const auto origin = origin_of(base_url);
  return !is_slacks(base_url) && !origin.empty() && origin_of(response_url) == origin;
}

Awaitable<Reply> ask(net::HttpClient& http, std::string base_url, Secret token, std::string method, Json arguments, Deadline deadline) {
  net::HttpRequest request{.method = "POST", .url = base_url + "/" + method, .body = form_of(arguments)};
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept", "application/json");
  if (!token.empty()) request.headers.add("Authorization", "Bearer " + token.reveal());
  request.fresh_connection = once_only(method);
  auto reply = co_await send(http, method, std::move(request), deadline);
  Reply result;
  result.body = read_answer(method, reply);
  result.headers = std::move(reply.headers);
  co_return result;
}

std::unique_ptr<WebApi> connect(net::HttpClient& http, std::string base_url, TokenOf bot_token) {
  while (base_url.ends_with('/')) base_url.pop_back();
  return std::make_unique<Client>(http, base_url.empty() ? default_base_url : std::move(base_url), std::move(bot_token));
}

}  // namespace fairlead::chat::slack
