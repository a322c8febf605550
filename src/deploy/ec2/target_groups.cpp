// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "deploy/ec2/balancer.hpp"
#include "deploy/ec2/gather.hpp"
#include "deploy/notes.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/aws/elb.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

namespace {

constexpr std::size_t most_targets = 100;  ///< of one call

struct Group {
  std::string arn, name;
  bool by_address = false;
  bool counts = true;  ///< of HTTP: who has left gets no new connection. A network load balancer goes on for a while
  int port = 0;
  Duration drain{std::chrono::seconds(300)};
  Duration health{0};
  std::map<std::string, std::set<int>> ports;  ///< of targets as they were first seen: those of their own must be given back
};

Traffic::Kind kind_of(const std::string& state) {
  using Kind = Traffic::Kind;
  if (state == "healthy") return Kind::serving;
  if (state == "initial") return Kind::starting;
  if (state == "draining" || state == "unhealthy.draining") return Kind::draining;
  if (state == "unused") return Kind::out;
  return Kind::unhealthy;
}

class TargetGroups : public Balancer {
 public:
  /// `notes`: of targets that were taken out and did not come back: key_of → ports.
  TargetGroups(const Parts& parts, aws::Scope scope, std::vector<Group> groups, std::map<std::string, std::string> notes)
      : aws_(*parts.aws),
        note_(parts.note),
        notes_(std::move(notes)),
        scope_(scope),
        groups_(std::move(groups)),
        changes_(parts.executor, most_targets, [&aws = *parts.aws, scope](std::string key, std::vector<std::string> targets) {
          return change_all(aws, scope, std::move(key), std::move(targets));
        }) {}

  std::string describe() const override {
    std::vector<std::string> names;
    for (const auto& group : groups_) names.push_back(group.name);
    return std::string(groups_.size() == 1 ? "target group " : "target groups ") + join(names, ", ");
  }

  std::vector<std::string> resources() const override {
    std::vector<std::string> names;
    for (const auto& group : groups_) names.push_back("elb:" + group.arn);
    return names;
  }

  /// A host serves when it does in every group; it is out when it is in none.
  Awaitable<std::map<std::string, Traffic>> look(std::vector<Host> hosts) override {
    std::map<std::string, Traffic> map;
    for (auto& group : groups_) {
      const auto health = co_await aws::elb::target_health(aws_, scope_, group.arn);
      for (const auto& host : hosts) {
        const auto& id = group.by_address ? host.address : host.id;
        note_ports(group, id, health);
        if (const auto note = notes_.find(key_of(group, id)); note != notes_.end() && !group.ports.contains(id))
          group.ports[id] = parse_json(note->second).get<std::set<int>>();
        if (!group.ports.contains(id)) continue;  // not of this group
        std::optional<Traffic> here;
        for (const auto& one : health) {
          if (one.id != id || !group.ports[id].contains(one.port)) continue;
          const Traffic there{.kind = kind_of(one.state), .reason = one.description.empty() ? one.reason : one.description};
          here = here ? over_groups(*here, there) : there;
        }
        if (!here) here = Traffic{};
        const auto [known, first] = map.try_emplace(host.id, *here);
        if (!first) known->second = over_groups(known->second, *here);
      }
    }
    co_return map;
  }

  Awaitable<void> take_out(Host host) override { co_await change("elasticloadbalancing:DeregisterTargets", std::move(host)); }
  Awaitable<void> put_in(Host host) override { co_await change("elasticloadbalancing:RegisterTargets", std::move(host)); }

  Awaitable<Times> times() override {
    Times times;
    for (const auto& group : groups_) {
      times.drain = std::max(times.drain, group.drain);
      times.health = std::max(times.health, group.health);
    }
    co_return times;
  }
  std::vector<int> ports(const Host& host) const override {
    std::set<int> all;
    if (std::ranges::any_of(groups_, [](const Group& group) { return !group.counts; })) return {};
    for (const auto& group : groups_)
      if (const auto found = group.ports.find(group.by_address ? host.address : host.id); found != group.ports.end())
        for (const int port : found->second) all.insert(port > 0 ? port : group.port);
    return {all.begin(), all.end()};
  }

  Json memory() const override {
    Json json = Json::object();
    for (const auto& group : groups_) json[group.arn] = group.ports;
    return json;
  }
  void recall(const Json& memory) override {
    for (auto& group : groups_)
      for (const auto& [id, ports] : member(memory, group.arn).items()) {
        if (ports.is_number()) group.ports[id] = {ports.get<int>()};
        if (ports.is_array()) group.ports[id] = ports.get<std::set<int>>();
      }
  }

 private:
  static std::string key_of(const Group& group, const std::string& id) { return notes_of_targets + group.arn + " " + id; }

  /// A target may be registered with several ports. One that somebody takes out is not ours to bring back, unless there is no other.
  static void note_ports(Group& group, const std::string& id, const std::vector<aws::elb::TargetHealth>& health) {
    std::set<int> all, leaving;
    for (const auto& one : health)
      if (one.id == id) (kind_of(one.state) == Traffic::Kind::draining ? leaving : all).insert(one.port);
    if (!all.empty()) group.ports[id].merge(all);
    if (!leaving.empty()) group.ports.try_emplace(id, leaving);
  }

