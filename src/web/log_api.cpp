// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "web/handlers.hpp"
#include "web/log_follow.hpp"
#include "web/log_range.hpp"

namespace fairlead::web {

namespace {

/// A job is named by its key, or by its folder name where the key holds a slash.
const pipeline::PlanJob& planned_job(const engine::RunState& run, const std::string& name) {
  if (run.plan)
    for (const auto& stage : run.plan->stages)
      for (const auto& job : stage.jobs)
        if (job.key == name || job.folder == name) return job;
  throw Error(ErrorKind::not_found, run.app + "#" + std::to_string(run.number) + " has no job \"" + ellipsize(name, 100) + "\"");
}

int small_number(const std::string& text, std::string_view what) {
  const auto value = parse_int(text);
  if (!value || *value < 0 || *value > 100000)
    throw Error(ErrorKind::not_found, "there is no " + std::string(what) + " \"" + ellipsize(text, 40) + "\"");
  return static_cast<int>(*value);
}

LogPlace place_of(const Call& call, const engine::RunState& run) {
  const auto& job = planned_job(run, call.parameter("job"));
  const auto* state = run.job(job.key);
  LogPlace place{.run = run.id,
                 .job = job.key,
                 .attempt = state ? state->attempt : 0,
                 .step = small_number(call.parameter("step"), "step"),
                 .file = {}};
  if (static_cast<std::size_t>(place.step) >= job.steps.size())
    throw Error(ErrorKind::not_found, "job \"" + job.key + "\" has no step " + std::to_string(place.step));
  if (const auto attempt = call.query("attempt"); !attempt.empty()) place.attempt = small_number(attempt, "attempt");
  if (!call.services.parts.step_folder) throw Error(ErrorKind::unavailable, "this server keeps no logs");
  place.file = call.services.parts.step_folder(run.id, job.folder, std::max(place.attempt, 1), place.step) / "log";
  return place;
}

net::Response file_response(Fd file, std::string_view range_header) {
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return net::Response::text(200, "");
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const auto range = read_range(range_header, size);
  net::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.headers.add("Accept-Ranges", "bytes");
  if (range.kind == ByteRange::Kind::unsatisfiable) {
    response.status = 416;
    response.headers.add("Content-Range", "bytes */" + std::to_string(size));
    return response;
  }
  if (range.kind == ByteRange::Kind::part) {
    response.status = 206;
    response.headers.add("Content-Range", "bytes " + std::to_string(range.offset) + "-" + std::to_string(range.offset + range.length - 1) +
                                              "/" + std::to_string(size));
  }
  response.body = std::make_shared<net::FileRange>(net::FileRange{std::move(file), range.offset, range.length});
  return response;
}

std::uint64_t resume_offset(const net::Request& request) {
  const auto text =
      request.headers.has("Last-Event-ID") ? std::string(request.headers.get("Last-Event-ID")) : request.query.text("offset", "0");
  const auto value = parse_int(text);
  if (!value || *value < 0) throw Error(ErrorKind::usage, "the offset must be a number of bytes, not '" + ellipsize(text, 40) + "'");
  return static_cast<std::uint64_t>(*value);
}

/// The log of a run that could not be planned is its errors.
std::string error_log(const engine::RunState& run) {
  std::string text;
  for (const auto& error : run.errors) text += error + "\n";
  return text;
}

}  // namespace

Awaitable<net::Response> list_logs(Call& call) {
  const auto run = co_await call.run();
  Json list = Json::array();
  if (run.plan)
    for (const auto& stage : run.plan->stages)
      for (const auto& job : stage.jobs) {
        const auto* state = run.job(job.key);
        for (const auto& step : job.steps) {
          const LogPlace place{
              .run = run.id, .job = job.key, .attempt = state ? state->attempt : 0, .step = static_cast<int>(step.index), .file = {}};
          const auto reached = step_progress(run, place).state;
          list.push_back({{"stage", stage.name},
                          {"job", job.key},
                          {"step", step.index},
                          {"name", step.name},
                          {"attempt", place.attempt},
                          {"state", reached ? Json(to_string(*reached)) : Json(nullptr)},
                          {"path", "/api/v1/runs/" + run.id.str() + "/logs/" + url_encode(job.folder) + "/" + std::to_string(step.index)}});
        }
      }
  co_return net::Response::json(200, Json{{"id", run.id.str()}, {"errors", run.errors}, {"steps", std::move(list)}});
}

Awaitable<net::Response> get_log(Call& call) {
  const auto run = co_await call.run();
  if (!run.plan && !run.errors.empty()) co_return net::Response::text(200, error_log(run));
  const auto place = place_of(call, run);
  const auto follow = call.query("follow");
  if (follow != "1" && follow != "true") {
    auto file = co_await open_log(&call.services, place);
    co_return file_response(std::move(file), call.request.headers.get("Range"));
  }
  co_return net::Response::events([services = &call.services, place, offset = resume_offset(call.request)](net::BodyWriter& out) {
    return follow_log(services, place, offset, out);
  });
}

}  // namespace fairlead::web
