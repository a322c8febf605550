// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"
#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::elb {

namespace {

constexpr int ok = 200, bad_gateway = 502;
constexpr auto patience = std::chrono::seconds(30);

Duration seconds(const Json& view, const char* key) { return std::chrono::seconds(number_of(view, key)); }

/// "200", "200,302", "200-399".
bool matches(const std::string& matcher, int status) {
  for (const auto& part : split(matcher.empty() ? "200" : matcher, ',')) {
    const auto ends = split(part, '-');
    const auto low = parse_int(ends.front()).value_or(0), high = parse_int(ends.back()).value_or(0);
    if (status >= low && status <= high) return true;
  }
  return false;
}

void set_state(Context& c, Target& target, const std::string& state, const std::string& reason, const std::string& description) {
  const bool changed = target.state != state;
  target.state = state;
  target.reason = reason;
  target.description = description;
  if (!changed) return;
  fleet::instance_changed(c, target.instance);
  const auto task = c.region.tasks.find(target.task);
  if (task == c.region.tasks.end()) return;
  const auto service = c.region.services.find(task->second.service);
  if (service != c.region.services.end()) ecs::wake(c, service->second);
}

Target* target_of(Context& c, const std::string& group, const std::string& key, std::uint64_t turn) {
  const auto found = c.region.groups.find(group);
  if (found == c.region.groups.end()) return nullptr;
  const auto target = found->second.targets.find(key);
  return target == found->second.targets.end() || target->second.turn != turn ? nullptr : &target->second;
}

void count(Context& c, const TargetGroup& group, Target& target, int status, const std::string& why) {
  if (target.state == "draining") return;
  const bool tcp = text_at(group.view, "HealthCheckProtocol") == "TCP";
  const bool good = status > 0 && (tcp || matches(text_at(member(group.view, "Matcher"), "HttpCode"), status));
  target.good = good ? target.good + 1 : 0;
  target.bad = good ? 0 : target.bad + 1;
  if (target.state == "initial") set_state(c, target, "initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
  if (good && target.state != "healthy" && target.good >= number_of(group.view, "HealthyThresholdCount", 5))
    set_state(c, target, "healthy", "", "");
  if (good || target.bad < number_of(group.view, "UnhealthyThresholdCount", 2)) return;
  if (status > 0)
    set_state(c, target, "unhealthy", "Target.ResponseCodeMismatch",
              "Health checks failed with these codes: [" + std::to_string(status) + "]");
  else if (why == "timeout")
    set_state(c, target, "unhealthy", "Target.Timeout", "Request timed out");
  else
    set_state(c, target, "unhealthy", "Target.FailedHealthChecks", "Health checks failed");
}

const Task* task_of(Context& c, const Target& target) {
  const auto found = c.region.tasks.find(target.task);
  return found == c.region.tasks.end() ? nullptr : &found->second;
}

/// What a target that only behaves answers; nothing when it has to be asked.
std::optional<int> simulated(Context& c, const Target& target) {
  const Task* task = task_of(c, target);
  const Instance* instance = fleet::find_instance(c, target.instance);
  const bool fails =
      (task != nullptr && task->faults.contains("failing-health")) || (instance != nullptr && instance->faults.contains("failing-health"));
  if (fails) return bad_gateway;
  if (task != nullptr && task->kind == "sim") return ok;
  if (instance != nullptr && instance->simulated()) return instance->runs() ? ok : 0;
  return std::nullopt;
}

/// When what should answer began to start.
std::optional<Time> began(Context& c, const Target& target) {
  const Task* task = task_of(c, target);
  if (task != nullptr) return task->running_at;
  return target.instance.empty() ? std::nullopt : std::optional(target.registered);
}

}  // namespace

Duration drain_delay(const TargetGroup& group) {
  return std::chrono::seconds(parse_int(text_at(group.attributes, "deregistration_delay.timeout_seconds", "300")).value_or(300));
}

std::string target_key(const std::string& id, int port) { return id + ":" + std::to_string(port); }

std::vector<std::string> groups_of(const Json& actions) {
  std::vector<std::string> groups;
  for (const auto& action : actions) {
    if (const auto plain = text_at(action, "TargetGroupArn"); !plain.empty()) groups.push_back(plain);
    for (const auto& one : member(member(action, "ForwardConfig"), "TargetGroups")) groups.push_back(text_at(one, "TargetGroupArn"));
  }
  return groups;
}

bool in_use(Context& c, const std::string& group) {
  auto& known = c.region.things["group-in-use"];
  if (known.empty()) {
    known[""] = nullptr;
    for (const auto& [_, one] : c.region.listeners)
      for (const auto& name : groups_of(member(one, "DefaultActions"))) known[name].push_back(member(one, "LoadBalancerArn"));
    for (const auto& [_, one] : c.region.rules) {
      const auto listener = c.region.listeners.find(text_at(one, "ListenerArn"));
      if (listener == c.region.listeners.end()) continue;
      for (const auto& name : groups_of(member(one, "Actions"))) known[name].push_back(member(listener->second, "LoadBalancerArn"));
    }
  }
  return known.contains(group);
}

void listeners_changed(Context& c) { c.region.things.erase("group-in-use"); }

void add_target(Context& c, const std::string& arn, Target target) {
  TargetGroup& group = c.region.groups.at(arn);
  const auto key = target_key(target.id, target.port);
  const auto known = group.targets.find(key);
  if (known != group.targets.end() && known->second.state != "draining") return;
  target.turn = c.world.next();
  target.registered = c.now();
  if (target.zone.empty()) target.zone = c.region.name + "a";
  group.targets[key] = target;
  c.in(seconds(group.view, "HealthCheckIntervalSeconds"), Timer::Kind::probe, arn, key, target.turn);
}

void drain_target(Context& c, const std::string& arn, const std::string& key) {
  TargetGroup& group = c.region.groups.at(arn);
  const auto found = group.targets.find(key);
  if (found == group.targets.end() || found->second.state == "draining") return;
  if (!in_use(c, arn)) {
    group.targets.erase(found);
    return;
  }
  set_state(c, found->second, "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
  c.in(drain_delay(group), Timer::Kind::drained, arn, key, found->second.turn);
}

void join(Context& c, Task& task) {
  const auto service = c.region.services.find(task.service);
  if (service == c.region.services.end()) return;
  const auto deployment = std::ranges::find(service->second.deployments, task.deployment, &Deployment::id);
  if (deployment == service->second.deployments.end()) return;
  const Json balancers = c.region.revisions.at(deployment->revision).value("loadBalancers", Json::array());
  for (const auto& one : balancers) {
    const auto arn = text_at(one, "targetGroupArn");
    if (!c.region.groups.contains(arn)) continue;
    Target target;
    target.port = static_cast<int>(number_of(one, "containerPort"));
    target.id = task.address.empty() ? "i-" + task.id.substr(0, 17) : task.address;
    target.zone = text_at(task.view, "availabilityZone");
    target.task = task.arn;
    target.host = "127.0.0.1";
    for (const auto& container : task.containers)
      if (const auto port = container.ports.find(target.port);
          container.name == text_at(one, "containerName") && port != container.ports.end())
        target.local = port->second;
    task.targets.emplace_back(arn, target_key(target.id, target.port));
    add_target(c, arn, target);
    ecs::say(c, service->second, "(service " + service->second.name + ") registered 1 targets in (target-group " + arn + ")");
  }
}

std::optional<Duration> begin_drain(Context& c, Task& task) {
  std::optional<Duration> longest;
  for (const auto& [arn, key] : task.targets) {
    const auto group = c.region.groups.find(arn);
    if (group == c.region.groups.end() || !group->second.targets.contains(key)) continue;
    drain_target(c, arn, key);
    longest = std::max(longest.value_or(Duration{}), drain_delay(group->second));
    const auto service = c.region.services.find(task.service);
    if (service != c.region.services.end())
      ecs::say(c, service->second, "(service " + service->second.name + ") deregistered 1 targets in (target-group " + arn + ")");
  }
  return longest;
}

void leave_all(Context& c, Task& task) {
  for (const auto& [arn, key] : task.targets) {
    const auto group = c.region.groups.find(arn);
    if (group == c.region.groups.end()) continue;
    const auto target = group->second.targets.find(key);
    if (target == group->second.targets.end()) continue;
    if (target->second.state != "draining") drain_target(c, arn, key);
  }
}

void on_target_drained(Context& c, const std::string& group, const std::string& key, std::uint64_t turn) {
  const Target* target = target_of(c, group, key, turn);
  if (target != nullptr && target->state == "draining") c.region.groups.at(group).targets.erase(key);
}

void on_probe_due(Context& c, const std::string& arn, const std::string& key, std::uint64_t turn) {
  Target* target = target_of(c, arn, key, turn);
  if (target == nullptr || target->state == "draining") return;
  const TargetGroup& group = c.region.groups.at(arn);
  c.in(seconds(group.view, "HealthCheckIntervalSeconds"), Timer::Kind::probe, arn, key, turn);
  if (!in_use(c, arn)) {
    target->good = target->bad = 0;
    return set_state(c, *target, "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer");
  }
  if (target->state == "unused") set_state(c, *target, "initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
  if (const auto status = simulated(c, *target)) return count(c, group, *target, *status, {});
  Probe probe;
  probe.key = c.place() + "|" + arn + "|" + key + "|" + std::to_string(turn);
  probe.protocol = text_at(group.view, "HealthCheckProtocol", "HTTP");
  probe.host = target->host.empty() ? target->id : target->host;
  const auto port = text_at(group.view, "HealthCheckPort", "traffic-port");
  probe.port = target->local > 0        ? target->local
               : port == "traffic-port" ? target->port
                                        : static_cast<int>(parse_int(port).value_or(target->port));
  probe.path = text_at(group.view, "HealthCheckPath", "/");
  probe.timeout = seconds(group.view, "HealthCheckTimeoutSeconds");
  c.world.commands.emplace_back(std::move(probe));
}

void probe_ended(Context& c, const ProbeEnded& fact) {
  const auto parts = split(fact.key, '|');
  if (parts.size() != 4) return;
  Target* target = target_of(c, parts[1], parts[2], static_cast<std::uint64_t>(parse_int(parts[3]).value_or(0)));
  if (target == nullptr) return;
  // A process does not start faster because the world does: while it comes up, silence is no verdict.
  const auto since = began(c, *target);
  const bool coming_up = since && c.world.times.speed > 1 && target->good == 0 && c.now() < *since + patience;
  if (fact.status == 0 && coming_up && target->state == "initial") return;
  count(c, c.region.groups.at(parts[1]), *target, fact.status, fact.reason);
}

}  // namespace fairlead::sandbox::elb
