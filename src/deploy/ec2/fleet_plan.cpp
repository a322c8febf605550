// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet_plan.hpp"

#include <algorithm>
#include <set>

#include "deploy/ec2/appspec.hpp"
#include "deploy/ec2/common.hpp"
#include "deploy/ec2/record.hpp"
#include "deploy/ec2/refresh_plan.hpp"
#include "deploy/ec2/shared.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr Duration switch_guess = std::chrono::seconds(10);

/// Whoever cannot be reached is told at the deploy: nobody is spoken to here.
class NoTransport : public Transport {
 public:
  Awaitable<std::string> ask(const Host& host, std::string, Deadline) override {
    throw Error(ErrorKind::unavailable, host.id + ": hosts are not spoken to by a plan");
  }
  Awaitable<void> upload(const Host& host, const std::string&, const Upload&, Deadline) override {
    throw Error(ErrorKind::unavailable, host.id + ": hosts are not spoken to by a plan");
  }
  int parallel() const override { return 1; }
};

std::string estimate(const Inputs& in, const std::vector<Host>& hosts, const Balancer::Times& times) {
  const auto serving = static_cast<int>(std::ranges::count_if(hosts, &Host::serving));
  const auto rounds = static_cast<std::int64_t>(batches(in.settings.pace, static_cast<int>(hosts.size()), serving).size());
  const auto drain = in.drain.value_or(times.drain);
  const auto least = (switch_guess + times.health + in.settings.stability) * rounds;
  const auto most = least + drain * rounds;
  if (most == least) return "about " + format_duration(least) + ", and what the scripts take";
  return format_duration(least) + " to " + format_duration(most) + " (draining " + format_duration(drain) + " at most, health " +
         format_duration(times.health) + " a batch), and what the scripts take";
}

void take_problem(engine::ActionPlan& plan, const Error& error) {
  if (error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout) throw error;
  plan.problems.push_back({true, error.message(), error.hint()});
}

Awaitable<void> look_at_hosts(engine::ActionPlan& plan, const Inputs& in, const Parts& parts, const std::optional<aws::Scope>& scope,
                              const std::string& environment) {
  need_aws(in, scope, environment);
  need_hosts_allowed(in, parts, environment);
  NoTransport nobody;
  const auto balancer = co_await make_balancer(in, parts, scope, nobody);
  auto hosts = co_await find_hosts(in, parts, scope);
  if (hosts.empty()) throw Error(ErrorKind::invalid, "no host matches the targets: " + describe_targets(in), nobody_hint);
  if (balancer) {
    const auto traffic = co_await balancer->look(hosts);
    for (auto& host : hosts) {
      const auto found = traffic.find(host.id);
      if (found == traffic.end() && host.reachable) {
        host.reachable = false;
        host.unreachable_why = balancer->describe() + " does not know it: register it there first";
      }
      host.serving = found != traffic.end() && found->second.kind == Traffic::Kind::serving;
    }
  }
  hosts = in_order(std::move(hosts), "", in.settings.pace.zonal);
  plan.lines = plan_lines(in, hosts, "the files of the commit", balancer.get());
  auto times = Balancer::Times{};
  if (balancer) times = co_await balancer->times();
  plan.lines.push_back(estimate(in, hosts, times));
  if (static_cast<int>(hosts.size()) > in.max_hosts)
    plan.problems.push_back({true, std::to_string(hosts.size()) + " hosts match, more than max-hosts: " + std::to_string(in.max_hosts),
                             "narrow the targets, or raise max-hosts if they are meant"});
  if (scope) co_await look_at_alarms(plan, parts, *scope, in.alarms);
  if (const auto why = impossible(in.settings.pace, hosts); !why.empty()) plan.problems.push_back({true, why, ""});
  const auto lost = static_cast<int>(std::ranges::count_if(hosts, [](const Host& host) { return !host.reachable; }));
  const auto total = static_cast<int>(hosts.size());
  const bool too_many = lost == total || lost > borne(in.settings.pace, total);
  for (const auto& host : hosts)
    if (!host.reachable) plan.problems.push_back({too_many, host.id + ": " + host.unreachable_why, "it counts as a failed host"});
}

