// SPDX-License-Identifier: Apache-2.0
#include "aws/retry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "aws/wire.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

using namespace std::chrono_literals;

constexpr int max_tries = 5;

// The union of what AWS's own clients treat as throttling.
constexpr std::array<std::string_view, 15> throttle_codes{"BandwidthLimitExceeded",
                                                          "EC2ThrottledException",
                                                          "PriorRequestNotComplete",
                                                          "ProvisionedThroughputExceededException",
                                                          "RequestLimitExceeded",
                                                          "RequestThrottled",
                                                          "RequestThrottledException",
                                                          "SlowDown",
                                                          "ThrottledException",
                                                          "Throttling",
                                                          "ThrottlingException",
                                                          "TooManyRequestsException",
                                                          "TransactionInProgressException",
                                                          "RequestThrottling",
                                                          "ThrottlingError"};

constexpr std::array<std::string_view, 4> skew_codes{"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired",
                                                     "SignatureNotYetCurrent"};

constexpr std::array<std::string_view, 4> expired_codes{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
                                                        "ExpiredTokenError"};

constexpr std::array<std::string_view, 5> server_codes{"InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout",
                                                       "RequestTimeoutException"};

template <class Codes>
bool has(const Codes& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

/// Services say a late signature in several ways: "Signature expired: 2026… is now earlier than …", "Signature not yet current".
bool speaks_of_time(const std::string& message) {
  const auto text = to_lower(message);
  return text.find("signature expired") != std::string::npos || text.find("signature not yet current") != std::string::npos ||
         text.find("request time too") != std::string::npos;
}

Duration jittered(Duration base, Duration cap, int n, double chance) {
  const double ceiling = std::min(static_cast<double>(cap.count()), static_cast<double>(base.count()) * std::pow(2.0, n - 1));
  return Duration(static_cast<std::int64_t>(ceiling * chance));
}

Decision decide_throttled(const Attempt& attempt) {
  auto after = jittered(500ms, 20s, attempt.throttles, attempt.chance);
  if (attempt.retry_after) after = std::max(after, *attempt.retry_after);
  if (after > attempt.patience_left) return GiveUp{};
  return Again{after};
}

Decision decide_lost(const Attempt& attempt) {
  const bool maybe_done = attempt.trouble == Trouble::lost && attempt.repeat != Repeat::read;
  if (attempt.trouble == Trouble::lost && attempt.repeat == Repeat::once) return GiveUp{true};
  auto after = jittered(100ms, 5s, attempt.tries, attempt.chance);
  if (attempt.retry_after) after = std::max(after, *attempt.retry_after);
  if (attempt.tries >= max_tries || !attempt.budget || after >= attempt.left) return GiveUp{maybe_done};
  return Again{after};
}

}  // namespace

Trouble trouble_of(int status, const std::string& code, const std::string& message) {
  if (has(throttle_codes, code) || status == 429) return Trouble::throttled;
  // ECS and others say ClientException with "Rate exceeded" or "Too many concurrent attempts".
  if (message.find("Rate exceeded") != std::string::npos || message.find("Too many concurrent attempts") != std::string::npos)
    return Trouble::throttled;
  if (has(skew_codes, code) || speaks_of_time(message)) return Trouble::clock_skew;
  if (has(expired_codes, code)) return Trouble::expired;
  if (status >= 500 || has(server_codes, code)) return Trouble::lost;
  return Trouble::refused;
}

Repeat repeat_of(const Operation& operation, const Json& params) {
  if (operation.name == "UpdateService" && flag_at(params, "forceNewDeployment")) return Repeat::once;
  return operation.repeat;
}

bool RetryBudget::spend() {
  if (tokens_ < 5) return false;
  tokens_ -= 5;
  return true;
}

void RetryBudget::on_success() { tokens_ = std::min(full, tokens_ + 1); }

Decision decide(const Attempt& attempt) {
  switch (attempt.trouble) {
    case Trouble::throttled: return decide_throttled(attempt);
    case Trouble::clock_skew: return attempt.clock_set ? Decision(GiveUp{}) : SetClock{};
    case Trouble::expired: return attempt.renewed ? Decision(GiveUp{}) : RenewCredentials{};
    case Trouble::unreachable:
    case Trouble::lost: return decide_lost(attempt);
    case Trouble::refused: break;
  }
  return GiveUp{};
}

std::optional<Duration> clock_offset(Time server, Time ours, Duration current) {
  const Duration offset = server - ours;
  if (std::chrono::abs(offset - current) < 4min) return std::nullopt;
  return offset;
}

std::optional<Duration> parse_retry_after(const std::string& header, Time now) {
  std::optional<Duration> out;
  if (const auto seconds = parse_int(header)) {
    if (*seconds >= 0 && *seconds <= 300) out = std::chrono::seconds(*seconds);
  } else if (const auto at = parse_http_date(header)) {
    out = std::max(Duration(0), *at - now);
  }
  if (out && *out > 5min) return std::nullopt;
  return out;
}

}  // namespace fairlead::aws
