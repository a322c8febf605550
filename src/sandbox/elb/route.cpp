// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/elb/elb.hpp"
#include "sandbox/fleet/fleet.hpp"

namespace fairlead::sandbox::elb {

namespace {

struct Asked {
  std::string host, path;
  const std::map<std::string, std::string>& headers;
};

std::vector<std::string> values_of(const Json& condition, const char* config) {
  auto values = texts_of(member(condition, config), "Values");
  const auto plain = texts_of(condition, "Values");
  values.insert(values.end(), plain.begin(), plain.end());
  return values;
}

bool any(const std::vector<std::string>& patterns, const std::string& text) {
  return std::ranges::any_of(patterns, [&](const std::string& one) { return glob_match(replace_all(one, "*", "**"), text); });
}

bool holds(const Json& condition, const Asked& asked) {
  const auto field = text_at(condition, "Field");
  if (field == "path-pattern") return any(values_of(condition, "PathPatternConfig"), asked.path);
  if (field == "host-header") return any(values_of(condition, "HostHeaderConfig"), to_lower(asked.host));
  if (field == "http-header") {
    const auto found = asked.headers.find(to_lower(text_at(member(condition, "HttpHeaderConfig"), "HttpHeaderName")));
    return found != asked.headers.end() && any(values_of(condition, "HttpHeaderConfig"), found->second);
  }
  return false;
}

/// One group by weight, of `ForwardConfig` or the plain member.
std::string pick_group(Context& c, const Json& action) {
  const Json& groups = member(member(action, "ForwardConfig"), "TargetGroups");
  if (!groups.is_array() || groups.empty()) return text_at(action, "TargetGroupArn");
  std::int64_t total = 0;
  for (const auto& one : groups) total += number_of(one, "Weight", 1);
  if (total <= 0) return {};
  auto at = static_cast<std::int64_t>(c.world.random() % static_cast<std::uint64_t>(total));
  for (const auto& one : groups) {
    at -= number_of(one, "Weight", 1);
    if (at < 0) return text_at(one, "TargetGroupArn");
  }
  return {};
}

/// Healthy targets take turns; without one, the unhealthy ones do, as AWS fails open.
const Target* pick_target(Context& c, const TargetGroup& group) {
  std::vector<const Target*> healthy, rest;
  for (const auto& [_, target] : group.targets) {
    if (target.state == "healthy") healthy.push_back(&target);
    if (target.state == "unhealthy") rest.push_back(&target);
  }
  const auto& some = healthy.empty() ? rest : healthy;
  return some.empty() ? nullptr : some[c.world.next() % some.size()];
}

Route fixed(const Json& action) {
  const Json& config = member(action, "FixedResponseConfig");
  Route route;
  route.status = static_cast<int>(number_of(config, "StatusCode", 503));
  route.body = text_at(config, "MessageBody");
  route.type = text_at(config, "ContentType", "text/plain");
  return route;
}

Route redirect(const Json& action, const Asked& asked) {
  const Json& config = member(action, "RedirectConfig");
  Route route;
  route.status = text_at(config, "StatusCode") == "HTTP_301" ? 301 : 302;
  const auto filled = [&](std::string text) {
    return replace_all(replace_all(std::move(text), "#{host}", asked.host), "#{path}", asked.path.substr(1));
  };
  route.location = to_lower(text_at(config, "Protocol", "HTTP")) + "://" + filled(text_at(config, "Host", "#{host}")) +
                   filled(text_at(config, "Path", "/#{path}"));
  return route;
}

Route perform(Context& c, const Json& actions, const Asked& asked) {
  for (const auto& action : actions) {
    const auto type = text_at(action, "Type");
    if (type == "fixed-response") return fixed(action);
    if (type == "redirect") return redirect(action, asked);
    if (type != "forward") continue;
    const auto group = c.region.groups.find(pick_group(c, action));
    const Target* target = group == c.region.groups.end() ? nullptr : pick_target(c, group->second);
    if (target == nullptr) return Route{};
    Route route;
    const auto task = c.region.tasks.find(target->task);
    if (task != c.region.tasks.end() && task->second.kind == "sim") {
      route.status = 200, route.body = text_at(task->second.containers.front().definition, "image") + "\n";
      return route;
    }
    if (const Instance* instance = fleet::find_instance(c, target->instance); instance != nullptr && instance->simulated()) {
      route.status = 200, route.body = instance->image + "\n";
      return route;
    }
    route.found = true;
    route.host = target->host.empty() ? target->id : target->host;
    route.port = target->local > 0 ? target->local : target->port;
    return route;
  }
  return Route{};
}

}  // namespace

Route route(Context& c, const std::string& listener, const std::string& host, const std::string& path,
            const std::map<std::string, std::string>& headers) {
  const auto found = c.region.listeners.find(listener);
  if (found == c.region.listeners.end()) return Route{};
  const Asked asked{host.substr(0, host.find(':')), path.empty() ? "/" : path, headers};
  std::vector<const Json*> rules;
  for (const auto& [_, rule] : c.region.rules)
    if (text_at(rule, "ListenerArn") == listener) rules.push_back(&rule);
  std::ranges::sort(rules, {}, [](const Json* rule) { return number_of(*rule, "Priority"); });
  for (const Json* rule : rules)
    if (std::ranges::all_of(member(*rule, "Conditions"), [&](const Json& one) { return holds(one, asked); }))
      return perform(c, member(*rule, "Actions"), asked);
  return perform(c, member(found->second, "DefaultActions"), asked);
}

}  // namespace fairlead::sandbox::elb
