// SPDX-License-Identifier: Apache-2.0
#include "chat/console/feed.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/net/sse.hpp"

namespace fairlead::chat {

namespace {
constexpr std::size_t most_kept = 512;
constexpr auto heartbeat = std::chrono::seconds(15);
constexpr std::string_view reconnect =
    "retry: 500\n\n";  ///< milliseconds until a page comes back; browsers take some seconds by themselves
}  // namespace

std::string Feed::start() { return hex(random_bytes(6)); }

std::string Feed::cursor() const { return boot_ + "." + std::to_string(last_); }

void Feed::publish(Audience audience, std::string_view name, const Json& data) {
  ++last_;
  ring_.push_back({last_, std::move(audience), net::sse_event(cursor(), name, dump(data))});
  if (ring_.size() > most_kept) ring_.pop_front();
  if (news_) news_->notify_all();
}

std::optional<std::int64_t> Feed::number_of(std::string_view cursor) const {
  if (!cursor.starts_with(boot_ + ".")) return std::nullopt;
  const auto number = parse_int(cursor.substr(boot_.size() + 1));
  const auto oldest = ring_.empty() ? last_ : ring_.front().number - 1;
  if (!number || *number < oldest || *number > last_) return std::nullopt;
  return *number;
}

std::string Feed::after(std::int64_t number, const Viewer& viewer) const {
  std::string text;
  for (const auto& item : ring_)
    if (item.number > number && item.audience.has(viewer.user, viewer.client)) text += item.text;
  return text;
}

Signal& Feed::news(const asio::any_io_executor& executor) {
  if (!news_) news_ = std::make_unique<Signal>(executor);
  return *news_;
}

Awaitable<void> Feed::follow(std::shared_ptr<Feed> feed, Viewer viewer, std::string after, net::BodyWriter& out, Deadline until) {
  auto& news = feed->news(co_await asio::this_coro::executor);
  auto seen = feed->number_of(after);
  co_await out.write(reconnect);
  while (std::chrono::steady_clock::now() < until) {
    std::string text;
    if (seen && feed->number_of(feed->boot_ + "." + std::to_string(*seen))) {
      text = feed->after(*seen, viewer);
    } else {
      text = net::sse_event(feed->cursor(), "reset", "{}") + viewer.snapshot();
    }
    seen = feed->last_;
    if (!text.empty()) {
      co_await out.write(text);
    } else if (!co_await news.wait_until(std::min(until, deadline_in(heartbeat)))) {
      co_await out.write(net::sse_heartbeat);
    }
  }
}

}  // namespace fairlead::chat
