// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::store {

namespace {

constexpr int page = 256;
constexpr std::int64_t passed_over = 1000;  // events that did not match, before the cursor is written for them alone
constexpr auto first_pause = std::chrono::milliseconds(100);
constexpr auto longest_pause = std::chrono::milliseconds(60'000);

struct Page {
  std::vector<Event> events;
  std::int64_t upto = 0;  ///< everything up to here was looked at
};

Awaitable<std::int64_t> read_cursor(Store& store, const std::string& name) {
  auto doc = co_await store.read([&name](View& view) { return view.get("cursor", name); });
  co_return doc ? number_at(parse_json(doc->body), "seq") : 0;
}

Awaitable<Page> read_page(Store& store, std::int64_t after, const Filter& filter) {
  co_return co_await store.read([after, &filter](View& view) {
    Page result{.events = view.feed(after, page, filter)};
    const bool full = result.events.size() == static_cast<std::size_t>(page);
    result.upto = full ? result.events.back().seq : std::max(view.head(), after);
    return result;
  });
}

/// The error of one attempt, null when it went well. What ends the reader is rethrown.
Awaitable<std::exception_ptr> attempt(const std::function<Awaitable<void>(const Event&)>& handle, const Event& event) {
  try {
    co_await handle(event);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    co_return std::current_exception();
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    co_return std::current_exception();
  } catch (const std::exception&) {
    co_return std::current_exception();
  }
  co_return nullptr;
}

Awaitable<void> handle_until_done(const std::string& name, const std::function<Awaitable<void>(const Event&)>& handle, const Event& event) {
  auto pause = first_pause;
  while (auto error = co_await attempt(handle, event)) {
    log::warn("reader.failed",
              {{"reader", name}, {"seq", event.seq}, {"type", event.type}, {"error", describe(error)}, {"retry-in-ms", pause.count()}});
    co_await sleep_for(pause);
    pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
  }
}

}  // namespace

Awaitable<void> follow(Store& store, std::string name, Filter filter, std::function<Awaitable<void>(const Event&)> handle) {
  std::int64_t seen = co_await read_cursor(store, name);
  std::int64_t durable = seen;
  for (;;) {
    const Page found = co_await read_page(store, seen, filter);
    for (const auto& event : found.events) co_await handle_until_done(name, handle, event);
    seen = found.upto;
    if (!found.events.empty() || seen - durable >= passed_over) {
      const std::string body = dump(Json{{"seq", seen}});
      co_await store.transact([&name, &body](Tx& tx) { tx.put("cursor", name, body); });
      durable = seen;
    }
    co_await store.wait_past(seen);
  }
}

}  // namespace fairlead::store
