// SPDX-License-Identifier: Apache-2.0
#include "cli/checks.hpp"

#include <cctype>

#include "cli/deploying.hpp"
#include "fairlead/aws/alarms.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

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

Awaitable<engine::CheckFact> ask_http(net::HttpClient& client, Json with) {
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
  co_return fact;
}

/// "insufficient-data" is INSUFFICIENT_DATA.
std::string aws_state(const std::string& state) {
  std::string text;
  for (const char c : state) text += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Awaitable<engine::CheckFact> ask_alarms(CheckWorld world, std::string environment, Json with) {
  engine::CheckFact fact;
  const auto scope = environment_scope(*world.config, environment);
  if (!scope) {
    fact.detail = environment.empty() ? "the stage has no environment, so it is not known in which account the alarms are"
                                      : "environment " + environment + " has no `aws:` block in fairlead.yml";
    co_return fact;
  }
  std::vector<std::string> names, others;
  for (const auto& name : member(with, "names")) names.push_back(name.is_string() ? name.get<std::string>() : dump(name));
  const std::string wanted = aws_state(text_at(with, "state", "ok"));
  try {
    const auto states = co_await with_deadline(aws::alarm_states(world.aws, *scope, names), deadline_in(check_limit), "asking for alarms");
    for (const auto& alarm : states) {
      if (alarm.state == wanted) continue;
      if (alarm.state == "MISSING") others.push_back("alarm " + alarm.name + " does not exist");
      if (alarm.state != "MISSING")
        others.push_back("alarm " + alarm.name + " is " + alarm.state + (alarm.reason.empty() ? "" : ": " + alarm.reason));
    }
    fact.ok = others.empty();
    fact.detail = fact.ok ? join(names, ", ") + (names.size() == 1 ? " is " : " are ") + wanted : join(others, "; ");
  } catch (const Error& error) {
    fact.detail = error.message();
  }
  co_return fact;
}

}  // namespace

Awaitable<engine::CheckFact> ask_check(CheckWorld world, std::string check_json) {
  const Json check = parse_json(check_json);
  const std::string kind = text_at(check, "kind");
  engine::CheckFact fact;
  if (kind == "http") {
    fact = co_await ask_http(world.http, member(check, "with"));
  } else if (kind == "alarm") {
    fact = co_await ask_alarms(world, text_at(check, "environment"), member(check, "with"));
  } else {
    fact.detail = "check \"" + kind + "\" is not built yet in this version";
  }
  fact.at = world.clock();
  co_return fact;
}

}  // namespace fairlead::cli
