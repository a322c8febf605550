// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "aws/wire.hpp"

/// What of S3 is not in the operation table: buckets in host names, members in headers.
namespace fairlead::aws {

/// bucket.s3.region.amazonaws.com; names that TLS or DNS would not take, and other endpoints, have the bucket in the path.
bool s3_bucket_in_host(const std::string& bucket, const Endpoint&);

/// Members that are neither in path nor query: headers, Metadata, Body, CreateBucketConfiguration. Error(usage) for an unknown one.
void s3_encode_rest(const std::string& operation, const Json& rest, WireRequest&);

/// Headers of the answer as members; the body of GetObject as "Body".
Json s3_decode(const Called&, const WireAnswer&);

}  // namespace fairlead::aws
