// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include "fairlead/base/json.hpp"
#include "fairlead/engine/engine.hpp"
#include "web/handlers.hpp"

namespace fairlead::web {

namespace {

std::vector<ArtifactFile> artifacts_of(const Call& call, const engine::RunState& run, const std::string& job) {
  if (!call.services.parts.artifacts) throw Error(ErrorKind::unavailable, "this server keeps no artifacts");
  const auto* state = run.job(job);
  return call.services.parts.artifacts(state == nullptr || state->taken_from.empty() ? run.id : state->taken_from, job);
}

}  // namespace

Awaitable<net::Response> list_artifacts(Call& call) {
  const auto run = co_await call.run();
  Json list = Json::array();
  for (const auto& stage : run.stages) {
    for (const auto& job : stage.jobs) {
      if (job.artifacts.empty()) continue;
      for (const auto& file : artifacts_of(call, run, job.id)) {
        list.push_back({{"job", job.id}, {"name", file.name}, {"size", file.size}, {"sha256", file.sha256}});
      }
    }
  }
  co_return net::Response::json(200, list);
}

Awaitable<net::Response> get_artifact(Call& call) {
  const auto run = co_await call.run();
  const auto& job = call.parameter("job");
  const auto& name = call.parameter("name");
  for (const auto& artifact : artifacts_of(call, run, job)) {
    if (artifact.name != name) continue;
    Fd file(::open(artifact.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info{};
    if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) break;
    net::Response response;
    response.headers.add("Content-Type", "application/zstd");
    response.headers.add("Content-Disposition", "attachment; filename=\"artifact.tar.zst\"");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.body = std::make_shared<net::FileRange>(net::FileRange{std::move(file), 0, static_cast<std::uint64_t>(info.st_size)});
    co_return response;
  }
  throw Error(ErrorKind::not_found, "job \"" + job + "\" of this run has kept no artifact \"" + name + "\"",
              "GET /api/v1/runs/<run>/artifacts lists them; they are removed after the retention time");
}

}  // namespace fairlead::web