  Awaitable<void> change(std::string operation, Host host) {
    for (const auto& group : groups_) {
      const auto& id = group.by_address ? host.address : host.id;
      const auto found = group.ports.find(id);
      if (found == group.ports.end()) continue;
      const bool leaves = operation == "elasticloadbalancing:DeregisterTargets";
      if (leaves && note_) co_await note_(key_of(group, id), dump(Json(found->second)));
      for (const int port : std::set(found->second)) {
        const auto target = port > 0 ? id + " " + std::to_string(port) : id;
        const auto refused = co_await changes_.join(operation + " " + group.arn, target);
        if (const auto why = refused.find(target); why != refused.end()) throw Error(ErrorKind::refused, why->second);
      }
      if (!leaves && note_) co_await note_(key_of(group, id), std::nullopt);
    }
  }

  /// "id port" → why it was refused.
  using Refused = std::map<std::string, std::string>;

  /// One call for all targets of a group; each alone when AWS refuses the list because of one of them.
  static Awaitable<Refused> change_all(aws::Aws& aws, aws::Scope scope, std::string key, std::vector<std::string> targets) {
    Refused refused;
    const auto words = split(key, ' ');
    Json list = Json::array();
    for (const auto& target : targets) {
      const auto parts = split(target, ' ');
      Json one{{"Id", parts[0]}};
      if (parts.size() > 1) one["Port"] = parse_int(parts[1]).value_or(0);
      list.push_back(std::move(one));
    }
    Json params{{"TargetGroupArn", words[1]}, {"Targets", std::move(list)}};
    std::optional<aws::AwsError> error;
    try {
      co_await patiently([&] { return aws.call(scope, words[0], params); });
    } catch (const aws::AwsError& thrown) {
      error = thrown;
    }
    if (!error) co_return refused;
    if (targets.size() == 1) {
      refused[targets.front()] = error->message();
    } else {
      for (const auto& target : targets) refused.merge(co_await change_all(aws, scope, key, {target}));
    }
    co_return refused;
  }

  aws::Aws& aws_;
  std::function<Awaitable<void>(std::string key, std::optional<std::string> json)> note_;
  std::map<std::string, std::string> notes_;
  aws::Scope scope_;
  std::vector<Group> groups_;
  Gather<Refused> changes_;
};

Awaitable<void> add_attributes(aws::Aws& aws, aws::Scope scope, Group& group) {
  const auto answer = co_await aws.call(scope, "elasticloadbalancing:DescribeTargetGroupAttributes", {{"TargetGroupArn", group.arn}});
  for (const auto& one : member(answer, "Attributes"))
    if (text_at(one, "Key") == "deregistration_delay.timeout_seconds")
      if (const auto seconds = parse_int(text_at(one, "Value"))) group.drain = std::chrono::seconds(*seconds);
}

}  // namespace

Traffic over_groups(const Traffic& a, const Traffic& b) {
  const auto rank = [](const Traffic& one) {
    using Kind = Traffic::Kind;
    switch (one.kind) {
      case Kind::serving: return 0;
      case Kind::out: return 1;
      case Kind::starting: return 2;
      case Kind::unhealthy: return 3;
      case Kind::draining: return 4;
    }
    return 0;
  };
  // Out of one of two is not out: it still gets requests.
  const bool between = std::min(rank(a), rank(b)) == 0 && std::max(rank(a), rank(b)) == 1;
  if (between) return {.kind = Traffic::Kind::draining, .reason = "it is in one target group and not in another"};
  return rank(a) >= rank(b) ? a : b;
}

Awaitable<std::unique_ptr<Balancer>> find_target_groups(const Parts& parts, aws::Scope scope, std::vector<std::string> wanted) {
  auto& aws = *parts.aws;
  Json names = Json::array();
  Json arns = Json::array();
  for (const auto& one : wanted) (one.starts_with("arn:") ? arns : names).push_back(one);
  std::vector<Group> groups;
  for (const auto* list : {&names, &arns}) {
    if (list->empty()) continue;
    Json params{{list == &names ? "Names" : "TargetGroupArns", *list}};
    const auto answer = co_await aws.call(scope, "elasticloadbalancing:DescribeTargetGroups", std::move(params));
    for (const auto& one : member(answer, "TargetGroups")) {
      Group group;
      group.arn = text_at(one, "TargetGroupArn");
      group.name = text_at(one, "TargetGroupName");
      group.by_address = text_at(one, "TargetType") == "ip";
      group.counts = text_at(one, "Protocol", "HTTP").starts_with("HTTP");
      group.port = static_cast<int>(number_at(one, "Port"));
      group.health = std::chrono::seconds(number_at(one, "HealthCheckIntervalSeconds", 30) * number_at(one, "HealthyThresholdCount", 5));
      groups.push_back(std::move(group));
    }
  }
  for (auto& group : groups) co_await add_attributes(aws, scope, group);
  if (groups.size() != wanted.size())
    throw Error(ErrorKind::not_found,
                "load-balancer.target-groups: " + std::to_string(groups.size()) + " of " + std::to_string(wanted.size()) +
                    " target groups exist: " + join(wanted, ", "),
                "check the names and the region");
  std::map<std::string, std::string> notes;
  if (parts.notes) notes = co_await parts.notes();
  co_return std::make_unique<TargetGroups>(parts, std::move(scope), std::move(groups), std::move(notes));
}

}  // namespace fairlead::deploy::ec2
