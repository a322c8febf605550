// SPDX-License-Identifier: Apache-2.0
#include "cli/retention.hpp"

#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::cli {

namespace {

constexpr auto interval = std::chrono::hours(1);
constexpr auto deliveries_kept = std::chrono::hours(24 * 30);
constexpr auto bodies_kept = std::chrono::hours(24 * 90);  // digests, which keep a captured delivery from being sent again
constexpr auto keys_kept = std::chrono::hours(24 * 7);
constexpr auto sessions_kept = std::chrono::hours(12);  // of browsers: over after that time
constexpr auto chat_kept = std::chrono::hours(24 * 30);  // buttons of cards: every drawing of a card writes them anew
constexpr auto codes_kept = std::chrono::hours(1);
constexpr auto recovery = std::chrono::minutes(5);
constexpr int at_a_time = 200;  // deliveries carry their bodies: more would hold up the writer

Awaitable<int> erase_all(store::Store& store, std::function<int(store::Tx&)> some) {
  int total = 0;
  for (int erased = at_a_time; erased == at_a_time; total += erased) erased = co_await store.transact(some);
  co_return total;
}

/// Cards and what their buttons stand for; `chat.link` is for ever: who was linked once stays excluded.
Awaitable<void> forget_chat(store::Store& store, Time now) {
  for (const std::string kind : {"chat.grant", "chat.card-grants", "chat.card", "chat.origin"})
    co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_documents(kind, now - chat_kept, at_a_time); });
  co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_documents("chat.link-code", now - codes_kept, at_a_time); });
}

std::size_t remove_expired(const std::filesystem::path& root, std::optional<Duration> keep, const std::set<std::string>& unfinished) {
  if (!keep) return 0;
  const auto folders = expired_runs(root, *keep, now(), unfinished);
  for (const auto& folder : folders) remove_tree(folder);
  return folders.size();
}

}  // namespace

std::optional<Time> time_of_run(const std::string& id) {
  if (id.size() != 36 || id[8] != '-' || id[14] != '7') return std::nullopt;
  std::int64_t millis = 0;
  for (const char c : id.substr(0, 8) + id.substr(9, 4)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    millis = millis * 16 + digit;
  }
  return from_micros(millis * 1000);
}

std::vector<std::filesystem::path> expired_runs(const std::filesystem::path& root, Duration keep, Time now,
                                                const std::set<std::string>& unfinished) {
  std::vector<std::filesystem::path> expired;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    const std::string name = entry.path().filename().string();
    const auto created = time_of_run(name);
    if (created && now - *created > keep && !unfinished.contains(name)) expired.push_back(entry.path());
  }
  return expired;
}

Awaitable<void> forget_expired(store::Store& store, Time now) {
  const Time deliveries = now - deliveries_kept;
  const Time hashes = now - bodies_kept;
  const Time keys = now - keys_kept;
  const int rows = co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_deliveries(deliveries, at_a_time); });
  const int bodies = co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_documents("hook-body", hashes, at_a_time); });
  const int used = co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_documents("idempotency", keys, at_a_time); });
  co_await erase_all(store, [=](store::Tx& tx) { return tx.erase_documents("web.session", now - sessions_kept, at_a_time); });
  co_await forget_chat(store, now);
  if (rows + bodies + used > 0) log::info("retention.forgotten", {{"deliveries", rows}, {"bodies", bodies}, {"keys", used}});
}

Awaitable<void> keep_retention(store::Store& store, Pool& pool, std::filesystem::path data, pipeline::RetentionConfig retention) {
  while (true) {
    const auto unfinished = co_await store.read([](store::View& view) {
      std::set<std::string> ids;
      for (const auto& row : view.unfinished_runs()) ids.insert(row.id.str());
      return ids;
    });
    const auto removed = co_await pool.run([&] {
      return remove_expired(data / "runs", retention.logs, unfinished) +
             remove_expired(data / "artifacts", retention.artifacts, unfinished);
    });
    if (removed > 0) log::info("retention.removed", {{"folders", removed}});
    // What the end of the last server left half done knows itself by its keys: it goes on first.
    co_await sleep_for(recovery);
    co_await forget_expired(store, now());
    co_await sleep_for(interval);
  }
}

}  // namespace fairlead::cli
