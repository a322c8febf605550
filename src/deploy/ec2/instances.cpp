// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "deploy/ec2/shared.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

// EC2 instances by tag and by auto-scaling group, and how a group is kept from interfering.
namespace fairlead::deploy::ec2 {

namespace {

/// What would replace, move or add instances in the middle. Launch and Terminate go on: capacity is the group's business.
const std::vector<std::string> disturbing{"ReplaceUnhealthy", "AZRebalance", "ScheduledActions", "AlarmNotification"};

Awaitable<std::vector<Json>> describe(aws::Aws& aws, aws::Scope scope, Json params) {
  std::vector<Json> found;
  const auto answer = co_await aws::all_pages(aws, std::move(scope), "ec2:DescribeInstances", std::move(params), "Reservations");
  for (const auto& reservation : member(answer, "Reservations"))
    for (const auto& one : member(reservation, "Instances")) found.push_back(one);
  co_return found;
}

Host host_of(const Json& instance) {
  Host host;
  host.id = text_at(instance, "InstanceId");
  host.address = text_at(instance, "PrivateIpAddress");
  host.zone = text_at(member(instance, "Placement"), "AvailabilityZone");
  const auto state = text_at(member(instance, "State"), "Name");
  if (state != "running") {
    host.reachable = false;
    host.unreachable_why = "it is " + (state.empty() ? std::string("in an unknown state") : state);
  }
  return host;
}

/// An instance that is being terminated has left the fleet, also while its group still lists it.
bool has_left(const Json& instance) {
  const auto state = text_at(member(instance, "State"), "Name");
  return state == "shutting-down" || state == "terminated";
}

void add(std::vector<Host>& hosts, Host host) {
  if (std::ranges::none_of(hosts, [&host](const Host& one) { return one.id == host.id; })) hosts.push_back(std::move(host));
}

Awaitable<void> add_tagged(const Inputs& in, aws::Aws& aws, aws::Scope scope, std::vector<Host>& hosts) {
  Json filters = Json::array({{{"Name", "instance-state-name"}, {"Values", {"running", "pending"}}}});
  for (const auto& [key, values] : in.tags) filters.push_back({{"Name", "tag:" + key}, {"Values", values}});
  const auto found = co_await describe(aws, scope, {{"Filters", std::move(filters)}});
  for (const auto& one : found) add(hosts, host_of(one));
}

Awaitable<void> add_groups(const Inputs& in, aws::Aws& aws, aws::Scope scope, std::vector<Host>& hosts) {
  Json params{{"AutoScalingGroupNames", in.groups}};
  const auto answer = co_await aws::all_pages(aws, scope, "autoscaling:DescribeAutoScalingGroups", std::move(params), "AutoScalingGroups");
  std::set<std::string> known;
  std::map<std::string, std::string> group_of;
  for (const auto& group : member(answer, "AutoScalingGroups")) {
    known.insert(text_at(group, "AutoScalingGroupName"));
    for (const auto& one : member(group, "Instances"))
      if (text_at(one, "LifecycleState") == "InService") group_of[text_at(one, "InstanceId")] = text_at(group, "AutoScalingGroupName");
  }
  for (const auto& name : in.groups)
    if (!known.contains(name))
      throw Error(ErrorKind::not_found, "there is no auto-scaling group \"" + name + "\"", "check the name and the region");
  if (group_of.empty()) co_return;
  Json ids = Json::array();
  for (const auto& [id, group] : group_of) ids.push_back(id);
  const auto found = co_await describe(aws, scope, {{"InstanceIds", std::move(ids)}});
  for (const auto& one : found) {
    if (has_left(one)) continue;
    auto host = host_of(one);
    host.group = group_of[host.id];
    add(hosts, std::move(host));
  }
}

/// Who Systems Manager does not reach is told now, not after a time-out.
Awaitable<void> add_pings(aws::Aws& aws, aws::Scope scope, std::vector<Host>& hosts) {
  std::map<std::string, std::string> pings;
  constexpr std::size_t most_ids = 50;  // of a page, and few enough for a filter: an account may have thousands
  for (std::size_t from = 0; from < hosts.size(); from += most_ids) {
    Json ids = Json::array();
    for (std::size_t i = from; i < std::min(hosts.size(), from + most_ids); ++i) ids.push_back(hosts[i].id);
    Json params{{"Filters", Json::array({{{"Key", "InstanceIds"}, {"Values", std::move(ids)}}})}};
    const auto answer =
        co_await aws::all_pages(aws, scope, "ssm:DescribeInstanceInformation", std::move(params), "InstanceInformationList");
    for (const auto& one : member(answer, "InstanceInformationList")) pings[text_at(one, "InstanceId")] = text_at(one, "PingStatus");
  }
  for (auto& host : hosts) {
    const auto ping = pings.find(host.id);
    if (!host.reachable || (ping != pings.end() && ping->second == "Online")) continue;
    host.reachable = false;
    host.unreachable_why = ping == pings.end()
                               ? "Systems Manager does not know it: is the SSM agent running, with AmazonSSMManagedInstanceCore?"
                               : "Systems Manager says " + ping->second;
  }
}

}  // namespace

Awaitable<std::vector<Host>> find_hosts(const Inputs& in, const Parts& parts, const std::optional<aws::Scope>& scope) {
  std::vector<Host> hosts;
  if (!in.tags.empty()) co_await add_tagged(in, *parts.aws, *scope, hosts);
  if (!in.groups.empty()) co_await add_groups(in, *parts.aws, *scope, hosts);
  Json ids = Json::array();
  for (const auto& name : in.hosts) {
    if (!in.ssh && name.starts_with("i-")) {
      ids.push_back(name);
      continue;
    }
    Host host;  // of a name, or a node of Systems Manager that is no instance of EC2
    host.id = host.address = name;
    add(hosts, std::move(host));
  }
  if (!ids.empty()) {
    const auto found = co_await describe(*parts.aws, *scope, {{"InstanceIds", std::move(ids)}});
    for (const auto& one : found) add(hosts, host_of(one));
  }
  if (!in.ssh) co_await add_pings(*parts.aws, *scope, hosts);
  co_return hosts;
}

Awaitable<Json> suspend_groups(aws::Aws& aws, aws::Scope scope, std::vector<std::string> groups) {
  Json done = Json::object();
  Json params{{"AutoScalingGroupNames", groups}};
  const auto answer = co_await aws::all_pages(aws, scope, "autoscaling:DescribeAutoScalingGroups", std::move(params), "AutoScalingGroups");
  for (const auto& group : member(answer, "AutoScalingGroups")) {
    const auto name = text_at(group, "AutoScalingGroupName");
    std::set<std::string> suspended;
    for (const auto& one : member(group, "SuspendedProcesses")) suspended.insert(text_at(one, "ProcessName"));
    Json processes = Json::array();
    for (const auto& process : disturbing)
      if (!suspended.contains(process)) processes.push_back(process);
    Json ids = Json::array();
    for (const auto& one : member(group, "Instances"))
      if (text_at(one, "LifecycleState") == "InService" && !flag_at(one, "ProtectedFromScaleIn")) ids.push_back(text_at(one, "InstanceId"));
    done[name] = {{"processes", processes}, {"instances", ids}};
  }
  co_return done;
}

namespace {

/// An instance that is gone needs no protection, and none to be taken away; AWS refuses all of a call because of it.
Awaitable<void> protect_some(aws::Aws& aws, aws::Scope scope, std::string group, Json ids, std::size_t most, bool on) {
  for (std::size_t from = 0; from < ids.size(); from += most) {
    Json some = Json::array();
    for (std::size_t i = from; i < std::min(ids.size(), from + most); ++i) some.push_back(ids[i]);
    Json params{{"AutoScalingGroupName", group}, {"InstanceIds", some}, {"ProtectedFromScaleIn", on}};
    bool refused = false;
    try {
      co_await patiently([&] { return aws.call(scope, "autoscaling:SetInstanceProtection", params); });
    } catch (const aws::AwsError& error) {
      if (error.failure() != aws::Failure::rejected) throw;
      refused = true;
    }
    if (refused && some.size() > 1) co_await protect_some(aws, scope, group, std::move(some), 1, on);
  }
}

}  // namespace

Awaitable<void> change_groups(aws::Aws& aws, aws::Scope scope, Json what, bool protect) {
  std::vector<std::string> problems;  // of one group: the others are not left as they are because of it
  for (const auto& [group, one] : what.items()) {
    try {
      if (!member(one, "processes").empty()) {
        Json params{{"AutoScalingGroupName", group}, {"ScalingProcesses", one.at("processes")}};
        const std::string operation = protect ? "autoscaling:SuspendProcesses" : "autoscaling:ResumeProcesses";
        co_await patiently([&] { return aws.call(scope, operation, params); });
      }
      co_await protect_some(aws, scope, group, member(one, "instances"), 50, protect);
    } catch (const aws::AwsError& error) {
      if (protect) throw;
      problems.push_back(group + ": " + error.message());
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::refused, join(problems, "; "));
}

}  // namespace fairlead::deploy::ec2
