// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/protocol/wire.hpp"
#include "sandbox/shell/bytes.hpp"

namespace fairlead::sandbox::shell {

namespace {

/// "5\r\nhello\r\n0\r\n…": aws-chunked, with or without signatures and trailers.
std::string dechunked(const std::string& body) {
  std::string out;
  std::size_t at = 0;
  while (at < body.size()) {
    const auto end = body.find("\r\n", at);
    if (end == std::string::npos) break;
    std::size_t size = 0;
    for (std::size_t i = at; i < end && body[i] != ';'; ++i) {
      const char x = body[i];
      const int digit = x >= '0' && x <= '9' ? x - '0' : x >= 'a' && x <= 'f' ? x - 'a' + 10 : x >= 'A' && x <= 'F' ? x - 'A' + 10 : 0;
      size = size * 16 + static_cast<std::size_t>(digit);
    }
    if (size == 0 || size > body.size() - end) break;
    out.append(body, end + 2, size);
    at = end + 2 + size + 2;
  }
  return out;
}

Call call_of(net::Request& request) {
  Call call;
  call.service = "s3";
  call.params = Json::object();
  if (request.segments.empty()) {
    call.operation = "ListBuckets";
    return call;
  }
  call.params["Bucket"] = request.segments.front();
  const auto key =
      request.path.size() > request.segments.front().size() + 2 ? request.path.substr(request.segments.front().size() + 2) : "";
  const auto& method = request.method;
  if (key.empty()) {
    call.operation = method == "PUT"      ? "CreateBucket"
                     : method == "DELETE" ? "DeleteBucket"
                     : method == "HEAD"   ? "HeadBucket"
                                          : "ListObjectsV2";
    const std::map<std::string, std::string> names{{"prefix", "Prefix"},
                                                   {"delimiter", "Delimiter"},
                                                   {"max-keys", "MaxKeys"},
                                                   {"start-after", "StartAfter"},
                                                   {"continuation-token", "ContinuationToken"}};
    for (const auto& [name, value] : request.query)
      if (const auto known = names.find(name); known != names.end()) call.params[known->second] = value;
    return call;
  }
  call.params["Key"] = key;
  call.operation = method == "PUT" ? "PutObject" : method == "DELETE" ? "DeleteObject" : "GetObject";
  if (method != "PUT") return call;
  const bool chunked = request.headers.get("x-amz-content-sha256").starts_with("STREAMING-");
  call.params["Body"] = chunked ? dechunked(request.body) : std::move(request.body);
  Json kept = Json::object();
  for (const auto& [name, value] : request.headers) {
    const auto lower = to_lower(name);
    const bool meta =
        lower.starts_with("x-amz-meta-") || lower == "content-type" || lower == "cache-control" || lower == "content-disposition";
    if (meta) kept[lower] = value;
    if (lower == "if-none-match") call.params["IfNoneMatch"] = value;
    if (lower == "if-match") call.params["IfMatch"] = value;
  }
  call.params["Headers"] = kept;
  return call;
}

net::Response listing(const Call& call, const Json& body) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>" +
      wire::escape_xml(text_at(call.params, "Bucket")) + "</Name><Prefix>" + wire::escape_xml(text_at(call.params, "Prefix")) +
      "</Prefix><MaxKeys>1000</MaxKeys><KeyCount>" + std::to_string(body["Contents"].size() + body["Folders"].size()) +
      "</KeyCount><IsTruncated>" + dump(body["IsTruncated"]) + "</IsTruncated>";
  if (body.contains("NextContinuationToken"))
    xml += "<NextContinuationToken>" + wire::to_xml(body["NextContinuationToken"], "") + "</NextContinuationToken>";
  for (const auto& one : body["Contents"]) xml += "<Contents>" + wire::to_xml(one, "member") + "</Contents>";
  for (const auto& one : body["Folders"]) xml += "<CommonPrefixes><Prefix>" + wire::to_xml(one, "") + "</Prefix></CommonPrefixes>";
  return net::Response::text(200, xml + "</ListBucketResult>", "application/xml");
}

/// "Fri, 20 Nov 2026 03:04:05 GMT"
std::string http_date(const std::string& time) {
  const auto seconds = static_cast<std::time_t>(to_micros(parse_time(time).value_or(Time{})) / 1000000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

net::Response object(const net::Request& request, const Json& body) {
  net::Response out = net::Response::text(200, body["Body"].get<std::string>(), "binary/octet-stream");
  for (const auto& [name, value] : body["Headers"].items()) out.headers.set(name, value.get<std::string>());
  out.headers.add("ETag", text_at(body, "ETag"));
  out.headers.add("Last-Modified", http_date(text_at(body, "LastModified")));
  if (request.headers.get("If-None-Match") == text_at(body, "ETag")) out.status = 304;
  return out;
}

net::Response shown(const net::Request& request, const Call& call, const Answer& answer) {
  if (call.operation == "GetObject") return object(request, answer.body);
  if (call.operation == "ListObjectsV2") return listing(call, answer.body);
  if (call.operation == "ListBuckets") {
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets>";
    for (const auto& one : answer.body["Buckets"]) xml += "<Bucket>" + wire::to_xml(one, "member") + "</Bucket>";
    return net::Response::text(200, xml + "</Buckets></ListAllMyBucketsResult>", "application/xml");
  }
  net::Response out;
  out.status = call.operation.starts_with("Delete") ? 204 : 200;
  if (answer.body.contains("ETag")) out.headers.add("ETag", text_at(answer.body, "ETag"));
  if (answer.body.contains("Location")) out.headers.add("Location", text_at(answer.body, "Location"));
  return out;
}

}  // namespace

std::optional<net::Response> answer_s3(World& world, Time now, net::Request& request) {
  if (request.headers.get("Authorization").find("/s3/aws4_request") == std::string::npos) return std::nullopt;
  const auto signature = wire::read_signature(request, wire::Style::s3, now);
  wire::Reading reading;
  reading.style = wire::Style::s3;
  if (signature.refusal) return wire::write(reading, *signature.refusal, new_uuid());
  Call call = call_of(request);
  call.access_key = signature.access_key;
  call.region = signature.region;
  const auto answer = world.call(call, now);
  if (answer.ok()) return shown(request, call, answer);
  return wire::write(reading, answer, new_uuid());
}

}  // namespace fairlead::sandbox::shell
