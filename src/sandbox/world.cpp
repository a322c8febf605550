// SPDX-License-Identifier: Apache-2.0
#include "fairlead/sandbox/world.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/aws/scripts.hpp"
#include "sandbox/ecs/ecs.hpp"
#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/fleet.hpp"
#include "sandbox/rates.hpp"

namespace fairlead::sandbox {

namespace {

const Table& operations() {
  static const Table table = [] {
    Table made;
    add_ecs(made);
    add_elb(made);
    add_logs(made);
    add_ecr(made);
    add_ssm(made);
    add_identity(made);
    add_fleet(made);
    add_events(made);
    add_alarms(made);
    add_objects(made);
    add_scalable_targets(made);
    return made;
  }();
  return table;
}

const Call no_call{};

std::string account_of(const World::State& world, const Call& call) {
  if (!call.account.empty()) return call.account;
  const auto role = world.accounts.find(call.access_key);
  if (role != world.accounts.end()) return split(role->second, ':').at(4);
  const bool number = call.access_key.size() == 12 && std::ranges::all_of(call.access_key, [](char x) { return x >= '0' && x <= '9'; });
  return number ? call.access_key : "123456789012";
}

/// The rule of a kind that strikes this call now.
FaultRule* struck(World::State& world, const std::string& kind, const Call& call) {
  for (auto& rule : world.faults) {
    if (rule.kind != kind) continue;
    std::map<std::string, std::string> facts{{"operation", call.operation}};
    for (const char* key : {"cluster", "service", "family", "startedBy"}) facts[key] = last_part(text_at(call.params, key));
    if (facts["family"].empty()) facts["family"] = split(last_part(text_at(call.params, "taskDefinition")), ':').front();
    bool fits = fault_matches(rule, facts);
    facts["operation"] = call.service + "." + call.operation;
    fits = fits || fault_matches(rule, facts);
    if (!fits || (rule.rate < 1 && world.chance() >= rule.rate)) continue;
    if (rule.count > 0) --rule.count;
    return &rule;
  }
  return nullptr;
}

Answer refused(std::string code, std::string message, int status = 400) {
  Answer answer;
  answer.error = std::move(code);
  answer.message = std::move(message);
  answer.status = status;
  answer.body = Json::object();
  return answer;
}

bool speaks_query(const std::string& service) {
  return service == "elasticloadbalancing" || service == "sts" || service == "ec2" || service == "autoscaling" || service == "monitoring" ||
         service == "iam";
}

Answer throttled(const Call& call) {
  if (call.service == "ec2") return refused("RequestLimitExceeded", "Request limit exceeded.", 503);
  return speaks_query(call.service) ? refused("Throttling", "Rate exceeded") : refused("ThrottlingException", "Rate exceeded");
}

void write_ledger(World::State& world, const Context& c, const Call& call) {
  Json params = call.params;
  params.erase("Body");
  world.ledger.push_back({{"at", format_time(world.now)},
                          {"operation", call.service + "." + call.operation},
                          {"account", c.region.account},
                          {"region", c.region.name},
                          {"key", c.key},
                          {"effect", c.effect},
                          {"repeated", c.effect.empty()},
                          {"params", std::move(params)}});
}

Answer perform(World::State& world, const Operation& operation, const Call& call) {
  Region* region = &world.region(account_of(world, call), call.region.empty() ? "us-east-1" : call.region);
  if (operation.changes) {
    const auto stale = std::ranges::find(world.faults, "stale-reads", &FaultRule::kind);
    if (stale != world.faults.end() && (!world.before_until || world.now >= *world.before_until)) {
      world.before = std::make_shared<std::map<std::string, Region>>(world.regions);
      world.before_until = world.now + world.times.scaled(stale->after.count() > 0 ? stale->after : std::chrono::seconds(5));
    }
  } else if (world.before && world.now < *world.before_until && struck(world, "stale-reads", call) != nullptr) {
    const auto old = world.before->find(key_of(*region));
    if (old != world.before->end()) region = &old->second;
  }
  Context context{world, *region, call, {}, {}};
  Answer answer;
  answer.body = operation.run(context, call.params);
  if (operation.changes) write_ledger(world, context, call);
  return answer;
}

Answer dispatch(World::State& world, const Call& call) {
  auto& counts = world.calls[call.service + "." + call.operation];
  ++counts["calls"];
  const auto found = operations().find(call.service + "." + call.operation);
  if (found == operations().end()) {
    ++counts["errors"];
    if (speaks_query(call.service)) return refused("InvalidAction", "The action " + call.operation + " is not valid for this web service.");
    return refused("UnknownOperationException", "The sandbox does not have " + call.service + "." + call.operation + ".");
  }
  const bool over = world.throttles && !take_token(world, account_of(world, call) + " " + call.region, found->second.bucket);
  if (over || struck(world, "throttle", call) != nullptr) {
    ++counts["throttled"];
    return throttled(call);
  }
  if (const FaultRule* rule = struck(world, "error", call); rule != nullptr) {
    ++counts["errors"];
    return refused(rule->code.empty() ? "ServerException" : rule->code,
                   rule->message.empty() ? "These errors are usually caused by a server-side issue." : rule->message,
                   rule->status > 0     ? rule->status
                   : rule->code.empty() ? 500
                                        : 400);
  }
  try {
    Answer answer = perform(world, found->second, call);
    answer.lost = found->second.changes && struck(world, "reply-lost", call) != nullptr;
    if (answer.lost) ++counts["lost"];
    return answer;
  } catch (const Refusal& refusal) {
    ++counts["errors"];
    Answer answer = refused(refusal.code, refusal.message, refusal.status);
    answer.body = refusal.members;
    return answer;
  } catch (const Json::exception& error) {
    ++counts["errors"];
    return refused("ValidationException", std::string("the sandbox cannot read the parameters: ") + error.what());
  }
}

void fire_task(Context& c, const Timer& timer) {
  const auto found = c.region.tasks.find(timer.subject);
  if (found == c.region.tasks.end()) return;
  Task& task = found->second;
  switch (timer.kind) {
    case Timer::Kind::provisioned: return ecs::on_provisioned(c, task);
    case Timer::Kind::pulled: return ecs::on_pulled(c, task);
    case Timer::Kind::start: return ecs::on_start_due(c, task);
    case Timer::Kind::end_stop: return ecs::on_stop_due(c, task);
    case Timer::Kind::check: return ecs::on_check_due(c, task, timer.detail);
    case Timer::Kind::drained: return ecs::on_drained(c, task);
    case Timer::Kind::crash: return ecs::on_crash(c, task, static_cast<int>(parse_int(timer.detail).value_or(1)));
    case Timer::Kind::kill: return ecs::on_kill(c, task);
    case Timer::Kind::spot:
      if (task.phase == Phase::running) ecs::stop_task(c, task, "SpotInterruption", "Your Spot Task was interrupted.");
      return;
    case Timer::Kind::settle:
      if (const auto service = c.region.services.find(task.service); service != c.region.services.end()) ecs::wake(c, service->second);
      return;
    case Timer::Kind::forget:
      if (const auto service = c.region.services.find(task.service); service != c.region.services.end())
        std::erase(service->second.tasks, task.arn);
      c.region.tasks.erase(found);
      return;
    default: return;
  }
}

void fire(World::State& world, const Timer& timer) {
  Context c{world, world.place(timer.place), no_call, {}, {}};
  switch (timer.kind) {
    case Timer::Kind::look:
    case Timer::Kind::bake: {
      const auto service = c.region.services.find(timer.subject);
      if (service == c.region.services.end()) return;
      // A look that was moved forward leaves its old timer behind.
      const bool current = timer.kind == Timer::Kind::bake || (service->second.look_at && *service->second.look_at <= world.now);
      if (current) ecs::look(c, service->second);
      return;
    }
    case Timer::Kind::instance_booted:
    case Timer::Kind::instance_ready:
    case Timer::Kind::instance_drained:
    case Timer::Kind::instance_ended:
    case Timer::Kind::instance_forgotten:
    case Timer::Kind::group_look: return fleet::on_timer(c, timer);
    case Timer::Kind::probe: return elb::on_probe_due(c, timer.subject, timer.detail, timer.turn);
    case Timer::Kind::drained:
      if (!timer.detail.empty()) return elb::on_target_drained(c, timer.subject, timer.detail, timer.turn);
      [[fallthrough]];
    default: fire_task(c, timer);
  }
}

struct Hear {
  World::State& world;

