// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/retry.hpp"
#include "aws/wire.hpp"
#include "fairlead/aws/error.hpp"

/// From what went wrong to a sentence a person can act on. Pure.
namespace fairlead::aws {

/// What was tried, for messages.
struct Tried {
  std::string operation;      ///< "ecs:UpdateService"
  std::string region;
  std::string resource;       ///< resource_of(params)
  std::string identity;       ///< whose credentials: "role arn:…", "the environment variables"
  std::optional<Time> expires;
};

/// The parameters that name things: "cluster web, service api"; never a value that could be secret.
std::string resource_of(const Json& params);

Failure failure_of(Trouble, int status, const Refusal&);

/// AWS's "no" for good.
AwsError refused(const Tried&, Trouble, int status, const Refusal&, bool outcome_unknown);
/// No answer for good.
AwsError unanswered(const Tried&, const Error& cause, bool outcome_unknown);

}  // namespace fairlead::aws
