// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "chat/slack/payload.hpp"
#include "chat/slack/socket_machine.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack_socket.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/websocket.hpp"

namespace fairlead::chat::slack {

using socket::Number;

struct SocketTransport::State {
  explicit State(SocketParts given) : parts(std::move(given)), machine({random_fraction}), changed(parts.executor) {}

  static double random_fraction() {
    std::uint32_t number = 0;
    std::memcpy(&number, random_bytes(sizeof number).data(), sizeof number);
    return number / 4294967296.0;
  }

  SocketParts parts;
  socket::Machine machine;
  std::map<Number, std::shared_ptr<net::WebSocket>> sockets;
  std::map<std::string, std::string> alarms;
  Signal changed;  ///< the machine was told something, or we stop
  bool stopping = false;
};

namespace {

using State = SocketTransport::State;
using Shared = std::shared_ptr<State>;

void perform(const Shared&, socket::Outputs);

Awaitable<void> ask_url(Shared state) {
  std::optional<ApiError> error;
  std::string url;
  try {
    auto token = co_await state->parts.app_token();
    state->machine.expect_app(app_of_token(token.reveal()));
    const auto reply = co_await ask(*state->parts.http, state->parts.base_url, std::move(token), "apps.connections.open", Json::object(),
                                    deadline_in(std::chrono::seconds(20)));
    url = text_at(reply.body, "url");
    const bool plain = state->parts.base_url.starts_with("http://");
    if (!url.starts_with("wss://") && !(plain && url.starts_with("ws://")))
      error.emplace(ApiError::Kind::unknown, "apps.connections.open", "", "the answer has no wss:// address");
  } catch (const ApiError& failed) {
    error.emplace(failed);
  } catch (const Error& failed) {
    if (failed.kind() == ErrorKind::canceled) throw;
    error.emplace(ApiError::Kind::unreachable, "apps.connections.open", "", failed.message());
  }
  if (state->stopping) co_return;
  if (error) log::warn("slack.socket", {{"why", error->message()}});
  perform(state, error ? state->machine.refused(*error, state->parts.clock()) : state->machine.url(std::move(url), state->parts.clock()));
}

Awaitable<void> follow_connection(Shared state, socket::Connect wanted) {
  const auto number = wanted.connection;
  try {
    net::WebSocketOptions options;
    options.url = std::move(wanted.url);
    const std::shared_ptr<net::WebSocket> connection =
        co_await net::WebSocket::connect(std::move(options), deadline_in(std::chrono::seconds(15)));
    if (state->stopping || !state->machine.has(number)) co_return;
    state->sockets[number] = connection;
    while (!state->stopping) {
      const auto text = co_await connection->read();
      if (!text || state->stopping) break;
      perform(state, state->machine.text(number, *text, state->parts.clock()));
    }
  } catch (const Error& error) {
    if (!state->stopping) log::info("slack.connection-ended", {{"connection", number}, {"why", error.message()}});
  }
  state->sockets.erase(number);
  if (!state->stopping) perform(state, state->machine.closed(number, state->parts.clock()));
}

Awaitable<void> handle(Shared state, socket::Deliver delivered) {
  Incoming incoming;
  incoming.kind = delivered.type == "slash_commands" ? Incoming::Kind::command
                  : delivered.type == "events_api"   ? Incoming::Kind::event
                                                     : kind_of_interactive(delivered.payload);
  incoming.workspace = state->parts.workspace(delivered.payload);
  incoming.payload = std::move(delivered.payload);
  const auto kind = incoming.kind;
  Json answer;
  try {
    if (!incoming.workspace.empty()) answer = co_await state->parts.receive(std::move(incoming));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    log::error("slack.not-handled", {{"why", error.message()}});
    if (kind == Incoming::Kind::event) co_return state->machine.failed(delivered.connection, delivered.envelope);
    if (kind == Incoming::Kind::command) answer = Json{{"response_type", "ephemeral"}, {"text", "That did not work: " + error.message()}};
  }
  if (kind == Incoming::Kind::options && answer.is_null()) answer = Json{{"options", Json::array()}};
  if (!state->stopping) perform(state, state->machine.answered(delivered.connection, delivered.envelope, answer));
}

Awaitable<void> send(std::shared_ptr<net::WebSocket> connection, std::string text) {
  try {
    co_await connection->write(std::move(text));
  } catch (const Error&) {
    // Its reader sees the same end, and tells.
  }
}

Awaitable<void> close(std::shared_ptr<net::WebSocket> connection) {
  try {
    co_await connection->close(deadline_in(std::chrono::seconds(5)));
  } catch (const Error&) {
    connection->cut();
  }
}

class Performer {
 public:
  explicit Performer(const Shared& state) : state_(state) {}
  void operator()(const socket::AskUrl&) const { start("slack: ask for a connection", ask_url(state_)); }
  void operator()(const socket::Connect& wanted) const { start("slack: connection", follow_connection(state_, wanted)); }
  void operator()(const socket::Deliver& delivered) const { start("slack: envelope", handle(state_, delivered)); }
  void operator()(const socket::Send& wanted) const {
    if (const auto connection = find(wanted.connection)) start("slack: acknowledge", send(connection, wanted.text));
  }
  void operator()(const socket::Close& wanted) const {
    if (const auto connection = find(wanted.connection)) start("slack: close", close(connection));
  }
  void operator()(const socket::Alarm& alarm) const {
    if (alarm.text.empty()) {
      state_->alarms.erase(alarm.code);
      log::info("slack.alarm-over", {{"alarm", alarm.code}});
    } else {
      state_->alarms[alarm.code] = alarm.text;
      log::error("slack.alarm", {{"alarm", alarm.code}, {"what", alarm.text}});
    }
  }
  void operator()(const socket::Stop&) const {}

 private:
  void start(std::string_view name, Awaitable<void> task) const { spawn(state_->parts.executor, name, std::move(task)); }
  std::shared_ptr<net::WebSocket> find(Number number) const {
    const auto found = state_->sockets.find(number);
    return found == state_->sockets.end() ? nullptr : found->second;
  }
  const Shared& state_;
};

void perform(const Shared& state, socket::Outputs outputs) {
  const Performer performer(state);
  for (const auto& output : outputs) std::visit(performer, output);
  state->changed.notify_all();
}

Deadline deadline_of(const State& state) {
  const auto wake = state.machine.wake();
  if (!wake) return Deadline::max();
  return deadline_in(std::max<Duration>(*wake - state.parts.clock(), Duration(0)));
}

}  // namespace

std::string app_of_token(const std::string& app_token) {
  const auto parts = split(app_token, '-');
  return parts.size() >= 4 && parts[0] == "xapp" && parts[2].starts_with('A') ? parts[2] : std::string();
}

SocketTransport::SocketTransport(SocketParts parts) : state_(std::make_shared<State>(std::move(parts))) {}
SocketTransport::~SocketTransport() { stop(); }

Awaitable<void> SocketTransport::run() {
  const auto state = state_;
  perform(state, state->machine.start(state->parts.clock()));
  while (!state->stopping && !state->machine.stopped()) {
    if (co_await state->changed.wait_until(deadline_of(*state))) continue;
    if (!state->stopping) perform(state, state->machine.time(state->parts.clock()));
  }
}

void SocketTransport::stop() {
  if (state_->stopping) return;
  state_->stopping = true;
  for (const auto& [number, connection] : state_->sockets) connection->cut();
  state_->changed.notify_all();
}

bool SocketTransport::connected() const { return state_->machine.connected(); }
const std::map<std::string, std::string>& SocketTransport::alarms() const { return state_->alarms; }

}  // namespace fairlead::chat::slack
