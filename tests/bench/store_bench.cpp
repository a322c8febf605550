// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>

#include "bench/bench.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/store/store.hpp"

/// How fast the store commits, each figure beside what the disk itself allows in the same run.
namespace fairlead::store {
namespace {

using bench::Clock, bench::micros_since, bench::print, bench::quantile;

NewEvent event() {
  return {.type = "job.started", .payload = std::string(R"({"job":")") + std::string(180, 'j') + R"("})", .actor = "fairlead"};
}

Awaitable<void> append(Store& store, std::string stream) {
  co_await store.transact([&stream](Tx& tx) { tx.append(stream, -1, {event()}); });
}

Awaitable<void> one_after_another(Store& store, int count, std::vector<double>& times) {
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    co_await append(store, "run:" + std::to_string(i % 100));
    times.push_back(micros_since(start));
  }
}

void run(asio::io_context& io, int producers, const std::function<Awaitable<void>(int)>& work) {
  for (int i = 0; i < producers; ++i) spawn(io.get_executor(), "bench", work(i));
  io.restart();
  io.run();
}

void measure() {
  const TempFolder temp;
  asio::io_context io{1};
  Pool pool{2};
  const double sync = bench::raw_sync(temp.path());
  const auto opening = Clock::now();
  auto store = open_sqlite(io.get_executor(), pool, {.folder = temp.path() / "data"});
  print("store open, new", micros_since(opening) / 1000, "ms", sync / 1000);

  std::vector<double> times;
  run(io, 1, [&](int) { return one_after_another(*store, 3000, times); });
  print("lone commit p50", quantile(times, 0.5), "us", sync);
  print("lone commit p99", quantile(times, 0.99), "us", sync);
  for (const int producers : {8, 64, 256}) {
    std::vector<double> ignored;
    const auto start = Clock::now();
    run(io, producers, [&](int) { return one_after_another(*store, 40'000 / producers, ignored); });
    print("group commit, " + std::to_string(producers) + " producers", 40'000 / (micros_since(start) / 1e6), "rows/s", 1e6 / sync);
  }
  store->close();
}

}  // namespace
}  // namespace fairlead::store

int main() {
  fairlead::store::measure();
  return 0;
}
