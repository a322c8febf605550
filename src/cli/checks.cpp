// SPDX-License-Identifier: Apache-2.0
#include "cli/checks.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

constexpr auto check_limit = std::chrono::seconds(10);

/// `expect` is a status, or a list of statuses; absent: any of 2xx.
bool expected(const Json& expect, int status) {
  if (expect.is_number_integer()) return expect.get<int>() == status;
  if (expect.is_string()) return expect.get<std::string>() == std::to_string(status);
  if (!expect.is_array()) return status >= 200 && status < 300;
  for (const auto& one : expect) {
    if (expected(one, status)) return true;
  }
  return false;
}

}  // namespace

Awaitable<engine::CheckFact> ask_check(net::HttpClient& client, Clock clock, std::string check_json) {
  const Json check = parse_json(check_json);
  const std::string kind = text_at(check, "kind");
  const Json& with = member(check, "with");
  if (kind != "http") co_return engine::CheckFact{false, "check \"" + kind + "\" is not built yet in this version", clock()};
  net::HttpRequest request;
  request.url = text_at(with, "url");
  request.headers.set("User-Agent", "fairlead");
  const std::string url = request.url;
  engine::CheckFact fact;
  try {
    const auto reply = co_await client.send(std::move(request), deadline_in(check_limit));
    fact.ok = expected(member(with, "expect"), reply.status);
    fact.detail = "GET " + url + " answered " + std::to_string(reply.status);
    if (!fact.ok) fact.detail += with.contains("expect") ? ", expected " + dump(with.at("expect")) : ", expected 2xx";
  } catch (const Error& error) {
    fact.detail = "GET " + url + ": " + error.message();
  }
  fact.at = clock();
  co_return fact;
}

}  // namespace fairlead::cli
