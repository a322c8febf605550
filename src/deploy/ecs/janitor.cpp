// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/janitor.hpp"

#include "deploy/ecs/observation.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::deploy::ecs {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 20s;
constexpr int looks = 180;  // an hour

struct Draining {
  aws::Scope scope;
  std::string cluster, service, deployment;
};

Awaitable<void> watch(Poller& poller, Draining it) {
  for (int look = 0; look < looks; ++look) {
    co_await sleep_for(interval);
    const Json raw = co_await poller.service(it.scope, it.cluster, it.service);
    const Service service = service_from(raw);
    const Deployment* ours = service.find(it.deployment);
    if (ours == nullptr || ours->status != "PRIMARY") co_return;  // replaced by a later deploy
    if (ours->rollout == "COMPLETED" || (ours->rollout.empty() && service.deployments.size() == 1)) {
      log::info("deploy.drained", {{"service", it.service}, {"deployment", it.deployment}});
      co_return;
    }
    if (ours->rollout == "FAILED") {
      log::warn("deploy.failed-later", {{"service", it.service}, {"deployment", it.deployment}, {"why", ours->rollout_reason}});
      co_return;
    }
  }
  log::warn("deploy.still-draining", {{"service", it.service}, {"deployment", it.deployment}});
}

}  // namespace

void watch_draining(const Parts& parts, Poller& poller, aws::Scope scope, std::string cluster, std::string service,
                    std::string deployment) {
  Draining it{std::move(scope), std::move(cluster), std::move(service), std::move(deployment)};
  auto failed = [service_name = it.service](std::exception_ptr error) {
    log::warn("deploy.draining-unseen", {{"service", service_name}, {"why", describe(error)}});
  };
  const std::string name = "draining of " + it.service;
  spawn(parts.executor, name, watch(poller, std::move(it)), std::move(failed));
}

}  // namespace fairlead::deploy::ecs
