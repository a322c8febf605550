// SPDX-License-Identifier: Apache-2.0
// Reads one JSON request a line, prints one JSON answer a line:
//   {"do":"call","scope":{…},"operation":"ecs:ListClusters","params":{…}}      a real call
//   {"do":"encode","operation":…,"params":{…},"region":…}                      the HTTP request that it would be
//   {"do":"decode","operation":…,"status":200,"headers":{…},"body":"…"}        an HTTP answer, decoded
//   {"do":"table"}                                                             the operations
#include <boost/asio/io_context.hpp>
#include <iostream>

#include "aws/operations.hpp"
#include "aws/shape_texts.hpp"
#include "aws/wire.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::aws {
namespace {

Scope scope_of(const Json& json) {
  return {.region = text_at(json, "region"),
          .role = text_at(json, "role"),
          .external_id = text_at(json, "external_id"),
          .session_name = text_at(json, "session_name"),
          .profile = text_at(json, "profile"),
          .endpoint = text_at(json, "endpoint")};
}

Json error_json(const AwsError& error) {
  return {{"code", error.code()},       {"status", error.facts().status}, {"kind", to_string(error.kind())},
          {"message", error.message()}, {"hint", error.hint()},           {"unknown", error.outcome_unknown()}};
}

Json call(const Json& request) {
  asio::io_context io;
  const auto aws = connect(io.get_executor());
  Json out;
  const auto run = [](Aws& api, const Json& wanted, Json& result) -> Awaitable<void> {
    try {
      // A busy machine may take long to load moto's services at their first call.
      CallOptions patient{.timeout = std::chrono::minutes(3)};
      result["answer"] =
          co_await api.call(scope_of(member(wanted, "scope")), text_at(wanted, "operation"), member(wanted, "params"), patient);
    } catch (const AwsError& error) {
      result["error"] = error_json(error);
    } catch (const Error& error) {
      result["error"] = {{"kind", to_string(error.kind())}, {"message", error.message()}, {"hint", error.hint()}};
    }
  };
  spawn(io.get_executor(), "aws_call", run(*aws, request, out));
  io.run();
  return out;
}

Json encoded(const Json& request) {
  const auto called = look_up(text_at(request, "operation"));
  const auto endpoint = endpoint_of(called.service, text_at(request, "region"), scope_of(request), {});
  const auto wire = encode(called, member(request, "params"), endpoint);
  Json headers = Json::object();
  for (const auto& [name, value] : wire.headers) headers[name] = value;
  return {{"method", wire.method}, {"url", wire.url()}, {"headers", headers}, {"body", wire.body}};
}

Json decoded(const Json& request) {
  const auto called = look_up(text_at(request, "operation"));
  WireAnswer answer{.status = static_cast<int>(number_at(request, "status")), .body = text_at(request, "body")};
  for (const auto& [name, value] : member(request, "headers").items()) answer.headers.emplace_back(name, value.get<std::string>());
  if (answer.status < 300) return {{"answer", decode(called, answer)}};
  const auto refusal = refusal_of(called, answer);
  return {{"error", {{"code", refusal.code}, {"message", refusal.message}, {"request_id", refusal.request_id}}}};
}

Json table() {
  Json out = Json::array();
  for (const auto& one : all_operations()) {
    const auto* service = find_service(one.service);
    const auto name = std::string(one.service) + ":" + std::string(one.name);
    out.push_back({{"operation", name},
                   {"protocol", static_cast<int>(service->protocol)},
                   {"version", service->version},
                   {"endpoint", service->endpoint},
                   {"signing", service->signing},
                   {"sdk_id", service->sdk_id},
                   {"method", one.method},
                   {"path", one.path},
                   {"token", one.token},
                   {"answer", answer_shape_text(name)},
                   {"input", input_shape_text(name)}});
  }
  return out;
}

Json answer_to(const Json& request) {
  const auto what = text_at(request, "do");
  if (what == "call") return call(request);
  if (what == "encode") return encoded(request);
  if (what == "decode") return decoded(request);
  if (what == "table") return table();
  throw Error(ErrorKind::usage, "do '" + what + "' is not known");
}

}  // namespace
}  // namespace fairlead::aws

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    fairlead::Json out;
    try {
      out = fairlead::aws::answer_to(fairlead::parse_json(line));
    } catch (const std::exception& error) {
      out = {{"error", {{"kind", "driver"}, {"message", error.what()}}}};
    }
    std::cout << fairlead::dump(out) << std::endl;
  }
}
