// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/net/http.hpp"
#include "fairlead/sandbox/world.hpp"

/// The wire protocols of AWS: json 1.0/1.1, query and ec2 (form in, XML out), rpc-v2-cbor, rest-json, rest-xml (S3).
namespace fairlead::sandbox::wire {

enum class Style { json, cbor, query, ec2, rest_json, s3 };

struct Reading {
  Style style = Style::json;
  Call call;
  std::string version;  ///< of a query API
  std::optional<Answer> refusal;  ///< no or a garbled signature, a request that cannot be read
};

/// Which service and operation a request asks for: X-Amz-Target, the credential scope, the Host, or `Action`. The signature's form is
/// checked, and its date against `now`; its secret is not.
Reading read(const net::Request&, Time now);
net::Response write(const Reading&, const Answer&, const std::string& request_id);

/// "a.member.1.b=x" as {"a": [{"b": "x"}]}; lists may be flat ("Filter.1.Value.1").
Json read_query(const std::string& form);
/// Lists become <member> or <item> elements.
std::string to_xml(const Json&, const std::string& list_element);
std::string escape_xml(std::string_view);

std::string to_cbor(const Json&);
Json from_cbor(const std::string&);

/// The signature's parts.
struct Signature {
  std::string access_key, date, region, service;
  std::optional<Answer> refusal;
};
Signature read_signature(const net::Request&, Style, Time now);

/// rest-json of EventBridge Scheduler.
Reading read_scheduler(const net::Request&);

}  // namespace fairlead::sandbox::wire