/// "hooks of appspec.yml: BeforeInstall scripts/stop.sh; …"
std::string hooks_text(const std::string& name, const Appspec& spec) {
  std::vector<std::string> texts;
  for (const auto& event : hook_events()) {
    const auto found = spec.hooks.find(event);
    if (found == spec.hooks.end()) continue;
    std::vector<std::string> scripts;
    for (const auto& hook : found->second) scripts.push_back(hook.location);
    texts.push_back(event + " " + join(scripts, ", "));
  }
  return texts.empty() ? name + " has no hooks" : "hooks of " + name + ": " + join(texts, "; ");
}

/// Whether the commit surely lacks it: what is no plain file, or too large to be read here, is there.
Awaitable<bool> is_missing(engine::PlanContext& context, std::string path) {
  try {
    co_return !co_await context.file(std::move(path));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout) throw;
    co_return false;
  }
}

Awaitable<void> look_for_files(engine::ActionPlan& plan, engine::PlanContext& context, Appspec spec, std::string name) {
  for (const auto& rule : spec.files) {
    const auto source = std::filesystem::path(rule.source).relative_path().lexically_normal().string();
    if (!source.empty() && source != "." && co_await is_missing(context, source))
      plan.problems.push_back({true, name + ": files: there is no " + rule.source + " in the commit", ""});
  }
  std::set<std::string> asked;
  for (const auto& [event, hooks] : spec.hooks)
    for (const auto& hook : hooks)
      if (asked.insert(hook.location).second && co_await is_missing(context, hook.location))
        plan.problems.push_back({true, name + ": hooks." + event + ": there is no " + hook.location + " in the commit", ""});
}

/// The appspec of the commit, and which of its files are not there. What an earlier job may still write is not missed.
Awaitable<void> look_at_appspec(engine::ActionPlan& plan, engine::PlanContext& context, const Inputs& in, const Parts& parts) {
  if (in.refresh || !in.destination.empty() || !in.archive.empty()) co_return;
  auto name = in.appspec;
  std::optional<std::string> text;
  try {
    text = co_await context.file(name);
    if (!text && name == "appspec.yml") text = co_await context.file(name = "appspec.yaml");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout) throw;
    plan.lines.push_back(name + " is read by the deploy only: " + error.message());
    co_return;
  }
  if (!text) {
    if (!context.early() && in.starts_nothing()) throw no_way(in, "the commit");
    co_return;
  }
  try {
    if (!in.starts_nothing()) throw two_ways(name, "the commit");
    auto spec = appspec_from(parts.parse(*text, name, Json::object()), nullptr);
    plan.lines.push_back(hooks_text(name, spec));
    if (!context.early()) co_await look_for_files(plan, context, std::move(spec), name);
  } catch (const Error& error) {
    if (!context.early()) throw;
    plan.lines.push_back("as it is in the commit it could not be deployed; an earlier job may write another: " + error.message());
  }
}

}  // namespace

Awaitable<engine::ActionPlan> plan_fleet(engine::PlanContext& context, const Parts& parts) {
  engine::ActionPlan plan;
  const auto with = dump(context.with());
  // Which hosts there are is the business of their group: the approval binds to what is asked for.
  plan.digest = sha256_hex(with);
  if (with.contains("\"$expr\"")) {
    plan.lines.push_back("what it does is known when the jobs before it have run");
    co_return plan;
  }
  std::optional<Inputs> given;
  try {
    given = inputs_from(context.with());
    auto& in = *given;
    if (is_release(context.recorded())) in.alarms.clear();  // as the step does
    if (in.refresh) {
      const auto scope = parts.scope ? parts.scope(context.environment()) : std::nullopt;
      if (!scope)
        throw Error(ErrorKind::invalid, "strategy: instance-refresh needs an `aws:` block of the environment", "add it to fairlead.yml");
      co_await plan_refresh(plan, in, parts, *scope, context.recorded());
      co_return plan;
    }
    co_await look_at_hosts(plan, in, parts, parts.scope ? parts.scope(context.environment()) : std::nullopt, context.environment());
  } catch (const Error& error) {
    take_problem(plan, error);
  }
  if (!given || is_release(context.recorded())) co_return plan;
  try {
    co_await look_at_appspec(plan, context, *given, parts);
  } catch (const Error& error) {
    take_problem(plan, error);
  }
  co_return plan;
}

}  // namespace fairlead::deploy::ec2
