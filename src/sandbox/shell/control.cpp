// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/control.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::sandbox::shell {

namespace {

/// {"advance": "30s"} moves a clock that stands still; {"mode": "manual"|"real"} stops and starts it.
Json move_clock(World& world, SandboxClock& clock, const Json& given) {
  const auto mode = text_at(given, "mode");
  if (!mode.empty() && mode != "manual" && mode != "real")
    throw Error(ErrorKind::invalid, "there is no clock mode \"" + mode + "\"", "manual or real");
  clock.now();
  if (!mode.empty()) clock.manual = mode == "manual";
  if (const auto text = text_at(given, "advance"); !text.empty()) {
    const auto span = parse_duration(text);
    if (!span || !clock.manual)
      throw Error(ErrorKind::invalid, "cannot advance the clock by \"" + text + "\"", "a span such as 30s, on a clock in mode manual");
    clock.at += *span;
  }
  world.advance(clock.now());
  const auto due = world.next_due();
  return {{"mode", clock.manual ? "manual" : "real"}, {"now", format_time(clock.now())}, {"next", due ? Json(format_time(*due)) : Json()}};
}

Json act(World& world, SandboxClock& clock, const std::string& what, const Json& given) {
  if (what == "faults") {
    world.set_faults(given);
    return world.faults();
  }
  if (what == "clock") return move_clock(world, clock, given);
  if (what == "times") {
    world.set_times(given);
    return world.times();
  }
  if (what == "call") {
    Call call{text_at(given, "service"),
              text_at(given, "operation"),
              text_at(given, "account"),
              text_at(given, "region", "us-east-1"),
              {},
              given.value("params", Json::object())};
    const auto answer = world.call(call, clock.now());
    return {{"error", answer.error}, {"message", answer.message}, {"body", answer.body}};
  }
  throw Error(ErrorKind::not_found, "there is no /_sandbox/" + what,
              "faults, clock, times, call; and with GET: faults, ledger, calls, clock, times, overview, health");
}

std::optional<Json> look(World& world, SandboxClock& clock, const std::string& what) {
  if (what == "faults") return world.faults();
  if (what == "ledger") return world.ledger();
  if (what == "calls") return world.ledger().at("calls");
  if (what == "clock") return move_clock(world, clock, Json::object());
  if (what == "times") return world.times();
  if (what == "overview") return world.overview();
  if (what == "health") return Json{{"status", "ok"}};
  return std::nullopt;
}

}  // namespace

net::Response control(World& world, SandboxClock& clock, net::Request& request) {
  const auto what = request.segments.size() > 1 ? request.segments[1] : "";
  world.advance(clock.now());
  try {
    if (request.method == "GET") {
      if (auto found = look(world, clock, what)) return net::Response::json(200, *found);
      return net::problem(404, "there is no /_sandbox/" + what, "ledger, calls, faults, clock, times, overview or health");
    }
    if (request.method == "DELETE" && what == "faults") return net::Response::json(200, act(world, clock, what, Json::array()));
    if (request.method != "POST") return net::problem(405, "the method is GET or POST");
    return net::Response::json(200, act(world, clock, what, request.body.empty() ? Json::object() : parse_json(request.body)));
  } catch (const Error& error) {
    return net::problem(error.kind() == ErrorKind::not_found ? 404 : 422, error.message(), error.hint());
  }
}

}  // namespace fairlead::sandbox::shell
