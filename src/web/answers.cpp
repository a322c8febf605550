// SPDX-License-Identifier: Apache-2.0
#include "web/answers.hpp"

#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"

namespace fairlead::web {

Json time_text(const std::optional<Time>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

std::string run_url(const std::string& public_url, const RunId& id) { return public_url + "/runs/" + id.str(); }

Json run_row_json(const store::RunRow& row, const std::string& public_url) {
  Json environments = Json::array();
  for (const auto& name : split(row.environments, ' '))
    if (!name.empty()) environments.push_back(name);
  return {{"id", row.id.str()},
          {"app", row.app},
          {"number", row.number},
          {"state", row.state},
          {"reason", row.reason},
          {"ref", row.ref},
          {"sha", row.sha},
          {"trigger", row.trigger},
          {"actor", row.actor},
          {"environments", std::move(environments)},
          {"created_at", format_time(row.created_at)},
          {"started_at", time_text(row.started_at)},
          {"finished_at", time_text(row.finished_at)},
          {"url", run_url(public_url, row.id)}};
}

Json deployment_json(const store::DeploymentRow& row) {
  Json detail = row.detail.empty() ? Json::object() : parse_json(row.detail);
  return {{"id", row.id},
          {"run", row.run.str()},
          {"app", row.app},
          {"environment", row.environment},
          {"target", row.target},
          {"version", row.version},
          {"state", row.state},
          {"previous", row.previous.empty() ? Json(nullptr) : Json(row.previous)},
          {"actor", row.actor},
          {"started_at", format_time(row.started_at)},
          {"finished_at", time_text(row.finished_at)},
          {"detail", std::move(detail)}};
}

Json deployment_row_json(const store::DeploymentRow& row) {
  Json json = deployment_json(row);
  if (!member(json["detail"], "recorded").is_array()) return json;
  for (Json& one : json["detail"]["recorded"]) one.erase("definition");
  return json;
}

namespace {

/// An event that cannot be shown must not hide those after it.
Json payload_json(const std::string& payload) {
  try {
    return parse_json(payload, 256);
  } catch (const Error&) {
    return {{"unreadable", true}};
  }
}

}  // namespace

Json event_json(const store::Event& event) {
  return {{"seq", event.seq},
          {"stream", event.stream},
          {"version", event.version},
          {"type", event.type},
          {"at", format_time(event.at)},
          {"actor", event.actor},
          {"payload", payload_json(event.payload)}};
}

Json lock_json(const engine::Lock& lock) {
  return {{"id", lock.id},
          {"environment", lock.environment},
          {"app", lock.app.empty() ? Json(nullptr) : Json(lock.app)},
          {"owner", lock.owner},
          {"reason", lock.reason},
          {"since", format_time(lock.since)},
          {"from", time_text(lock.from)},
          {"until", time_text(lock.until)},
          {"automatic", lock.automatic}};
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return 400;
    case ErrorKind::invalid: return 422;
    case ErrorKind::not_found: return 404;
    case ErrorKind::refused: return 403;
    case ErrorKind::conflict: return 409;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::timeout: return 504;
    case ErrorKind::too_large: return 413;
    case ErrorKind::unauthorized: return 401;
    case ErrorKind::canceled: return 503;
    case ErrorKind::io:
    case ErrorKind::internal: return 500;
  }
  return 500;
}

net::Response problem_of(const Error& error) {
  const int status = status_of(error.kind());
  auto response = net::problem(status, status == 500 ? "the server failed; its log has the reason" : error.message(),
                               status == 500 ? "" : error.hint());
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"fairlead\"");
  if (status == 503) response.headers.set("Retry-After", "5");
  return response;
}

}  // namespace fairlead::web
