// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <optional>

#include "cli/find_config.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/sse.hpp"

namespace fairlead::cli {

namespace {

constexpr auto reconnect_pause = std::chrono::milliseconds(250);

struct Place {
  std::string url;
  std::string unix_socket;
};

Place place_of(const std::string& text) {
  if (text.starts_with("unix:")) return {"http://fairlead", text.substr(5)};
  if (text.starts_with("/") || text.starts_with("./")) return {"http://fairlead", text};
  if (!text.starts_with("http://") && !text.starts_with("https://")) {
    throw Error(ErrorKind::usage, "\"" + text + "\" is no server", "write http://host:port, https://host, or unix:/path/to/fairlead.sock");
  }
  return {text.ends_with("/") ? text.substr(0, text.size() - 1) : text, {}};
}

Place find_server(const Globals& globals) {
  if (!globals.server.empty()) return place_of(globals.server);
  if (const auto server = env_value("FAIRLEAD_SERVER"); server && !server->empty()) return place_of(*server);
  if (const auto socket = find_socket()) return {"http://fairlead", socket->string()};
  return {"http://127.0.0.1:7070", {}};
}

std::string find_token(const Globals& globals) {
  if (!globals.token.empty()) return globals.token;
  if (auto token = env_value("FAIRLEAD_TOKEN"); token && !token->empty()) return *token;
  const auto home = env_value("HOME");
  if (!home) return {};
  const auto file = read_file_if_exists(std::filesystem::path(*home) / ".config/fairlead/token", 4096);
  return file ? std::string(trim(*file)) : std::string();
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 400: return ErrorKind::usage;
    case 401: return ErrorKind::unauthorized;
    case 403: return ErrorKind::refused;
    case 404: return ErrorKind::not_found;
    case 409: return ErrorKind::conflict;
    case 413: return ErrorKind::too_large;
    case 422: return ErrorKind::invalid;
    case 503: return ErrorKind::unavailable;
    case 504: return ErrorKind::timeout;
    default: return ErrorKind::internal;
  }
}

[[noreturn]] void throw_problem(const net::HttpReply& reply, const std::string& path) {
  Json problem = Json::object();
  try {
    problem = parse_json(reply.body);
  } catch (const Error&) {
    // Not a problem document: something else answers there.
  }
  std::string detail = text_at(problem, "detail", text_at(problem, "title"));
  if (detail.empty()) detail = path + " answered " + std::to_string(reply.status);
  throw Error(kind_of(reply.status), detail, text_at(problem, "hint"));
}

}  // namespace

struct Client::State {
  Place place;
  std::string token;
  std::chrono::milliseconds call_limit = std::chrono::seconds(60);
  asio::io_context io;
  std::unique_ptr<net::HttpClient> http = std::make_unique<net::HttpClient>(io.get_executor());

  net::HttpRequest request(const std::string& method, const std::string& path) const {
    net::HttpRequest request;
    request.method = method;
    request.url = place.url + path;
    request.unix_socket = place.unix_socket;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    request.headers.set("User-Agent", "fairlead/" FAIRLEAD_VERSION);
    return request;
  }

  template <class T>
  T wait_for(Awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr error;
    auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
    spawn(io.get_executor(), "call", keep(std::move(work), result), [&error](std::exception_ptr e) { error = std::move(e); });
    io.restart();
    io.run();
    if (error) std::rethrow_exception(error);
    if (!result) throw Error(ErrorKind::canceled, "the call was canceled");
    return std::move(*result);
  }

  [[noreturn]] void unreachable(const Error& error, const std::string& where) const {
    throw Error(ErrorKind::unavailable, "cannot reach a fairlead server at " + where + ": " + error.message(),
                "start one with `fairlead serve`, or name it with --server or FAIRLEAD_SERVER");
  }

  std::string where() const { return place.unix_socket.empty() ? place.url : "unix:" + place.unix_socket; }

  net::HttpReply call(const std::string& method, const std::string& path, const Json* body) {
    auto message = request(method, path);
    if (body != nullptr) {
      message.body = dump(*body);
      message.headers.set("Content-Type", "application/json");
    }
    net::HttpReply reply;
    try {
      reply = wait_for(http->send(std::move(message), deadline_in(call_limit)));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unavailable) unreachable(error, where());
      throw;
    }
    if (!reply.ok()) throw_problem(reply, path);
    return reply;
  }
};

