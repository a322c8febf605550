// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/janitor.hpp"

#include "deploy/ecs/definitions.hpp"
#include "deploy/ecs/observation.hpp"
#include "deploy/notes.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::deploy::ecs {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 20s;
constexpr auto patience = 1h;

/// Whether there is nothing left to look at; says in the log what came of it.
bool is_over(const Json& raw, const Draining& it) {
  if (raw.is_null()) return true;
  const Service service = service_from(raw);
  const Deployment* ours = service.find(it.deployment);
  if (ours == nullptr || ours->status != "PRIMARY") return true;  // replaced by a later deploy
  if (ours->rollout == "FAILED") {
    log::warn("deploy.failed-later", {{"service", it.service}, {"deployment", it.deployment}, {"why", ours->rollout_reason}});
    return true;
  }
  if (ours->rollout != "COMPLETED" && !(ours->rollout.empty() && service.deployments.size() == 1)) return false;
  log::info("deploy.drained", {{"service", it.service}, {"deployment", it.deployment}});
  return true;
}

/// The services of a cluster are looked at together, those of another one at another time.
Deadline next_look(const std::string& cluster) {
  const auto apart = std::chrono::milliseconds(std::hash<std::string>{}(cluster) % 20'000);
  return next_beat(interval) + apart;
}

Awaitable<void> look_on(const Parts& parts, Poller& poller, Draining it) {
  std::string why;
  try {
    const aws::Scope scope = scope_of(it.environment, parts);
    while (true) {
      const Json raw = co_await poller.service(scope, it.cluster, it.service);
      if (is_over(raw, it)) break;
      if (now() >= it.until) {
        log::warn("deploy.still-draining", {{"service", it.service}, {"deployment", it.deployment}});
        break;
      }
      co_await sleep_until(next_look(it.cluster));
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    why = error.message();
  }
  if (!why.empty()) log::warn("deploy.draining-unseen", {{"service", it.service}, {"why", why}});
  if (parts.note) co_await parts.note(it.deployment, {});
}

Awaitable<void> begin(const Parts& parts, Poller& poller, Draining it) {
  if (parts.note) co_await parts.note(it.deployment, dump(to_json(it)));
  co_await sleep_until(next_look(it.cluster));
  co_await look_on(parts, poller, it);
}

void start(const Parts& parts, const std::string& service, Awaitable<void> work) {
  auto failed = [service](std::exception_ptr error) {
    log::warn("deploy.draining-unseen", {{"service", service}, {"why", describe(error)}});
  };
  spawn(parts.executor, "draining of " + service, std::move(work), std::move(failed));
}

Awaitable<void> resume(const Parts& parts, Poller& poller) {
  const auto notes = co_await parts.notes();
  for (const auto& [deployment, note] : notes) {
    if (deployment.starts_with(notes_of_targets)) continue;
    const Draining it = draining_from(parse_json(note));
    start(parts, it.service, look_on(parts, poller, it));
  }
}

}  // namespace

Json to_json(const Draining& it) {
  return {{"environment", it.environment},
          {"cluster", it.cluster},
          {"service", it.service},
          {"deployment", it.deployment},
          {"until", to_micros(it.until)}};
}

Draining draining_from(const Json& json) {
  return {text_at(json, "environment"), text_at(json, "cluster"), text_at(json, "service"), text_at(json, "deployment"),
          from_micros(number_at(json, "until"))};
}

void watch_draining(const Parts& parts, Poller& poller, std::string environment, std::string cluster, std::string service,
                    std::string deployment) {
  Draining it{std::move(environment), std::move(cluster), std::move(service), std::move(deployment), now() + patience};
  start(parts, it.service, begin(parts, poller, it));
}

void resume_draining(const Parts& parts, Poller& poller) {
  if (parts.notes) start(parts, "all services", resume(parts, poller));
}

}  // namespace fairlead::deploy::ecs
