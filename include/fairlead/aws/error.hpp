// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "fairlead/base/error.hpp"

namespace fairlead::aws {

/// Why a call failed, as far as the caller acts differently.
enum class Failure {
  rejected,      ///< AWS understood and said no (validation, state): `code` says which
  not_found,     ///< what was named does not exist
  denied,        ///< the credentials may not do this
  credentials,   ///< no credentials, or expired and not renewable
  throttled,     ///< still throttled after the whole patience
  server,        ///< 5xx after the retries
  network        ///< no answer: name, connection, TLS, deadline
};

/// A call that failed for good; retries are over. The message says what was tried (operation, region, resource) and what AWS
/// said, the hint what to do. kind(): rejected invalid/conflict, not_found, denied refused, credentials unauthorized,
/// throttled and server unavailable, network unavailable/timeout.
class AwsError : public Error {
 public:
  struct Facts {
    Failure failure = Failure::rejected;
    std::string operation;         ///< "ecs:UpdateService"
    std::string region;
    std::string code;              ///< "ClusterNotFoundException"; empty without an answer
    std::string said;              ///< AWS's own sentence
    std::string request_id;
    int status = 0;                ///< HTTP; 0 without an answer
    bool outcome_unknown = false;  ///< the call may have taken effect: probe before repeating
    std::string body;              ///< the answer's JSON error body (ConflictException's resourceIds …); empty for XML
  };
  AwsError(ErrorKind kind, const std::string& message, std::string hint, Facts facts)
      : Error(kind, message, std::move(hint)), facts_(std::move(facts)) {}

  const Facts& facts() const { return facts_; }
  const std::string& code() const { return facts_.code; }
  Failure failure() const { return facts_.failure; }
  bool outcome_unknown() const { return facts_.outcome_unknown; }

 private:
  Facts facts_;
};

}  // namespace fairlead::aws
