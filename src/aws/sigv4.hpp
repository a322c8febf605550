// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::aws {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// A request as it goes over the wire: path and query percent-encoded, `headers` without Host.
struct Signable {
  std::string method;
  std::string host;   ///< as in the Host header: with a port that is not the scheme's
  std::string path;   ///< "/schedules/nightly"
  std::string query;  ///< without "?"; may be unsorted
  HeaderLines headers;
  std::string_view body;
};

/// Signature Version 4: the headers to add (x-amz-date, x-amz-security-token, for S3 x-amz-content-sha256, Authorization). Pure.
/// Every header of the request is signed; what the HTTP client adds by itself (User-Agent, Accept) is not.
HeaderLines sign(const Signable&, const Credentials&, const std::string& service, const std::string& region, Time at);

namespace sigv4 {
/// S3 signs the path encoded once; all others normalise it and encode it once more.
std::string canonical_path(std::string_view path, bool s3);
/// Parameters decoded, encoded again and sorted.
std::string canonical_query(std::string_view query);
}  // namespace sigv4

}  // namespace fairlead::aws