  template <class F>
  void with_task(const std::string& arn, F heard) const {
    const auto parts = split(arn, ':');
    const auto region = parts.size() > 5 ? world.regions.find(parts[4] + " " + parts[3]) : world.regions.end();
    if (region == world.regions.end()) return;
    Context c{world, region->second, no_call, {}, {}};
    const auto task = region->second.tasks.find(arn);
    if (task != region->second.tasks.end()) heard(c, task->second);
  }
  void operator()(const ContainerStarted& fact) const {
    with_task(fact.task, [&](Context& c, Task& task) { ecs::container_started(c, task, fact); });
  }
  void operator()(const ContainerFailed& fact) const {
    with_task(fact.task, [&](Context& c, Task& task) { ecs::container_failed(c, task, fact); });
  }
  void operator()(const ContainerExited& fact) const {
    with_task(fact.task, [&](Context& c, Task& task) { ecs::container_exited(c, task, fact.container, fact.code); });
  }
  void operator()(const CheckEnded& fact) const {
    with_task(fact.task, [&](Context& c, Task& task) { ecs::check_ended(c, task, fact); });
  }
  void operator()(const ContainerWrote& fact) const {
    with_task(fact.task, [&](Context& c, Task& task) { write_log(c, task, fact.container, fact.line); });
  }
  void operator()(const ProbeEnded& fact) const {
    const auto region = world.regions.find(fact.key.substr(0, fact.key.find('|')));
    if (region == world.regions.end()) return;
    Context c{world, region->second, no_call, {}, {}};
    elb::probe_ended(c, fact);
  }
  void operator()(const ListenerOpened& fact) const {
    const auto bar = fact.listener.find('|');
    const auto region = world.regions.find(fact.listener.substr(0, bar));
    if (region != world.regions.end()) region->second.ports[fact.listener.substr(bar + 1)] = fact.port;
  }
  void operator()(const ScriptEnded& fact) const {
    const auto region = world.regions.find(fact.key.substr(0, fact.key.find('|')));
    if (region == world.regions.end()) return;
    Context c{world, region->second, no_call, {}, {}};
    scripts::ended(c, fact);
  }
};

}  // namespace

World::World(Times times, Time start, std::uint64_t seed) : state_(std::make_unique<State>()) {
  state_->times = times;
  state_->now = start;
  state_->random.seed(seed);
}
World::World(const World& other) : state_(std::make_unique<State>(*other.state_)) {}
World::World(World&&) noexcept = default;
World& World::operator=(World other) noexcept {
  state_.swap(other.state_);
  return *this;
}
World::~World() = default;

void World::advance(Time now) {
  auto& world = *state_;
  while (!world.timers.empty() && world.timers.begin()->first <= now) {
    const auto node = world.timers.extract(world.timers.begin());
    world.now = std::max(world.now, node.key());
    fire(world, node.mapped());
  }
  world.now = std::max(world.now, now);
}

Answer World::call(const Call& call, Time now) {
  advance(now);
  return dispatch(*state_, call);
}

void World::tell(const Fact& fact, Time now) {
  advance(now);
  std::visit(Hear{*state_}, fact);
}

void World::set_network(int network) { state_->network = network; }

std::optional<Time> World::next_due() const { return state_->timers.empty() ? std::nullopt : std::optional(state_->timers.begin()->first); }

std::vector<Command> World::take_commands() { return std::exchange(state_->commands, {}); }

Route World::route(const std::string& listener, const std::string& host, const std::string& path,
                   const std::map<std::string, std::string>& headers, Time now) {
  advance(now);
  const auto bar = listener.find('|');
  const auto region = state_->regions.find(listener.substr(0, bar));
  if (region == state_->regions.end()) return Route{};
  Context c{*state_, region->second, no_call, {}, {}};
  return elb::route(c, listener.substr(bar + 1), host, path, headers);
}

void World::set_faults(const Json& list) { state_->faults = read_faults(list); }

Json World::faults() const {
  Json out = Json::array();
  for (const auto& rule : state_->faults) out.push_back(fault_json(rule));
  return out;
}

Json World::ledger() const { return {{"entries", state_->ledger}, {"calls", state_->calls}}; }

}  // namespace fairlead::sandbox
