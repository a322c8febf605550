// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace fairlead {

/// What the catcher should do with an error; maps to an exit code (interfaces.md) and an HTTP status.
enum class ErrorKind {
  usage,        ///< the caller's words are off: exit 2, HTTP 400
  invalid,      ///< configuration or input does not validate: exit 3, HTTP 422
  not_found,    ///< exit 4, HTTP 404
  refused,      ///< permission, lock, freeze, rejected: exit 5, HTTP 403
  conflict,     ///< the world moved on (version, state): HTTP 409
  unavailable,  ///< try again later: exit 6, HTTP 503
  canceled,     ///< exit 7
  timeout,      ///< a deadline passed: exit 124, HTTP 504
  too_large,    ///< HTTP 413
  unauthorized, ///< no or bad credentials: exit 5, HTTP 401
  io,           ///< the operating system said no: exit 1, HTTP 500
  internal      ///< a bug of ours: exit 1, HTTP 500
};

std::string_view to_string(ErrorKind);

/// Thrown where a caller several levels up decides. `message` says what was tried, with which value, and what
/// happened; `hint` says what to do next (may be empty).
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

  /// The same error with "context: " before the message.
  Error within(std::string_view context) const;

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
};

/// Error of kind io for errno `code`: "<what>: <strerror>".
Error io_error(std::string_view what, int code);
/// The same for the current errno.
Error errno_error(std::string_view what);

/// Text of any exception in flight, for logs: Error's message and hint, what(), or "unknown exception".
std::string describe(std::exception_ptr error);

}  // namespace fairlead
