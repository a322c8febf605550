// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/error.hpp"

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace fairlead {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::refused: return "refused";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::canceled: return "canceled";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::too_large: return "too_large";
    case ErrorKind::unauthorized: return "unauthorized";
    case ErrorKind::io: return "io";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

Error::Error(ErrorKind kind, const std::string& message, std::string hint)
    : std::runtime_error(message), kind_(kind), message_(message), hint_(std::move(hint)) {}

Error Error::within(std::string_view context) const { return {kind_, std::string(context) + ": " + message_, hint_}; }

Error io_error(std::string_view what, int code) {
  return {ErrorKind::io, std::string(what) + ": " + std::generic_category().message(code)};
}

Error errno_error(std::string_view what) { return io_error(what, errno); }

std::string describe(std::exception_ptr error) {
  try {
    if (error) std::rethrow_exception(std::move(error));
    return "no error";
  } catch (const Error& known) {
    return known.hint().empty() ? known.message() : known.message() + "; " + known.hint();
  } catch (const std::exception& other) {
    return other.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace fairlead
