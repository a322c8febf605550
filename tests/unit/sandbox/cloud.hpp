// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "fairlead/base/json.hpp"
#include "fairlead/sandbox/world.hpp"

namespace fairlead::sandbox {

/// A world on a virtual clock, with the verbs of the stories: simulated tasks, one service "web" behind a load balancer or not.
struct Cloud {
  Time now = *parse_time("2026-11-20T03:00:00Z");
  World world{Times{}, now, 7};
  std::string group;
  int desired = 4;
  std::string service = "web";

  Answer ask(const std::string& operation, Json params, const std::string& service_name = "ecs") {
    return world.call(Call{service_name, operation, {}, "us-east-1", {}, std::move(params)}, now);
  }
  Json must(const std::string& operation, Json params, const std::string& service_name = "ecs") {
    const auto answer = ask(operation, std::move(params), service_name);
    EXPECT_EQ(answer.error, "") << operation << ": " << answer.message;
    return answer.body;
  }
  void pass(Duration span) {
    now += span;
    world.advance(now);
  }
  /// Lets seconds pass until `done`; how many it took, -1 when `limit` was not enough.
  int until(const std::function<bool()>& done, int limit = 3600) {
    for (int second = 0; second <= limit; ++second) {
      if (done()) return second;
      pass(std::chrono::seconds(1));
    }
    return -1;
  }

  std::string define(const std::string& image, const Json& extra = Json::object()) {
    Json container{{"name", "app"}, {"image", image}, {"portMappings", Json::array({{{"containerPort", 8080}}})}, {"memory", 128}};
    container.update(extra);
    const Json made = must("RegisterTaskDefinition", {{"family", service}, {"containerDefinitions", Json::array({container})}});
    return text_at(made["taskDefinition"], "taskDefinitionArn");
  }
  /// Target group (interval 10 s, 2 checks, drain as given) behind a listener.
  void balance(int drain = 300, const std::string& type = "ip") {
    const std::string elb = "elasticloadbalancing";
    group = text_at(must("CreateTargetGroup",
                         {{"Name", "web"},
                          {"Port", 8080},
                          {"TargetType", type},
                          {"HealthCheckIntervalSeconds", 10},
                          {"HealthyThresholdCount", 2},
                          {"UnhealthyThresholdCount", 2}},
                         elb)["TargetGroups"][0],
                    "TargetGroupArn");
    must("ModifyTargetGroupAttributes",
         {{"TargetGroupArn", group},
          {"Attributes", Json::array({{{"Key", "deregistration_delay.timeout_seconds"}, {"Value", std::to_string(drain)}}})}},
         elb);
    const auto balancer = text_at(must("CreateLoadBalancer", {{"Name", "web"}}, elb)["LoadBalancers"][0], "LoadBalancerArn");
    must("CreateListener",
         {{"LoadBalancerArn", balancer}, {"Port", 80}, {"DefaultActions", Json::array({{{"Type", "forward"}, {"TargetGroupArn", group}}})}},
         elb);
  }
  /// As the shell calls it.
  std::string listener() {
    const auto found = must("DescribeListeners", Json::object(), "elasticloadbalancing");
    return "123456789012 us-east-1|" + text_at(found["Listeners"][0], "ListenerArn");
  }
  void create(const Json& rolling = Json::object()) {
    must("CreateCluster", Json::object());
    Json params{
        {"serviceName", service}, {"taskDefinition", define("sim/web:1")}, {"desiredCount", desired}, {"deploymentConfiguration", rolling}};
    if (!group.empty())
      params["loadBalancers"] = Json::array({{{"targetGroupArn", group}, {"containerName", "app"}, {"containerPort", 8080}}});
    must("CreateService", params);
    EXPECT_GE(until([&] { return text_at(primary(), "rolloutState") == "COMPLETED"; }), 0);
  }
  Json update(Json more) {
    more["service"] = service;
    return must("UpdateService", std::move(more))["service"];
  }
  Json deploy(const std::string& image, const Json& extra = Json::object()) { return update({{"taskDefinition", define(image, extra)}}); }

  Json describe() { return must("DescribeServices", {{"services", {service}}})["services"][0]; }
  Json primary() { return describe()["deployments"][0]; }
  Json record() {
    const auto arn = text_at(describe(), "currentServiceDeployment");
    return must("DescribeServiceDeployments", {{"serviceDeploymentArns", {arn}}})["serviceDeployments"][0];
  }
  Json tasks(const std::string& desired_status) {
    const Json arns = must("ListTasks", {{"desiredStatus", desired_status}})["taskArns"];
    return arns.empty() ? Json::array() : must("DescribeTasks", {{"tasks", arns}})["tasks"];
  }
  bool stable() {
    const Json view = describe();
    return view["deployments"].size() == 1 && view["runningCount"] == view["desiredCount"];
  }
  bool said(const std::string& words) {
    for (const auto& event : describe()["events"])
      if (text_at(event, "message").find(words) != std::string::npos) return true;
    return false;
  }
};

inline const Json breaker{{"deploymentCircuitBreaker", {{"enable", true}, {"rollback", true}}}};

}  // namespace fairlead::sandbox
