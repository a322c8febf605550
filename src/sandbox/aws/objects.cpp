// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/context.hpp"

/// S3: buckets and whole objects in memory, with the conditional headers that make compare-and-set.
namespace fairlead::sandbox {

namespace {

std::map<std::string, Json>& buckets(Context& c) { return c.region.things["bucket"]; }

std::map<std::string, Json>& objects(Context& c, const std::string& bucket) {
  if (!buckets(c).contains(bucket)) throw Refusal{"NoSuchBucket", "The specified bucket does not exist", 404};
  return c.region.things["object " + bucket];
}

Json create_bucket(Context& c, const Json& params) {
  const auto name = text_at(params, "Bucket");
  c.key = name;
  if (buckets(c).try_emplace(name, Json{{"Name", name}, {"CreationDate", format_time(c.now())}}).second) c.effect = "created";
  return {{"Location", "/" + name}};
}

Json delete_bucket(Context& c, const Json& params) {
  const auto name = text_at(params, "Bucket");
  if (!objects(c, name).empty()) throw Refusal{"BucketNotEmpty", "The bucket you tried to delete is not empty", 409};
  buckets(c).erase(name);
  c.key = name, c.effect = "deleted";
  return Json::object();
}

Json head_bucket(Context& c, const Json& params) {
  objects(c, text_at(params, "Bucket"));
  return Json::object();
}

Json list_buckets(Context& c, const Json&) {
  Json all = Json::array();
  for (const auto& [_, bucket] : buckets(c)) all.push_back(bucket);
  return {{"Buckets", all}};
}

Json put(Context& c, const Json& params) {
  const auto key = text_at(params, "Key");
  auto& all = objects(c, text_at(params, "Bucket"));
  const auto old = all.find(key);
  const auto match = text_at(params, "IfMatch");
  if (text_at(params, "IfNoneMatch") == "*" && old != all.end())
    throw Refusal{"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412};
  if (!match.empty() && old == all.end()) throw Refusal{"NoSuchKey", "The specified key does not exist.", 404};
  if (!match.empty() && text_at(old->second, "ETag") != match)
    throw Refusal{"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412};
  const auto& body = params.at("Body").get_ref<const std::string&>();
  const auto etag = "\"" + sha256_hex(body).substr(0, 32) + "\"";
  all[key] = {{"Body", body}, {"ETag", etag}, {"LastModified", format_time(c.now())}, {"Headers", params.value("Headers", Json::object())}};
  c.key = text_at(params, "Bucket") + "/" + key, c.effect = etag;
  return {{"ETag", etag}};
}

Json get(Context& c, const Json& params) {
  auto& all = objects(c, text_at(params, "Bucket"));
  const auto found = all.find(text_at(params, "Key"));
  if (found == all.end()) throw Refusal{"NoSuchKey", "The specified key does not exist.", 404};
  return found->second;
}

Json remove(Context& c, const Json& params) {
  c.key = text_at(params, "Bucket") + "/" + text_at(params, "Key");
  if (objects(c, text_at(params, "Bucket")).erase(text_at(params, "Key")) > 0) c.effect = "deleted";
  return Json::object();
}

Json list(Context& c, const Json& params) {
  const auto prefix = text_at(params, "Prefix"), delimiter = text_at(params, "Delimiter");
  const auto after = std::max(text_at(params, "StartAfter"), text_at(params, "ContinuationToken"));
  const auto most = static_cast<std::size_t>(std::clamp<std::int64_t>(number_of(params, "MaxKeys", 1000), 0, 1000));
  Json contents = Json::array(), folders = Json::array();
  std::string last;
  bool more = false;
  for (const auto& [key, object] : objects(c, text_at(params, "Bucket"))) {
    if (!key.starts_with(prefix) || key <= after) continue;
    const auto cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const auto folder = cut == std::string::npos ? "" : key.substr(0, cut + delimiter.size());
    if (!folder.empty() && !folders.empty() && folders.back() == folder) continue;
    if (contents.size() + folders.size() >= most) {
      more = true;
      break;
    }
    last = key;
    if (!folder.empty())
      folders.push_back(folder);
    else
      contents.push_back({{"Key", key},
                          {"LastModified", object["LastModified"]},
                          {"ETag", object["ETag"]},
                          {"Size", object["Body"].get_ref<const std::string&>().size()},
                          {"StorageClass", "STANDARD"}});
  }
  Json out{{"Contents", contents}, {"Folders", folders}, {"IsTruncated", more}};
  if (more) out["NextContinuationToken"] = last;
  return out;
}

}  // namespace

void add_objects(Table& table) {
  table["s3.CreateBucket"] = {create_bucket, true, {}};
  table["s3.DeleteBucket"] = {delete_bucket, true, {}};
  table["s3.HeadBucket"] = {head_bucket, false, {}};
  table["s3.ListBuckets"] = {list_buckets, false, {}};
  table["s3.PutObject"] = {put, true, {}};
  table["s3.GetObject"] = {get, false, {}};
  table["s3.DeleteObject"] = {remove, true, {}};
  table["s3.ListObjectsV2"] = {list, false, {}};
}

}  // namespace fairlead::sandbox
