// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/poller.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "fairlead/aws/ecs.hpp"

namespace fairlead::deploy::ecs {
namespace {

constexpr std::size_t most_names = 10;  // DescribeServices takes no more
constexpr int most_reads = 3;           // of one cluster at once

}  // namespace

struct Poller::Batch {
  explicit Batch(const asio::any_io_executor& executor) : changed(executor) {}

  std::vector<std::string> names;
  std::map<std::string, Json> services;
  std::exception_ptr error;
  bool done = false;
  Signal changed;
};

struct Poller::Line {
  explicit Line(const asio::any_io_executor& executor) : freed(executor) {}

  int watching = 0;
  int reading = 0;         ///< calls that are out
  bool gathering = false;
  std::deque<std::shared_ptr<Batch>> waiting;  ///< the last one takes more names
  Signal freed;            ///< a call has ended
};

Poller::Poller(asio::any_io_executor executor, aws::Aws& aws) : executor_(std::move(executor)), aws_(aws) {}

Poller::Line& Poller::line_of(const Key& key) {
  auto& line = lines_[key];
  if (!line) line = std::make_shared<Line>(executor_);
  return *line;
}

Poller::Watching::Watching(Poller& poller, const aws::Scope& scope, const std::string& cluster)
    : count_(poller.line_of({scope, cluster}).watching) {
  ++count_;
}
Poller::Watching::~Watching() { --count_; }

Deadline next_beat(std::chrono::milliseconds beat) {
  const auto now = std::chrono::steady_clock::now();
  if (beat.count() == 0) return now;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return Deadline(since - since % beat + beat);
}

std::chrono::milliseconds common_beat(int watching) { return std::chrono::milliseconds(std::clamp(250 * (watching - 1), 0, 2000)); }

/// Sends the batches of a cluster one after another. One that must wait, for its beat or for earlier calls, goes on taking names.
Awaitable<void> Poller::gather(Poller& self, Key key) {
  Line& line = self.line_of(key);
  while (!line.waiting.empty()) {
    const auto batch = line.waiting.front();
    const Deadline beat = next_beat(common_beat(line.watching));
    while (batch->names.size() < most_names && co_await batch->changed.wait_until(beat)) {
    }
    while (line.reading >= most_reads) co_await line.freed.wait();
    line.waiting.pop_front();
    ++line.reading;
    spawn(self.executor_, "reader of ECS services in " + key.second, read(self, key, batch));
  }
  line.gathering = false;
}

Awaitable<void> Poller::read(Poller& self, Key key, std::shared_ptr<Batch> batch) {
  try {
    auto described = co_await aws::ecs::describe_services(self.aws_, key.first, key.second, batch->names);
    for (Json& service : described.found) {
      std::string name = text_at(service, "serviceName");
      batch->services.emplace(std::move(name), std::move(service));
    }
  } catch (...) {
    batch->error = std::current_exception();
  }
  Line& line = self.line_of(key);
  --line.reading;
  line.freed.notify_all();
  batch->done = true;
  batch->changed.notify_all();
}

Awaitable<Json> Poller::service(aws::Scope scope, std::string cluster, std::string name) {
  const Key key{std::move(scope), std::move(cluster)};
  Line& line = line_of(key);
  if (line.waiting.empty() || line.waiting.back()->names.size() >= most_names) line.waiting.push_back(std::make_shared<Batch>(executor_));
  const auto batch = line.waiting.back();
  if (std::ranges::find(batch->names, name) == batch->names.end()) batch->names.push_back(name);
  if (batch->names.size() >= most_names) batch->changed.notify_all();
  if (!std::exchange(line.gathering, true)) spawn(executor_, "looks at ECS services in " + key.second, gather(*this, key));
  while (!batch->done) co_await batch->changed.wait();
  if (batch->error) std::rethrow_exception(batch->error);
  const auto found = batch->services.find(name.substr(name.rfind('/') + 1));
  co_return found == batch->services.end() ? Json() : found->second;
}

}  // namespace fairlead::deploy::ecs
