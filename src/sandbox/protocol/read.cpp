// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

namespace {

const std::map<std::string, std::string> targets{{"AmazonEC2ContainerServiceV20141113", "ecs"},
                                                 {"AmazonEC2ContainerRegistry_V20150921", "ecr"},
                                                 {"Logs_20140328", "logs"},
                                                 {"AmazonSSM", "ssm"},
                                                 {"AWSEvents", "events"},
                                                 {"secretsmanager", "secretsmanager"},
                                                 {"TrentService", "kms"},
                                                 {"AnyScaleFrontendService", "application-autoscaling"},
                                                 {"GraniteServiceVersion20100801", "monitoring"}};

/// Versions of query APIs, for callers whose scope does not say.
const std::map<std::string, std::string> versions{
    {"2015-12-01", "elasticloadbalancing"}, {"2011-06-15", "sts"},        {"2016-11-15", "ec2"},
    {"2011-01-01", "autoscaling"},          {"2010-08-01", "monitoring"}, {"2010-05-08", "iam"}};

Json body_json(const std::string& body) { return body.empty() ? Json::object() : parse_json(body); }

void read_target(const net::Request& request, Reading& reading) {
  const std::string target(request.headers.get("X-Amz-Target"));
  const auto dot = target.rfind('.');
  const auto service = targets.find(target.substr(0, dot));
  reading.call.service = service == targets.end() ? target.substr(0, dot) : service->second;
  reading.call.operation = dot == std::string::npos ? "" : target.substr(dot + 1);
  reading.call.params = body_json(request.body);
}

void read_form(const net::Request& request, Reading& reading, const std::string& scope) {
  auto form = request.body;
  if (form.empty()) form = request.target.substr(std::min(request.target.find('?') + 1, request.target.size()));
  reading.call.params = read_query(form);
  reading.call.operation = text_at(reading.call.params, "Action");
  reading.version = text_at(reading.call.params, "Version");
  reading.call.params.erase("Action");
  reading.call.params.erase("Version");
  const auto known = versions.find(reading.version);
  reading.call.service = known != versions.end() ? known->second : scope;
  reading.style = reading.call.service == "ec2" ? Style::ec2 : Style::query;
}

Style style_of(const net::Request& request, const std::string& scope) {
  if (request.headers.has("X-Amz-Target")) return Style::json;
  if (request.headers.get("smithy-protocol") == "rpc-v2-cbor") return Style::cbor;
  if (request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded") || request.query.get("Action"))
    return scope == "ec2" ? Style::ec2 : Style::query;
  if (scope == "scheduler") return Style::rest_json;
  return Style::s3;
}

/// "…Credential=key/date/region/service/aws4_request": the service, before the header is checked.
std::string scope_of(const net::Request& request) {
  std::string header(request.headers.get("Authorization"));
  if (header.empty()) header = request.query.text("X-Amz-Credential");
  const auto end = header.find("/aws4_request");
  if (end == std::string::npos) return {};
  const auto from = header.rfind('/', end - 1);
  return header.substr(from + 1, end - from - 1);
}

Answer unreadable(const std::string& message) {
  Answer answer;
  answer.error = "SerializationException";
  answer.message = message;
  answer.status = 400;
  answer.body = Json::object();
  return answer;
}

}  // namespace

Reading read(const net::Request& request, Time now) {
  const auto scope = scope_of(request);
  Reading reading;
  reading.style = style_of(request, scope);
  try {
    switch (reading.style) {
      case Style::json: read_target(request, reading); break;
      case Style::cbor:
        reading.call.service = "monitoring";
        reading.call.operation = request.segments.empty() ? "" : request.segments.back();
        reading.call.params = from_cbor(request.body);
        break;
      case Style::query:
      case Style::ec2: read_form(request, reading, scope); break;
      case Style::rest_json: reading = read_scheduler(request); break;
      case Style::s3: reading.call.service = "s3"; break;
    }
    if (!reading.call.params.is_object()) reading.call.params = Json::object();
  } catch (const Error& error) {
    reading.refusal = unreadable(error.message());
    return reading;
  }
  auto signature = read_signature(request, reading.style, now);
  reading.call.access_key = signature.access_key;
  reading.call.region = signature.region;
  reading.refusal = std::move(signature.refusal);
  return reading;
}

}  // namespace fairlead::sandbox::wire
