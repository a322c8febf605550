// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <map>
#include <string>

namespace fairlead::aws {

/// In which account and region, and as whom, calls are made: an environment's `aws:` block as a value. Two equal scopes share
/// credentials; scopes with the same account and region share rate limits.
struct Scope {
  std::string region;        ///< "ap-northeast-1"; empty: AWS_REGION, AWS_DEFAULT_REGION or the profile's
  std::string role;          ///< ARN of the role to assume; empty: the base credentials themselves
  std::string external_id;   ///< with `role`
  std::string session_name;  ///< with `role`; empty: "fairlead". Shows in CloudTrail
  std::map<std::string, std::string> tags;  ///< session tags, with `role`
  std::string profile;       ///< of ~/.aws/config; empty: the default chain (environment, AWS_PROFILE, container, instance)
  std::string account;       ///< hint for limits and messages; empty: taken from `role`
  std::string endpoint;      ///< "http://127.0.0.1:4566" for every service; empty: AWS_ENDPOINT_URL[_SERVICE], else AWS

  auto operator<=>(const Scope&) const = default;
};

/// The account id in an ARN ("arn:aws:iam::111122223333:role/x"); empty when there is none.
std::string account_in(const std::string& arn);

}  // namespace fairlead::aws
