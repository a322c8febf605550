// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fairlead::aws {

enum class Protocol { json_1_0, json_1_1, query, ec2, rest_json, rest_xml };

/// One AWS service as it is called over the wire.
struct Service {
  std::string_view name;      ///< IAM prefix, the first half of operation names: "elasticloadbalancing"
  std::string_view sdk_id;    ///< as in AWS_ENDPOINT_URL_<ID>: "ELASTIC_LOAD_BALANCING_V2"
  std::string_view endpoint;  ///< first labels of the host: "api.ecr"
  std::string_view signing;   ///< service name in the signature: "ecr"
  Protocol protocol;
  std::string_view version;   ///< API version of query services, target prefix of JSON services
};

/// What may happen when the answer of a call was lost.
enum class Repeat {
  read,   ///< changes nothing
  token,  ///< carries an idempotency token (filled in when the caller gives none)
  set,    ///< set-like: the second time changes nothing more
  once    ///< a second call would do it twice: not repeated, the caller is told that the outcome is unknown
};

struct Operation {
  std::string_view service;
  std::string_view name;         ///< "DescribeServices"
  Repeat repeat;
  std::string_view family = {};  ///< of the rate limit (limits.cpp); empty: the service's own
  std::string_view token = {};   ///< member with the idempotency token, for Repeat::token
  std::string_view method = "POST";
  std::string_view path = "/";   ///< REST: "/schedules/{Name}?groupName={GroupName}", members in braces; "{Key+}" keeps slashes
};

/// nullptr when there is none of that name.
const Service* find_service(std::string_view name);
const Operation* find_operation(std::string_view service, std::string_view name);
std::span<const Operation> all_operations();

/// The operation and its service from "ecs:DescribeServices"; Error(internal) for an unknown one.
struct Called {
  const Service& service;
  const Operation& operation;
};
Called look_up(std::string_view full_name);

}  // namespace fairlead::aws
