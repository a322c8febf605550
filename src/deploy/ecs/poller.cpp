// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/poller.hpp"

#include <algorithm>

#include "fairlead/aws/ecs.hpp"

namespace fairlead::deploy::ecs {
namespace {

constexpr std::size_t most_names = 10;  // DescribeServices takes no more

}  // namespace

struct Poller::Batch {
  explicit Batch(const asio::any_io_executor& executor) : changed(executor) {}

  std::vector<std::string> names;
  std::map<std::string, Json> services;
  std::exception_ptr error;
  bool done = false;
  Signal changed;
};

Poller::Poller(asio::any_io_executor executor, aws::Aws& aws) : executor_(std::move(executor)), aws_(aws) {}

Poller::Watching::Watching(Poller& poller, const aws::Scope& scope, const std::string& cluster)
    : count_(poller.lines_[{scope, cluster}].watching) {
  ++count_;
}
Poller::Watching::~Watching() { --count_; }

Awaitable<void> Poller::read(Poller& self, Key key, std::shared_ptr<Batch> batch, std::chrono::milliseconds patience) {
  const Deadline deadline = deadline_in(patience);
  while (batch->names.size() < most_names && co_await batch->changed.wait_until(deadline)) {
  }
  if (Line& line = self.lines_[key]; line.open == batch) line.open.reset();
  try {
    auto described = co_await aws::ecs::describe_services(self.aws_, key.first, key.second, batch->names);
    for (Json& service : described.found) {
      std::string name = text_at(service, "serviceName");
      batch->services.emplace(std::move(name), std::move(service));
    }
  } catch (...) {
    batch->error = std::current_exception();
  }
  batch->done = true;
  batch->changed.notify_all();
}

Awaitable<Json> Poller::service(aws::Scope scope, std::string cluster, std::string name) {
  Key key{std::move(scope), std::move(cluster)};
  Line& line = lines_[key];
  if (!line.open || line.open->names.size() >= most_names) {
    line.open = std::make_shared<Batch>(executor_);
    // Alone there is nobody to wait for; of many, so many look within this time that a call is full.
    const auto patience = std::chrono::milliseconds(std::min(1000, 20 * std::max(0, line.watching - 1)));
    spawn(executor_, "reader of ECS services in " + key.second, read(*this, key, line.open, patience));
  }
  const auto batch = line.open;
  if (std::ranges::find(batch->names, name) == batch->names.end()) batch->names.push_back(name);
  if (batch->names.size() >= most_names) batch->changed.notify_all();
  while (!batch->done) co_await batch->changed.wait();
  if (batch->error) std::rethrow_exception(batch->error);
  const auto found = batch->services.find(name.substr(name.rfind('/') + 1));
  co_return found == batch->services.end() ? Json() : found->second;
}

}  // namespace fairlead::deploy::ecs
