// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_wire.hpp"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>

#include "aws/shapes.hpp"
#include "aws/xml.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

constexpr std::string_view metadata_prefix = "x-amz-meta-";

struct Binding {
  std::string_view member;
  std::string_view header;
  enum class Kind { text, integer, boolean, time } kind = Kind::text;
};

constexpr std::array request_headers{
    Binding{"ACL", "x-amz-acl"},
    Binding{"CacheControl", "Cache-Control"},
    Binding{"ChecksumSHA256", "x-amz-checksum-sha256"},
    Binding{"ContentDisposition", "Content-Disposition"},
    Binding{"ContentEncoding", "Content-Encoding"},
    Binding{"ContentLanguage", "Content-Language"},
    Binding{"ContentMD5", "Content-MD5"},
    Binding{"ContentType", "Content-Type"},
    Binding{"ExpectedBucketOwner", "x-amz-expected-bucket-owner"},
    Binding{"IfMatch", "If-Match"},
    Binding{"IfNoneMatch", "If-None-Match"},
    Binding{"Range", "Range"},
    Binding{"SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"},
    Binding{"ServerSideEncryption", "x-amz-server-side-encryption"},
    Binding{"StorageClass", "x-amz-storage-class"},
    Binding{"Tagging", "x-amz-tagging"},
};

constexpr std::array answer_headers{
    Binding{"BucketRegion", "x-amz-bucket-region"},
    Binding{"CacheControl", "Cache-Control"},
    Binding{"ChecksumSHA256", "x-amz-checksum-sha256"},
    Binding{"ContentDisposition", "Content-Disposition"},
    Binding{"ContentEncoding", "Content-Encoding"},
    Binding{"ContentLanguage", "Content-Language"},
    Binding{"ContentLength", "Content-Length", Binding::Kind::integer},
    Binding{"ContentRange", "Content-Range"},
    Binding{"ContentType", "Content-Type"},
    Binding{"DeleteMarker", "x-amz-delete-marker", Binding::Kind::boolean},
    Binding{"ETag", "ETag"},
    Binding{"LastModified", "Last-Modified", Binding::Kind::time},
    Binding{"Location", "Location"},
    Binding{"SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"},
    Binding{"ServerSideEncryption", "x-amz-server-side-encryption"},
    Binding{"StorageClass", "x-amz-storage-class"},
    Binding{"VersionId", "x-amz-version-id"},
};

std::string location_body(const Json& configuration) {
  pugi::xml_document document;
  auto root = document.append_child("CreateBucketConfiguration");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  root.append_child("LocationConstraint").text().set(text_at(configuration, "LocationConstraint").c_str());
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

Json header_value(const Binding& binding, const std::string& text) {
  switch (binding.kind) {
    case Binding::Kind::integer: return parse_int(text).value_or(0);
    case Binding::Kind::boolean: return text == "true";
    case Binding::Kind::time: {
      const auto at = parse_http_date(text);
      return at ? json_seconds(*at) : Json(text);
    }
    case Binding::Kind::text: break;
  }
  return text;
}

bool is_dns_label(const std::string& bucket) {
  const bool plain = std::ranges::all_of(bucket, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return plain && bucket.size() >= 3 && bucket.size() <= 63;
}

}  // namespace

bool s3_bucket_in_host(const std::string& bucket, const Endpoint& endpoint) { return !endpoint.overridden && is_dns_label(bucket); }

void s3_encode_rest(const std::string& operation, const Json& rest, WireRequest& request) {
  for (const auto& [name, value] : rest.items()) {
    if (name == "Body") {
      request.body = value.get<std::string>();
    } else if (name == "Metadata") {
      for (const auto& [key, text] : value.items())
        request.headers.emplace_back(std::string(metadata_prefix) + key, text.get<std::string>());
    } else if (name == "CreateBucketConfiguration") {
      request.body = location_body(value);
    } else {
      const auto at = std::ranges::find(request_headers, name, &Binding::member);
      if (at == request_headers.end()) throw Error(ErrorKind::usage, operation + " has no member '" + name + "' here");
      request.headers.emplace_back(std::string(at->header), value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

Json s3_decode(const Called& called, const WireAnswer& answer) {
  Json out = Json::object();
  if (called.operation.name == "ListObjectsV2") return decode_xml(answer.body, answer_shape("s3:ListObjectsV2"), {});
  for (const auto& binding : answer_headers)
    if (const auto text = answer.header(binding.header); !text.empty()) out[std::string(binding.member)] = header_value(binding, text);
  for (const auto& [name, value] : answer.headers)
    if (to_lower(name).starts_with(metadata_prefix)) out["Metadata"][to_lower(name).substr(metadata_prefix.size())] = value;
  if (called.operation.name == "GetObject") out["Body"] = answer.body;
  return out;
}

}  // namespace fairlead::aws
