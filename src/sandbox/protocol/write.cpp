// SPDX-License-Identifier: Apache-2.0
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

namespace {

const std::map<std::string, std::string> spaces{{"elasticloadbalancing", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"},
                                                {"sts", "https://sts.amazonaws.com/doc/2011-06-15/"},
                                                {"ec2", "http://ec2.amazonaws.com/doc/2016-11-15/"},
                                                {"autoscaling", "http://autoscaling.amazonaws.com/doc/2011-01-01/"},
                                                {"monitoring", "http://monitoring.amazonaws.com/doc/2010-08-01/"},
                                                {"iam", "https://iam.amazonaws.com/doc/2010-05-08/"}};

std::string space_of(const Reading& reading) {
  const auto found = spaces.find(reading.call.service);
  return found == spaces.end() ? "" : " xmlns=\"" + found->second + "\"";
}

/// Times of an API that also speaks JSON: numbers there, ISO 8601 in XML.
Json with_texts(const Json& value) {
  Json out = value;
  if (out.is_array() || out.is_object())
    for (auto& one : out) one = with_texts(one);
  if (out.is_object())
    for (auto& [key, one] : out.items())
      if (key.ends_with("Timestamp") && one.is_number()) one = format_time(from_micros(static_cast<std::int64_t>(one.get<double>() * 1e6)));
  return out;
}

std::string xml_body(const Reading& reading, const Answer& answer, const std::string& id) {
  const auto& operation = reading.call.operation;
  const std::string start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (reading.style == Style::ec2)
    return start + "<" + operation + "Response" + space_of(reading) + "><requestId>" + id + "</requestId>" + to_xml(answer.body, "item") +
           "</" + operation + "Response>";
  return start + "<" + operation + "Response" + space_of(reading) + "><" + operation + "Result>" +
         to_xml(with_texts(answer.body), "member") + "</" + operation + "Result><ResponseMetadata><RequestId>" + id +
         "</RequestId></ResponseMetadata></" + operation + "Response>";
}

std::string xml_error(const Reading& reading, const Answer& answer, const std::string& id) {
  const auto words = "<Code>" + escape_xml(answer.error) + "</Code><Message>" + escape_xml(answer.message) + "</Message>";
  if (reading.style == Style::ec2)
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>" + words + "</Error></Errors><RequestID>" + id +
           "</RequestID></Response>";
  const std::string who = answer.status >= 500 ? "Receiver" : "Sender";
  return "<ErrorResponse" + space_of(reading) + "><Error><Type>" + who + "</Type>" + words + "</Error><RequestId>" + id +
         "</RequestId></ErrorResponse>";
}

net::Response response(int status, std::string body, const char* type) {
  net::Response out;
  out.status = status;
  out.headers.add("Content-Type", type);
  out.body = std::move(body);
  return out;
}

Json error_body(const Answer& answer) {
  Json body = answer.body.is_object() ? answer.body : Json::object();
  body["__type"] = answer.error;
  body["message"] = answer.message;
  return body;
}

net::Response bare(const Reading& reading, const Answer& answer, const std::string& id) {
  switch (reading.style) {
    case Style::json: return response(answer.status, dump(answer.ok() ? answer.body : error_body(answer)), "application/x-amz-json-1.1");
    case Style::rest_json: {
      auto out = response(answer.status, dump(answer.ok() ? answer.body : error_body(answer)), "application/json");
      if (!answer.ok()) out.headers.add("x-amzn-ErrorType", answer.error);
      return out;
    }
    case Style::cbor: {
      auto out = response(answer.status, to_cbor(answer.ok() ? answer.body : error_body(answer)), "application/cbor");
      out.headers.add("smithy-protocol", "rpc-v2-cbor");
      return out;
    }
    case Style::query:
    case Style::ec2:
      return response(answer.status, answer.ok() ? xml_body(reading, answer, id) : xml_error(reading, answer, id), "text/xml");
    case Style::s3:
      return response(answer.status,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + escape_xml(answer.error) + "</Code><Message>" +
                          escape_xml(answer.message) + "</Message><RequestId>" + id + "</RequestId></Error>",
                      "application/xml");
  }
  return {};
}

}  // namespace

net::Response write(const Reading& reading, const Answer& answer, const std::string& id) {
  auto out = bare(reading, answer, id);
  out.headers.add("x-amzn-RequestId", id);
  return out;
}

}  // namespace fairlead::sandbox::wire
