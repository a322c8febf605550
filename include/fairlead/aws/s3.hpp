// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "fairlead/aws/aws.hpp"

namespace fairlead::aws::s3 {

struct Object {
  std::string body;
  std::string etag;          ///< with its quotes
  std::string content_type;
  std::map<std::string, std::string> metadata;  ///< x-amz-meta-*, without the prefix
};

/// nullopt when the object does not exist. At most 1 GiB.
Awaitable<std::optional<Object>> get(Aws&, Scope, std::string bucket, std::string key);
/// Returns the ETag.
Awaitable<std::string> put(Aws&, Scope, std::string bucket, std::string key, Object object);

}  // namespace fairlead::aws::s3
