// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/turn.hpp"

#include "chat/dispatch/desk.hpp"
#include "chat/reader/wanted.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::chat {

namespace {

constexpr auto slack_patience = std::chrono::seconds(10);

Json message_json(const Message& message) {
  Json json{{"text", message.text}};
  if (!message.blocks.empty()) json["blocks"] = message.blocks;
  return json;
}

/// Nothing is thrown: false, and logged, when it could not be done.
Awaitable<bool> tried(Turn& turn, std::string method, Json arguments) {
  std::string why;
  try {
    co_await call_slack(turn, method, std::move(arguments));
    co_return true;
  } catch (const Error& error) {
    why = error.message();
  }
  log::info("chat.answer-not-delivered", {{"method", method}, {"workspace", turn.incoming.workspace}, {"why", why}});
  co_return false;
}

}  // namespace

Desk::Desk(Parts given) : parts(std::move(given)), grants(*parts.store, parts.clock), once(parts.executor) {}

Turn::Turn(std::shared_ptr<Desk> shared, Incoming given)
    : desk(std::move(shared)),
      incoming(std::move(given)),
      account(account_of(incoming)),
      place(place_of(incoming)),
      response_url(response_url_of(incoming.payload)),
      trigger(trigger_of(incoming.payload)) {
  if (const auto envelope = envelope_key(incoming); !envelope.empty()) key = "chat-" + sha256_hex(envelope);
}

