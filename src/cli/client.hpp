// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/globals.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::cli {

/// The server, as a command sees it: one call after another, each blocking. Finds it as interfaces.md says: --server,
/// $FAIRLEAD_SERVER, the unix socket of the fairlead.yml found upwards from here, http://127.0.0.1:7070.
class Client {
 public:
  explicit Client(const Globals&);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// How long one call may take; 60 s at first.
  void set_patience(std::chrono::milliseconds);

  /// Path with query, e.g. "/api/v1/runs?limit=5". A status from 400 on throws Error with the problem's detail and hint;
  /// no server throws Error(unavailable) naming where it was looked for.
  Json get(const std::string& path);
  Json post(const std::string& path, const Json& body);
  Json put(const std::string& path, const Json& body);
  void remove(const std::string& path);
  /// Whole body as text.
  std::string text(const std::string& path);

  /// A delivery as a Git host sends it: without our token; any status is an answer.
  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer deliver(const std::string& path, const std::vector<std::pair<std::string, std::string>>& headers, std::string body);

  struct Event {
    std::string id, type, data;
  };
  /// What came of a feed: an event, or why no more comes.
  struct News {
    std::size_t feed = 0;
    Event event;
    std::optional<Error> error;
  };
  /// Server-sent events of a path from its beginning; they are gathered while other calls are made. Goes on behind the last one after a
  /// restart of the server, until an event `end`.
  std::size_t open_feed(std::string path);
  /// Nothing more comes of it, nor what was gathered and not taken.
  void close_feed(std::size_t feed);
  /// The next of any feed; nullopt at the deadline.
  std::optional<News> next(Deadline);
  /// Whether `next` would return at once.
  bool has_news() const;

  /// `get` that waits for a server that restarts; nullopt at the deadline.
  std::optional<Json> get_patiently(const std::string& path, Deadline);

  /// Events of a feed, until the handler returns false. Returns false when `seconds` (0: none) passed first. The handler may make calls.
  bool follow(const std::string& path, const std::function<bool(const Event&)>&, long seconds = 0);

  /// The body as it comes, until the server ends it. The handler must not make calls.
  void stream(const std::string& path, const std::function<void(std::string_view)>& on_bytes);

  /// "unix:/srv/data/fairlead.sock" or a URL, for messages.
  const std::string& where() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `text` as a path segment.
std::string segment(std::string_view text);

}  // namespace fairlead::cli
