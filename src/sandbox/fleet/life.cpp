// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::fleet {

namespace {

constexpr int hosts = 250;
/// AWS does not wait for user data at all; this world does as long as it may reasonably take.
constexpr auto patience = std::chrono::minutes(10);
constexpr auto longest_user_data = std::chrono::hours(24);

/// Linux has the whole of 127.0.0.0/8 on its loopback, so each instance can listen on the same port.
std::string address_of(const World::State& world, std::uint64_t number) {
  return "127." + std::to_string(world.network) + "." + std::to_string(number / hosts % hosts) + "." + std::to_string(number % hosts + 1);
}

void draw_faults(Context& c, Instance& instance) {
  const std::map<std::string, std::string> facts{{"image", instance.image}, {"group", instance.group}};
  for (auto& rule : c.world.faults) {
    if (!strikes_instances(rule.kind) || instance.faults.contains(rule.kind)) continue;
    if (!fault_matches(rule, facts) || (rule.rate < 1 && c.world.chance() >= rule.rate)) continue;
    instance.faults[rule.kind] = rule;
    if (rule.count > 0) --rule.count;
  }
}

void on_booted(Context& c, Instance& instance) {
  if (instance.state != "pending") return;
  instance.state = "running";
  if (instance.simulated() || !instance.user_data.starts_with("#!")) return ready(c, instance);
  RunScript script;
  script.key = c.place() + "|user-data|" + instance.id;
  script.instance = instance.id;
  script.address = instance.address;
  script.script = instance.user_data;
  script.program = true;
  script.timeout = longest_user_data;
  c.world.commands.emplace_back(std::move(script));
  c.in(patience, Timer::Kind::instance_ready, instance.id);
}

void on_ended(Context& c, Instance& instance) {
  instance.state = "terminated";
  c.world.commands.emplace_back(EndInstance{instance.id, true});
  left(c, instance);
  c.in(c.world.times.keep, Timer::Kind::instance_forgotten, instance.id);
}

}  // namespace

Instance& launch(Context& c, Launch what) {
  what.image = image_of(c, what.image);
  check_launch(c, what);
  Instance made;
  made.id = "i-" + c.world.hex_id(17);
  made.address = address_of(c.world, c.world.instances++);
  made.zone = what.zone.empty() ? c.region.name + "a" : what.zone;
  made.subnet = what.subnet.empty() ? default_subnet(made.zone) : what.subnet;
  made.type = what.type.empty() ? "t3.micro" : what.type;
  made.image = what.image;
  made.user_data = std::move(what.user_data);
  made.launch_template = std::move(what.launch_template);
  made.tags = std::move(what.tags);
  made.group = what.group;
  made.launched = c.now();
  made.serial = c.world.next();
  draw_faults(c, made);
  const auto slow = made.faults.find("slow-start");
  const auto id = made.id;
  c.in(c.world.times.launch + (slow == made.faults.end() ? Duration{} : slow->second.after), Timer::Kind::instance_booted, id);
  return c.region.instances[id] = std::move(made);
}

void user_data_ended(Context& c, const std::string& id) {
  Instance* instance = find_instance(c, id);
  if (instance != nullptr && instance->runs()) ready(c, *instance);
}

void shut_down(Context& c, Instance& instance) {
  if (instance.ended()) return;
  instance.state = "shutting-down";
  c.world.commands.emplace_back(EndInstance{instance.id, false});
  c.in(c.world.times.terminate, Timer::Kind::instance_ended, instance.id);
  instance_changed(c, instance.id);
}

void on_timer(Context& c, const Timer& timer) {
  if (timer.kind == Timer::Kind::group_look) {
    ScalingGroup* group = find_group(c, timer.subject);
    // A look that was moved forward leaves its old timer behind.
    if (group != nullptr && group->look_at && *group->look_at <= c.now()) look(c, *group);
    return;
  }
  Instance* instance = find_instance(c, timer.subject);
  if (instance == nullptr) return;
  switch (timer.kind) {
    case Timer::Kind::instance_booted: return on_booted(c, *instance);
    case Timer::Kind::instance_ready: return user_data_ended(c, timer.subject);
    case Timer::Kind::instance_ended: return on_ended(c, *instance);
    case Timer::Kind::instance_drained: return drained(c, *instance);
    case Timer::Kind::instance_forgotten: c.region.instances.erase(timer.subject); return;
    default: return;
  }
}

Instance* find_instance(Context& c, const std::string& id) {
  const auto found = c.region.instances.find(id);
  return found == c.region.instances.end() ? nullptr : &found->second;
}

Instance* instance_at(Context& c, const std::string& address) {
  const auto found = std::ranges::find_if(c.region.instances, [&](const auto& one) { return one.second.address == address; });
  return found == c.region.instances.end() ? nullptr : &found->second;
}

}  // namespace fairlead::sandbox::fleet
