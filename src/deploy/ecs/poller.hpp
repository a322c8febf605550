// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ecs {

/// Reads services for everybody: deploys that look at services of the same cluster at about the same time share one
/// DescribeServices for up to 10 of them. io thread only; lives as long as the actions.
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
  struct Line {
    int watching = 0;
    std::shared_ptr<Batch> open;  ///< takes more names
  };
  using Key = std::pair<aws::Scope, std::string>;

  static Awaitable<void> read(Poller&, Key, std::shared_ptr<Batch>, std::chrono::milliseconds patience);

  asio::any_io_executor executor_;
  aws::Aws& aws_;
  std::map<Key, Line> lines_;
};

}  // namespace fairlead::deploy::ecs
