// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "fairlead/base/async.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::chat {

/// Slack answered `ok: false`, or 429, or nothing sensible.
class ApiError : public Error {
 public:
  enum class Kind {
    rejected,     ///< a definite no: nothing was done ("channel_not_found")
    throttled,    ///< nothing was done; `retry_after`
    unreachable,  ///< nothing was sent
    unknown       ///< time-out, 5xx, internal_error: it may have been done
  };
  ApiError(Kind, std::string method, std::string code, std::string detail);
  Kind api_kind;
  std::string method, code;  ///< code as Slack names it; empty when there is none
  std::chrono::seconds retry_after{0};
};

/// The Web API of Slack as far as chat-ops needs it: method and arguments in, the answer without "ok" out. Slack itself
/// (slack/), the browser console, and fakes in tests. io thread. `workspace` selects the token.
class WebApi {
 public:
  virtual ~WebApi() = default;
  /// Throws ApiError. Does not wait for budgets and does not retry: that is the outbox's part. The method "response_url" is not one of
  /// Slack's: it posts the arguments to the address in their `response_url`, for an answer that missed the acknowledgement.
  virtual Awaitable<Json> call(std::string workspace, std::string method, Json arguments, Deadline) = 0;
};

}  // namespace fairlead::chat