Client::Client(const Globals& globals) : state_(std::make_unique<State>()) {
  state_->place = find_server(globals);
  state_->token = find_token(globals);
}
Client::~Client() = default;

const std::string& Client::where() const {
  static thread_local std::string text;
  text = state_->where();
  return text;
}

namespace {

Awaitable<int> pause() {
  co_await sleep_for(reconnect_pause);
  co_return 0;
}

Json json_of(const net::HttpReply& reply) { return reply.body.empty() ? Json() : parse_json(reply.body); }

}  // namespace

void Client::set_patience(std::chrono::milliseconds limit) { state_->call_limit = limit; }
Json Client::get(const std::string& path) { return json_of(state_->call("GET", path, nullptr)); }
Json Client::post(const std::string& path, const Json& body) { return json_of(state_->call("POST", path, &body)); }
Json Client::put(const std::string& path, const Json& body) { return json_of(state_->call("PUT", path, &body)); }
void Client::remove(const std::string& path) { state_->call("DELETE", path, nullptr); }
std::string Client::text(const std::string& path) { return state_->call("GET", path, nullptr).body; }

Client::Answer Client::deliver(const std::string& path, const std::vector<std::pair<std::string, std::string>>& headers, std::string body) {
  auto request = state_->request("POST", path);
  request.headers.remove("Authorization");
  for (const auto& [name, value] : headers) request.headers.set(name, value);
  request.body = std::move(body);
  try {
    auto reply = state_->wait_for(state_->http->send(std::move(request), deadline_in(state_->call_limit)));
    return {reply.status, std::move(reply.body)};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable) state_->unreachable(error, state_->where());
    throw;
  }
}

bool Client::follow(const std::string& path, const std::function<bool(const Event&)>& handle, long seconds) {
  const auto end = seconds > 0 ? deadline_in(std::chrono::seconds(seconds)) : Deadline::max();
  std::string last_id = "0";
  bool ever_connected = false;
  // Whether to go on; nullopt: the time is over. The server may die while it is asked about an event.
  const auto handled = [&](const Event& event) -> std::optional<bool> {
    while (true) {
      try {
        return handle(event);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable) throw;
      }
      if (std::chrono::steady_clock::now() >= end) return std::nullopt;
      state_->wait_for(pause());
    }
  };
  while (true) {
    auto request = state_->request("GET", path);
    request.headers.set("Accept", "text/event-stream");
    request.headers.set("Last-Event-ID", last_id);
    // The handler makes calls of its own, which must not happen inside a transfer: a batch ends it, the next one resumes.
    net::SseReader reader;
    std::vector<Event> batch;
    const auto on_chunk = [&](std::string_view bytes) {
      reader.feed(bytes,
                  [&](net::SseEvent event) { batch.push_back({std::move(event.id), std::move(event.name), std::move(event.data)}); });
      return batch.empty();
    };
    try {
      const auto reply = state_->wait_for(state_->http->stream(std::move(request), on_chunk, end));
      if (!reply.ok()) throw_problem(reply, path);
      ever_connected = true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::timeout) return false;
      if (error.kind() != ErrorKind::unavailable) throw;
      if (!ever_connected) state_->unreachable(error, state_->where());
    }
    for (const auto& event : batch) {
      if (!event.id.empty()) last_id = event.id;
    }
    for (const auto& event : batch) {
      const auto more = handled(event);
      if (!more || !*more) return more.has_value();
    }
    if (std::chrono::steady_clock::now() >= end) return false;
    if (batch.empty()) state_->wait_for(pause());  // the server restarts, perhaps
  }
}

void Client::stream(const std::string& path, const std::function<void(std::string_view)>& on_bytes) {
  const auto on_chunk = [&](std::string_view bytes) {
    on_bytes(bytes);
    return true;
  };
  try {
    const auto reply = state_->wait_for(state_->http->stream(state_->request("GET", path), on_chunk, Deadline::max()));
    if (!reply.ok()) throw_problem(reply, path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable) state_->unreachable(error, state_->where());
    throw;
  }
}

std::string segment(std::string_view text) { return url_encode(text); }

}  // namespace fairlead::cli
