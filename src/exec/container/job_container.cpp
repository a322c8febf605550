// SPDX-License-Identifier: Apache-2.0
#include "exec/container/job_container.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

using namespace std::chrono_literals;

constexpr auto quick = 60s;
constexpr auto pull_patience = 900s;
constexpr auto ready_patience = 180s;
constexpr auto ready_step = 300ms;

}  // namespace

JobContainer::JobContainer(ContainerTool tool, ContainerPlan plan, std::function<void(std::string)> say)
    : tool_(std::move(tool)), plan_(std::move(plan)), say_(std::move(say)) {}

Awaitable<void> JobContainer::pull(std::string image) {
  std::vector<std::string> inspect{"image", "inspect", "--format", "{{.Id}}", image};
  const auto known = co_await tool_.run(std::move(inspect), quick);
  if (known.status.ok()) co_return;
  say_("pulling " + image);
  std::vector<std::string> arguments{"pull", "--quiet", image};
  auto what = "pulling the image " + image;
  co_await tool_.must(std::move(what), std::move(arguments), pull_patience);
}

Awaitable<void> JobContainer::start(ContainerMounts mounts) {
  co_await pull(plan_.image);
  co_await remove();  // of a start that was cut short
  auto what = "starting the container of image " + plan_.image;
  auto command = job_command(plan_, mounts);
  co_await tool_.must(std::move(what), std::move(command), quick);
}

Awaitable<void> JobContainer::start_services() {
  for (const auto& service : plan_.services) co_await pull(service.image);
  for (const auto& service : plan_.services) {
    auto what = "starting service " + service.name;
    auto command = service_command(plan_, service);
    auto env = service.secret_env;
    co_await tool_.must(std::move(what), std::move(command), quick, std::move(env));
  }
  for (const auto& service : plan_.services) co_await wait_until_ready(service);
}

Awaitable<void> JobContainer::wait_until_ready(ContainerPlan::Service service) {
  if (service.ready.empty()) co_return;
  const auto name = plan_.name + "-" + service.name;
  const auto deadline = deadline_in(ready_patience);
  while (true) {
    std::vector<std::string> ask{"exec", name, "sh", "-c", service.ready};
    const auto answer = co_await tool_.run(std::move(ask), quick);
    if (answer.status.ok()) break;
    std::vector<std::string> inspect{"inspect", "--format", "{{.State.Running}}", name};
    const auto state = co_await tool_.run(std::move(inspect), quick);
    const bool running = trim(state.out) == "true";
    if (running && std::chrono::steady_clock::now() < deadline) {
      co_await sleep_for(ready_step);  // there is no event for "ready": the service's own command is the only one to know
      continue;
    }
    std::vector<std::string> logs{"logs", "--tail", "20", name};
    const auto said = co_await tool_.run(std::move(logs), quick);
    say_("service " + service.name + " says:\n" + strip_control(said.out + said.err));
    throw Error(ErrorKind::unavailable, "service " + service.name + (running ? " was not ready after 3m" : " has ended"),
                "its last lines are in the log of the first step; ready: " + service.ready);
  }
  say_("service " + service.name + " is ready");
}

namespace {

Awaitable<void> remove_labelled(ContainerTool tool, std::string name) {
  std::vector<std::string> list{"ps", "--all", "--quiet", "--filter", "label=fairlead.job=" + name};
  const auto found = co_await tool.run(std::move(list), quick);
  std::vector<std::string> command{"rm", "--force", "--volumes"};
  // podman would give each of them ten seconds to end (whoever was to be asked has been asked by the supervisor), and would not
  // remove one whose network others use.
  if (tool.program().ends_with("podman")) command.insert(command.end(), {"--time", "0", "--depend"});
  const auto options = command.size();
  for (const auto& id : split_lines(found.out)) {
    if (!trim(id).empty()) command.emplace_back(trim(id));
  }
  if (command.size() == options) co_return;
  const auto removed = co_await tool.run(std::move(command), quick);
  if (!removed.status.ok()) log::warn("container.not-removed", {{"name", name}, {"said", removed.err}});
}

}  // namespace

Awaitable<void> JobContainer::remove() { return remove_labelled(tool_, plan_.name); }

Awaitable<void> remove_containers(ContainerTool tool, engine::JobKey key) { return remove_labelled(std::move(tool), container_name(key)); }

}  // namespace fairlead::exec