Message sentence(std::string mrkdwn) {
  Message message;
  message.blocks.push_back({{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", clip(mrkdwn, 3000)}, {"verbatim", true}}}});
  message.text = std::move(mrkdwn);
  return within_limits(std::move(message));
}

std::string run_link(const std::string& public_url, const Json& started, const std::string& app) {
  const auto name = escape(app) + "#" + std::to_string(number_at(started, "number"));
  auto url = text_at(started, "url");
  if (url.empty() && !public_url.empty()) url = public_url + "/runs/" + text_at(started, "id");
  return url.starts_with("http") ? "<" + url + "|" + name + ">" : name;
}

Awaitable<void> identify(Turn& turn, bool acts) {
  if (turn.incoming.speaker) {
    turn.speaker = *turn.incoming.speaker;
    co_return;
  }
  auto* const people = turn.desk->parts.people;
  if (people == nullptr) throw Error(ErrorKind::unavailable, "this server knows no accounts of Slack");
  turn.speaker = acts ? co_await people->identify(turn.account) : co_await people->identify_reader(turn.account);
}

Awaitable<ApiAnswer> ask(Turn& turn, std::string method, std::string path, Json body, Json query) {
  ApiCall call{
      .method = std::move(method), .path = std::move(path), .query = std::move(query), .body = std::move(body), .idempotency_key = {}};
  if (call.method == "POST") call.idempotency_key = turn.key;
  co_return co_await turn.speaker.api(std::move(call));
}

Awaitable<Json> want(Turn& turn, std::string method, std::string path, Json body, Json query) {
  auto answer = co_await ask(turn, std::move(method), std::move(path), std::move(body), std::move(query));
  if (!answer.ok())
    throw Error(answer.status == 404 ? ErrorKind::not_found : ErrorKind::refused,
                answer.detail.empty() ? "the server answered with status " + std::to_string(answer.status) : answer.detail, answer.hint);
  co_return std::move(answer.body);
}

std::string path_of(std::initializer_list<std::string_view> segments) {
  std::string path = "/api/v1";
  for (const auto segment : segments) path += "/" + url_encode(segment);
  return path;
}

Awaitable<Message> drawn(Turn& turn, Drawing draw) {
  Granter granter(co_await turn.desk->grants.key());
  CardContext context;
  context.public_url = turn.desk->parts.public_url;
  context.now = turn.desk->parts.clock();
  context.grant = std::ref(granter);
  auto message = within_limits(draw(context));
  if (!granter.granted().empty()) co_await turn.desk->grants.put(granter.granted());
  co_return message;
}

Awaitable<Json> drawn_view(Turn& turn, ViewDrawing draw) {
  Granter granter(co_await turn.desk->grants.key());
  CardContext context;
  context.public_url = turn.desk->parts.public_url;
  context.now = turn.desk->parts.clock();
  context.grant = std::ref(granter);
  auto view = view_within_limits(draw(context));
  if (!granter.granted().empty()) co_await turn.desk->grants.put(granter.granted());
  co_return view;
}

Awaitable<std::string> granted(Turn& turn, Grant grant) {
  Granter granter(co_await turn.desk->grants.key());
  auto handle = granter(std::move(grant));
  co_await turn.desk->grants.put(granter.granted());
  co_return handle;
}

Awaitable<Json> call_slack(Turn& turn, std::string method, Json arguments) {
  auto* const api = turn.desk->parts.api(turn.incoming.workspace);
  if (api == nullptr) throw Error(ErrorKind::unavailable, "the workspace \"" + turn.incoming.workspace + "\" is not connected");
  co_return co_await api->call(turn.incoming.workspace, std::move(method), std::move(arguments), deadline_in(slack_patience));
}

Awaitable<void> deliver(Turn& turn, Reply reply) {
  if (reply.message.text.empty()) co_return;
  const bool everybody = reply.to == Reply::To::channel || (turn.public_answers && reply.to == Reply::To::asker);
  if (!turn.response_url.empty()) {
    auto arguments = message_json(reply.message);
    arguments["response_url"] = turn.response_url;
    arguments["response_type"] = everybody ? "in_channel" : "ephemeral";
    arguments["replace_original"] = reply.replaces;
    if (co_await tried(turn, "response_url", std::move(arguments))) co_return;
  }
  auto arguments = message_json(reply.message);
  arguments["channel"] = turn.place.channel;
  if (!turn.place.thread.empty()) arguments["thread_ts"] = turn.place.thread;
  if (!everybody) arguments["user"] = turn.account.user;
  if (!turn.place.channel.empty() && co_await tried(turn, everybody ? "chat.postMessage" : "chat.postEphemeral", std::move(arguments)))
    co_return;
  auto direct = message_json(reply.message);
  direct["channel"] = turn.account.user;
  if (!turn.account.user.empty()) co_await tried(turn, "chat.postMessage", std::move(direct));
}

Json acknowledgement(const Reply& reply) {
  if (reply.message.text.empty()) return nullptr;
  auto json = message_json(reply.message);
  json["response_type"] = reply.to == Reply::To::channel ? "in_channel" : "ephemeral";
  return json;
}

Reply apology(Turn& turn, const Error& error) {
  CardContext context;
  context.public_url = turn.desk->parts.public_url;
  context.now = turn.desk->parts.clock();
  if (error.kind() != ErrorKind::internal && error.kind() != ErrorKind::io)
    return to_asker(refusal(error.message(), error.hint(), context));
  log::error("chat.failed", {{"workspace", turn.incoming.workspace}, {"why", error.message()}});
  return to_asker(refusal("the server failed; its log has the reason", "", context));
}

Awaitable<void> remember_origin(Turn& turn, std::string run) {
  if (run.empty() || turn.place.channel.empty()) co_return;
  const auto origin = dump(to_json(Origin{.place = turn.place, .user = turn.account.user}));
  co_await turn.desk->parts.store->transact([&](store::Tx& tx) { tx.put("chat.origin", run, origin); });
}

Vocabulary vocabulary(const Desk& desk) {
  Vocabulary words;
  for (const auto& [name, app] : desk.parts.config->apps) words.apps.push_back(name);
  for (const auto& [name, environment] : desk.parts.config->environments) words.environments.push_back(name);
  words.genova = desk.parts.config->compat_genova;
  return words;
}

}  // namespace fairlead::chat
