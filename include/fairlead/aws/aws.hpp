// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/aws/error.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::aws {

struct CallOptions {
  std::optional<Duration> timeout;  ///< of all attempts together, waiting for a rate limit not counted; default 10 s reads, 30 s changes
  std::optional<Duration> patience;  ///< how long throttling is waited out; default 10 min
};

/// What one rate limit has seen, for metrics and the status page.
struct Usage {
  std::string account, region, family;  ///< "ecs/describe-services"
  std::uint64_t calls = 0;  ///< HTTP requests
  std::uint64_t throttled = 0;  ///< answers that were throttles; none of them reached a caller
  Duration waited{};  ///< of all calls together, for their turn
  double rate = 0;  ///< calls per second allowed now
  std::size_t waiting = 0;
};

/// The one way to AWS: credentials per scope (cached, renewed before they expire), signing, rate limits shared by everybody
/// per (account, region, family of operations), retries. One object per server, io thread only; it must outlive its calls.
/// Abstract so that tests of others pass their own.
class Aws {
 public:
  virtual ~Aws() = default;

  /// Calls "service:Operation", the IAM name ("ecs:UpdateService", "elasticloadbalancing:DescribeTargetHealth", "s3:PutObject")
  /// with the API's own member names in `params` and in the answer, whatever the wire protocol is. Answers of JSON services pass
  /// through untouched, members unknown to us too. XML answers become the same shape: lists are always arrays, also empty ones;
  /// numbers and booleans are typed. Times are seconds since 1970 (numbers, maybe with a fraction) everywhere: time_of().
  /// S3 bodies are the string member "Body".
  /// Throws AwsError; Error(internal) for an operation that the table (src/aws/operations.cpp) does not have.
  /// Throttling is waited out, not thrown. A change whose answer was lost is repeated only when repeating is harmless
  /// (its token, or set-like); otherwise AwsError with outcome_unknown().
  virtual Awaitable<Json> call(Scope scope, std::string operation, Json params, CallOptions options = {}) = 0;

  virtual std::vector<Usage> usage() const { return {}; }
};

/// How the process is set up; `from_process()` is the one place that reads the real environment.
struct Settings {
  std::map<std::string, std::string> env;  ///< the AWS_* variables and HOME
  Clock clock = now;
  static Settings from_process();
};

std::unique_ptr<Aws> connect(asio::any_io_executor, Settings = Settings::from_process());

/// All pages of a list operation in one answer: `list` ("serviceArns") holds the members of every page. Stops after `limit` members.
Awaitable<Json> all_pages(Aws&, Scope, std::string operation, Json params, std::string list, std::size_t limit = 10'000);

/// The time in a member of an answer (seconds since 1970, or RFC 3339 text); nullopt when absent.
std::optional<Time> time_of(const Json& answer, std::string_view member);

/// Names of all operations that call() knows, sorted: for documentation and the IAM policy.
std::vector<std::string> operation_names();
/// The IAM action that an operation needs: "s3:ListBucket" for s3:ListObjectsV2; mostly its own name.
std::string iam_action(std::string_view operation);

}  // namespace fairlead::aws
