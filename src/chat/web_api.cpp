// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/web_api.hpp"

namespace fairlead::chat {

namespace {

ErrorKind error_kind(ApiError::Kind kind) { return kind == ApiError::Kind::rejected ? ErrorKind::refused : ErrorKind::unavailable; }

}  // namespace

ApiError::ApiError(Kind kind, std::string called, std::string answered, std::string detail)
    : Error(error_kind(kind), called + ": " +
                                  (answered.empty() ? detail
                                   : detail.empty() ? answered
                                                    : answered + " (" + detail + ")")),
      api_kind(kind),
      method(std::move(called)),
      code(std::move(answered)) {}

}  // namespace fairlead::chat
