// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/s3.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::aws::s3 {

Awaitable<std::optional<Object>> get(Aws& aws, Scope scope, std::string bucket, std::string key) {
  Json params{{"Bucket", bucket}, {"Key", key}};
  CallOptions options{.timeout = std::chrono::minutes(5)};
  std::optional<Object> out;
  try {
    auto answer = co_await aws.call(std::move(scope), "s3:GetObject", std::move(params), options);
    out = Object{.body = std::move(answer["Body"].get_ref<std::string&>()),
                 .etag = text_at(answer, "ETag"),
                 .content_type = text_at(answer, "ContentType")};
    if (answer.contains("Metadata")) out->metadata = answer["Metadata"].get<std::map<std::string, std::string>>();
  } catch (const AwsError& error) {
    // A bucket that does not exist is a mistake, not an absent object.
    if (error.failure() != Failure::not_found || error.code() == "NoSuchBucket") throw;
  }
  co_return out;
}

Awaitable<std::string> put(Aws& aws, Scope scope, std::string bucket, std::string key, Object object) {
  Json params{{"Bucket", bucket}, {"Key", key}, {"Body", std::move(object.body)}};
  if (!object.content_type.empty()) params["ContentType"] = object.content_type;
  if (!object.metadata.empty()) params["Metadata"] = object.metadata;
  CallOptions options{.timeout = std::chrono::minutes(5)};
  const auto answer = co_await aws.call(std::move(scope), "s3:PutObject", std::move(params), options);
  co_return text_at(answer, "ETag");
}

}  // namespace fairlead::aws::s3
