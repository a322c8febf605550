// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "aws/operations.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/base/time.hpp"

/// Whether a failed attempt is repeated, as functions of values: time, chance and the answer come in, a decision goes out.
namespace fairlead::aws {

/// What one attempt met.
enum class Trouble {
  throttled,     ///< not performed: too fast
  clock_skew,    ///< not performed: our clock is off
  expired,       ///< not performed: the credentials are no longer good
  unreachable,   ///< not performed: no connection was made
  lost,          ///< maybe performed: no or half an answer, or a 5xx
  refused        ///< AWS said no
};

/// From AWS's answer; `message` tells a late signature from a wrong one.
Trouble trouble_of(int status, const std::string& code, const std::string& message);

/// The operation's class with its parameters looked at: UpdateService with forceNewDeployment starts a deployment each time.
Repeat repeat_of(const Operation&, const Json& params);

/// Retries that a client may spend altogether, so that a sick service is not beaten to death: 500 tokens, 5 a retry, 1 back for a success.
class RetryBudget {
 public:
  bool spend();
  void on_success();
  int tokens() const { return tokens_; }

 private:
  static constexpr int full = 500;
  int tokens_ = full;
};

struct Attempt {
  Trouble trouble = Trouble::refused;
  Repeat repeat = Repeat::read;
  int tries = 1;                        ///< attempts made, this one included; throttled ones not counted
  int throttles = 0;                    ///< throttled attempts, this one included
  Duration left{};                      ///< until the call's deadline
  Duration patience_left{};             ///< for throttling
  std::optional<Duration> retry_after;  ///< from the answer
  bool renewed = false;                 ///< credentials were already fetched again for this call
  bool clock_set = false;               ///< the clock offset was already corrected for this call
  bool budget = true;                   ///< RetryBudget::spend() said yes (asked for `lost` and `unreachable` only)
  double chance = 0.5;                  ///< uniform in [0, 1)
};

struct Again {
  Duration after{};
};
struct RenewCredentials {};
struct SetClock {};
struct GiveUp {
  bool outcome_unknown = false;
};
using Decision = std::variant<Again, RenewCredentials, SetClock, GiveUp>;

/// Full jitter: uniform between 0 and min(cap, base × 2^(n-1)). Attempts: 5 for what may be repeated.
Decision decide(const Attempt&);

/// Offset to add to our clock, when the server's differs by more than it tolerates anyway (4 of the 5 minutes).
std::optional<Duration> clock_offset(Time server, Time ours, Duration current);

/// Seconds or an HTTP date; nullopt when absent or absurd (more than 5 minutes).
std::optional<Duration> parse_retry_after(const std::string& header, Time now);

}  // namespace fairlead::aws
