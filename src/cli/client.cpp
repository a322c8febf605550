// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
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

/// One path whose events are gathered.
struct Feed {
  Feed(const asio::any_io_executor& executor, std::size_t number_, std::string path_)
      : number(number_), path(std::move(path_)), closing(executor) {}
  std::size_t number;
  std::string path;
  std::string last_id = "0";
  bool closed = false;
  bool ended = false;
  Signal closing;
  bool over() const { return closed || ended; }
};

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
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::unique_ptr<net::HttpClient> http = std::make_unique<net::HttpClient>(io.get_executor());
  std::map<std::size_t, std::shared_ptr<Feed>> feeds;
  std::size_t feeds_opened = 0;
  std::size_t feeds_running = 0;
  std::deque<News> news;

  net::HttpRequest request(const std::string& method, const std::string& path) const {
    net::HttpRequest request;
    request.method = method;
    request.url = place.url + path;
    request.unix_socket = place.unix_socket;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    request.headers.set("User-Agent", "fairlead/" FAIRLEAD_VERSION);
    return request;
  }

  /// Runs this to its end, and the feeds meanwhile.
  template <class T>
  T wait_for(Awaitable<T> work_to_do) {
    struct Outcome {
      std::optional<T> value;
      std::exception_ptr error;
      bool done = false;
    } outcome;
    auto keep = [](Awaitable<T> inner, Outcome& out) -> Awaitable<void> {
      try {
        out.value.emplace(co_await std::move(inner));
      } catch (...) {
        out.error = std::current_exception();
      }
      out.done = true;
    };
    spawn(io.get_executor(), "call", keep(std::move(work_to_do), outcome));
    while (!outcome.done) io.run_one();
    if (outcome.error) std::rethrow_exception(outcome.error);
    return std::move(*outcome.value);
  }

  /// One connection of a feed, until it breaks or ends.
  Awaitable<void> read_feed(std::shared_ptr<Feed> feed) {
    auto message = request("GET", feed->path);
    message.headers.set("Accept", "text/event-stream");
    message.headers.set("Last-Event-ID", feed->last_id);
    net::SseReader reader;
    const auto on_chunk = [&](std::string_view bytes) {
      reader.feed(bytes, [&](net::SseEvent event) {
        if (feed->over()) return;
        if (!event.id.empty()) feed->last_id = event.id;
        feed->ended = event.name == "end";
        news.push_back({feed->number, {std::move(event.id), std::move(event.name), std::move(event.data)}, std::nullopt});
      });
      return !feed->over();
    };
    const auto reply = co_await http->stream(std::move(message), on_chunk, Deadline::max());
    if (!reply.ok()) throw_problem(reply, feed->path);
  }

  void end_with(Feed& feed, const Error& error) {
    if (feed.over()) return;
    feed.ended = true;
    news.push_back({feed.number, {}, error});
  }

  Awaitable<void> run_feed(std::shared_ptr<Feed> feed) {
    while (!feed->over()) {
      try {
        co_await read_feed(feed);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable && error.kind() != ErrorKind::timeout) end_with(*feed, error);
      } catch (const std::exception& error) {
        end_with(*feed, Error(ErrorKind::internal, feed->path + ": " + error.what()));
      }
      if (!feed->over()) co_await sleep_for(reconnect_pause);  // the server restarts, perhaps
    }
  }

  Awaitable<void> run_until_closed(std::shared_ptr<Feed> feed) {
    using asio::experimental::awaitable_operators::operator||;
    try {
      if (!feed->closed) co_await (run_feed(feed) || feed->closing.wait());
    } catch (const asio::multiple_exceptions& both) {
      // Closed: then both are cancelled.
    }
    --feeds_running;
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
Client::~Client() {
  while (!state_->feeds.empty()) close_feed(state_->feeds.begin()->first);
  while (state_->feeds_running > 0) state_->io.run_one();
}

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

std::size_t Client::open_feed(std::string path) {
  const auto number = ++state_->feeds_opened;
  const auto feed = std::make_shared<Feed>(state_->io.get_executor(), number, std::move(path));
  state_->feeds[number] = feed;
  ++state_->feeds_running;
  spawn(state_->io.get_executor(), "feed", state_->run_until_closed(feed));
  return number;
}

void Client::close_feed(std::size_t number) {
  const auto found = state_->feeds.find(number);
  if (found == state_->feeds.end()) return;
  found->second->closed = true;
  found->second->closing.notify_all();
  state_->feeds.erase(found);
  std::erase_if(state_->news, [number](const News& news) { return news.feed == number; });
}

bool Client::has_news() const { return !state_->news.empty(); }

std::optional<Client::News> Client::next(Deadline deadline) {
  while (state_->news.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    state_->io.run_one_until(deadline);
  }
  auto first = std::move(state_->news.front());
  state_->news.pop_front();
  return first;
}

std::optional<Json> Client::get_patiently(const std::string& path, Deadline deadline) {
  while (true) {
    try {
      return get(path);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
    }
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    state_->wait_for(pause());
  }
}

bool Client::follow(const std::string& path, const std::function<bool(const Event&)>& handle, long seconds) {
  const auto end = seconds > 0 ? deadline_in(std::chrono::seconds(seconds)) : Deadline::max();
  const auto feed = open_feed(path);
  bool more = true;
  while (more) {
    const auto news = next(end);
    if (!news) break;
    if (news->feed != feed) continue;
    if (news->error) throw Error(*news->error);
    more = handle(news->event);
  }
  close_feed(feed);
  return !more;
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
