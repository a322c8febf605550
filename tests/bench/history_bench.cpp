// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <random>

#include "bench/bench.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/store/store.hpp"

/// history_bench [RUNS]: how fast a long history is read (1,000,000 runs unless told otherwise; 40 apps, 3 environments, two
/// events per run), each figure beside one lookup by key in the same database.
namespace fairlead::store {
namespace {

using bench::Clock, bench::micros_since, bench::print, bench::quantile;

constexpr int apps = 40;
constexpr int batch = 5000;

std::string app_of(int n) { return "app-" + std::to_string(n * 7919 % apps); }

RunRow row_of(int n, std::string id) {
  const Time at = from_micros(1'700'000'000'000'000 + n * 1'000'000ll);
  return {.id = RunId(std::move(id)),
          .app = app_of(n),
          .number = n / apps + 1,
          .state = n % 9 == 0 ? "failed" : "succeeded",
          .ref = "refs/heads/main",
          .sha = "0123456789abcdef0123456789abcdef01234567",
          .trigger = "push",
          .actor = "user:" + std::to_string(n % 200),
          .environments = n % 3 == 0 ? " staging production " : " staging ",
          .reason = n % 9 == 0 ? "the step \"unit tests\" of the job unit exited with 1" : "",
          .created_at = at,
          .started_at = at,
          .finished_at = at,
          .version = 2};
}

void add(Tx& tx, int n, const std::string& id) {
  const RunRow row = row_of(n, id);
  tx.append("run:" + id, 0,
            {{.type = "run.created", .payload = R"({"app":"x"})", .actor = row.actor}, {.type = "run.finished", .payload = "{}"}});
  tx.put_run(row);
  if (n % 3 != 0) return;
  tx.put_deployment({.id = id + "/production",
                     .run = row.id,
                     .app = row.app,
                     .environment = "production",
                     .target = "ecs:web/api",
                     .version = row.sha,
                     .state = "succeeded",
                     .started_at = row.created_at,
                     .finished_at = row.finished_at,
                     .detail = "{}"});
}

Awaitable<void> fill(Store& store, int runs, std::vector<std::string>& ids) {
  for (int n = 0; n < runs; n += batch) {
    for (int i = 0; i < batch; ++i) ids.push_back(new_uuid());
    co_await store.transact([n, &ids](Tx& tx) {
      for (int i = n; i < n + batch; ++i) add(tx, i, ids.at(static_cast<std::size_t>(i)));
    });
  }
}

template <class F>
Awaitable<void> sample(Store& store, std::string name, F read, double& baseline) {
  std::vector<double> times;
  for (int i = 0; i < 500; ++i) {
    const auto start = Clock::now();
    co_await store.read(read);
    times.push_back(micros_since(start));
  }
  if (baseline == 0) baseline = quantile(times, 0.5);
  print(name + " p50", quantile(times, 0.5), "us", baseline);
  print(name + " p99", quantile(times, 0.99), "us", baseline);
}

Awaitable<void> measure(Store& store, const std::vector<std::string>& ids) {
  std::mt19937 random(1);
  auto any = [&] { return ids[random() % ids.size()]; };
  double key = 0;
  co_await sample(store, "one key", [&](View& view) { view.get("lock", "none"); }, key);
  co_await sample(store, "newest page", [](View& view) { view.runs({}); }, key);
  co_await sample(store, "page in the middle", [&](View& view) { view.runs({.before = any()}); }, key);
  co_await sample(
      store, "page of an app and environment",
      [&](View& view) { view.runs({.app = app_of(static_cast<int>(random() % 100)), .environment = "production", .before = any()}); }, key);
  co_await sample(
      store, "page of failed runs of an app", [&](View& view) { view.runs({.app = "app-3", .state = "failed", .before = any()}); }, key);
  co_await sample(
      store, "page of failed runs in an environment",
      [&](View& view) { view.runs({.environment = "production", .state = "failed", .before = any()}); }, key);
  co_await sample(store, "page of an actor", [&](View& view) { view.runs({.actor = "user:42", .before = any()}); }, key);
  co_await sample(
      store, "page that matches nothing", [&](View& view) { view.runs({.app = "app-1", .environment = "none", .state = "lost"}); }, key);
  co_await sample(store, "unfinished runs", [](View& view) { view.unfinished_runs(); }, key);
  co_await sample(
      store, "run page",
      [&](View& view) {
        const RunId id(any());
        view.run(id);
        view.events("run:" + id.str());
        view.ops(id);
      },
      key);
  co_await sample(
      store, "app status",
      [&](View& view) {
        view.latest_run("app-5");
        for (const char* environment : {"staging", "production"})
          view.deployments({.app = "app-5", .environment = environment, .limit = 1});
      },
      key);
}

void run(asio::io_context& io, Awaitable<void> work) {
  spawn(io.get_executor(), "bench", std::move(work));
  io.restart();
  io.run();
}

void history(int runs) {
  const TempFolder temp;
  asio::io_context io{1};
  Pool pool{2};
  const SqliteOptions options{.folder = temp.path() / "data"};
  std::vector<std::string> ids;
  const double sync = bench::raw_sync(temp.path());
  auto store = open_sqlite(io.get_executor(), pool, options);
  const auto filling = Clock::now();
  run(io, fill(*store, runs, ids));
  print("filling", runs / (micros_since(filling) / 1e6), "runs/s", 1e6 / sync);
  store->close();
  store.reset();
  const auto opening = Clock::now();
  store = open_sqlite(io.get_executor(), pool, options);
  print("open", micros_since(opening) / 1000, "ms", sync / 1000);
  run(io, measure(*store, ids));
  store->close();
}

}  // namespace
}  // namespace fairlead::store

int main(int count, char** words) {
  const int runs = count > 1 ? std::atoi(words[1]) : 1'000'000;
  fairlead::store::history(std::max(runs / fairlead::store::batch, 1) * fairlead::store::batch);
  return 0;
}
