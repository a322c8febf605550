// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <pugixml.hpp>

#include "aws/s3_wire.hpp"
#include "aws/shapes.hpp"
#include "aws/wire.hpp"
#include "aws/xml.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

std::string full_name(const Called& called) { return std::string(called.service.name) + ":" + std::string(called.operation.name); }

bool is_json(const Service& service) {
  return service.protocol == Protocol::json_1_0 || service.protocol == Protocol::json_1_1 || service.protocol == Protocol::rest_json;
}

/// "com.amazonaws.ecs#ClusterNotFoundException:http://…" -> "ClusterNotFoundException".
std::string plain_code(std::string code) {
  if (const auto hash = code.find('#'); hash != std::string::npos) code.erase(0, hash + 1);
  if (const auto colon = code.find(':'); colon != std::string::npos) code.resize(colon);
  return code;
}

std::string first_text(const Json& json, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (auto text = text_at(json, name); !text.empty()) return text;
  return {};
}

void read_json_error(const WireAnswer& answer, Refusal& out) {
  Json body = Json::object();
  try {
    body = parse_json(answer.body);
  } catch (const Error&) {
    out.message = ellipsize(strip_control(answer.body), 200);
  }
  if (!body.is_object()) body = Json::object();
  // Services that once spoke the query protocol keep their old codes here: "AWS.SimpleQueueService.NonExistentQueue;Sender".
  const auto legacy = answer.header("x-amzn-query-error");
  out.code = plain_code(first_text(body, {"__type", "code", "Code"}));
  if (const auto type = answer.header("x-amzn-errortype"); !type.empty()) out.code = plain_code(type);
  if (!legacy.empty()) out.code = legacy.substr(0, legacy.find(';'));
  if (out.message.empty()) out.message = first_text(body, {"message", "Message", "errorMessage"});
  if (!body.empty()) out.body = dump(body);
}

void read_xml_error(const WireAnswer& answer, Refusal& out) {
  pugi::xml_document document;
  if (!document.load_buffer(answer.body.data(), answer.body.size())) return;
  const auto root = document.document_element();
  const auto error = document.select_node("//Error").node();
  out.code = error.child("Code").text().get();
  out.message = error.child("Message").text().get();
  for (const char* name : {"RequestId", "RequestID"}) {
    if (const auto id = root.child(name)) out.request_id = id.text().get();
    if (const auto id = error.child(name)) out.request_id = id.text().get();
  }
}

}  // namespace

std::string WireAnswer::header(std::string_view name) const {
  const auto wanted = to_lower(name);
  for (const auto& [field, value] : headers)
    if (to_lower(field) == wanted) return value;
  return {};
}

Json decode(const Called& called, const WireAnswer& answer) {
  if (called.service.protocol == Protocol::rest_xml) return s3_decode(called, answer);
  if (trim(answer.body).empty()) return Json::object();
  if (is_json(called.service)) return parse_json(answer.body, 200);
  const bool ec2 = called.service.protocol == Protocol::ec2;
  return decode_xml(answer.body, answer_shape(full_name(called)), ec2 ? std::string() : std::string(called.operation.name) + "Result");
}

Refusal refusal_of(const Called& called, const WireAnswer& answer) {
  Refusal out;
  if (is_json(called.service))
    read_json_error(answer, out);
  else
    read_xml_error(answer, out);
  // HEAD answers have no body.
  if (out.code.empty() && answer.status == 404) out.code = "NotFound";
  if (out.code.empty() && answer.status == 403) out.code = "AccessDenied";
  if (out.code.empty()) out.code = "HTTP " + std::to_string(answer.status);
  for (const char* name : {"x-amzn-requestid", "x-amz-request-id"})
    if (out.request_id.empty()) out.request_id = answer.header(name);
  out.message = strip_control(out.message);
  return out;
}

std::optional<Time> parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || *end) return std::nullopt;
  return from_micros(static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000);
}

}  // namespace fairlead::aws
