// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::net {
class BodyWriter;
}

namespace fairlead::chat {

/// Who sees an event; both empty: everybody.
struct Audience {
  std::string user, client;
  bool has(std::string_view viewer, std::string_view page) const {
    return (user.empty() || user == viewer) && (client.empty() || client == page);
  }
};

/// The last events of the console, for pages that follow. Cursors are "<start of this server>.<number>": one of an earlier server, or one
/// that is too old, is answered with a fresh snapshot. io thread.
class Feed {
 public:
  void publish(Audience, std::string_view name, const Json& data);
  std::string cursor() const;

  struct Viewer {
    std::string user, client;
    std::function<std::string()> snapshot;  ///< server-sent events of all that may be seen now
  };
  /// `feed` is kept alive by the caller's page. Ends at the deadline, by cancellation, or when the page is gone.
  static Awaitable<void> follow(std::shared_ptr<Feed> feed, Viewer, std::string after, net::BodyWriter&, Deadline);

 private:
  struct Item {
    std::int64_t number;
    Audience audience;
    std::string text;
  };
  std::optional<std::int64_t> number_of(std::string_view cursor) const;
  std::string after(std::int64_t number, const Viewer&) const;
  Signal& news(const asio::any_io_executor&);

  std::string boot_ = start();
  static std::string start();
  std::int64_t last_ = 0;
  std::deque<Item> ring_;
  std::unique_ptr<Signal> news_;
};

}  // namespace fairlead::chat
