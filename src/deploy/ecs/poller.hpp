// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs {

/// Reads services for everybody: deploys that look at services of the same cluster at about the same time share one
/// DescribeServices for up to 10 of them, and while AWS keeps calls waiting, everybody who comes meanwhile joins the next one. io thread
/// only; lives as long as the actions.
class Poller {
 public:
  Poller(asio::any_io_executor, aws::Aws&);

  /// The service as DescribeServices shows it; a null value when the cluster has none of that name. Throws AwsError.
  Awaitable<Json> service(aws::Scope, std::string cluster, std::string name);

  /// Says that a service will be looked at for a while: with others of the same cluster, looks wait a little for each other.
  class Watching {
   public:
    Watching(Poller&, const aws::Scope&, const std::string& cluster);
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

   private:
    int& count_;
  };

 private:
  struct Batch;
  struct Line;
  using Key = std::pair<aws::Scope, std::string>;

  Line& line_of(const Key&);
  static Awaitable<void> gather(Poller&, Key);
  static Awaitable<void> read(Poller&, Key, std::shared_ptr<Batch>);

  asio::any_io_executor executor_;
  aws::Aws& aws_;
  std::map<Key, std::shared_ptr<Line>> lines_;
};

/// Looks at services of one cluster leave at common instants, so far apart, when so many deploys watch it. Alone there is nobody to
/// wait for; of many, each waits for less than it costs the others when AWS throttles.
std::chrono::milliseconds common_beat(int watching);
/// The next of the instants that are `beat` apart, the same for everybody; now for a beat of 0.
Deadline next_beat(std::chrono::milliseconds beat);

}  // namespace fairlead::deploy::ecs
