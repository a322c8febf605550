// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "aws/operations.hpp"
#include "fairlead/aws/scope.hpp"

namespace fairlead::aws {

using Env = std::map<std::string, std::string>;

struct Endpoint {
  std::string scheme;          ///< "https"
  std::string host;            ///< with its port, when it is not the scheme's: as in the Host header
  std::string base;            ///< path in front of every request path; mostly empty
  std::string signing_region;  ///< IAM has one per partition
  bool overridden = false;     ///< not AWS itself: S3 buckets go into the path

  std::string origin() const { return scheme + "://" + host; }
};

/// Where a service is called: the scope's endpoint, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, else AWS's regional host.
/// Error(invalid) for an override that is no http(s) URL.
Endpoint endpoint_of(const Service&, const std::string& region, const Scope&, const Env&);

/// "aws", "aws-cn" or "aws-us-gov", by the region's name.
std::string partition_of(const std::string& region);

}  // namespace fairlead::aws
