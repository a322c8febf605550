// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

Json view(Context& c, const Json& cluster) {
  Json out = cluster;
  int running = 0, pending = 0, services = 0;
  const auto arn = text_at(cluster, "clusterArn");
  for (const auto& [_, task] : c.region.tasks) {
    if (text_at(task.view, "clusterArn") != arn) continue;
    running += task.phase == Phase::running;
    pending += task.phase < Phase::running;
  }
  for (const auto& [_, service] : c.region.services) services += service.active && service.cluster == arn;
  out["runningTasksCount"] = running;
  out["pendingTasksCount"] = pending;
  out["activeServicesCount"] = services;
  return out;
}

Json create(Context& c, const Json& params) {
  const auto name = text_at(params, "clusterName", "default");
  c.key = name;
  const auto found = c.region.clusters.find(name);
  if (found != c.region.clusters.end() && text_at(found->second, "status") == "ACTIVE") return {{"cluster", view(c, found->second)}};
  const auto arn = c.arn("ecs", "cluster/" + name);
  Json cluster{{"clusterArn", arn},
               {"clusterName", name},
               {"status", "ACTIVE"},
               {"registeredContainerInstancesCount", 0},
               {"statistics", Json::array()},
               {"tags", params.value("tags", Json::array())},
               {"settings", params.value("settings", Json::array({{{"name", "containerInsights"}, {"value", "disabled"}}}))},
               {"capacityProviders", params.value("capacityProviders", Json::array())},
               {"defaultCapacityProviderStrategy", params.value("defaultCapacityProviderStrategy", Json::array())}};
  if (params.contains("configuration")) cluster["configuration"] = params["configuration"];
  if (params.contains("tags")) c.region.tags[arn] = params["tags"];
  c.region.clusters[name] = cluster;
  c.effect = arn;
  return {{"cluster", view(c, cluster)}};
}

Json describe(Context& c, const Json& params) {
  Json out{{"clusters", Json::array()}, {"failures", Json::array()}};
  auto names = texts_of(params, "clusters");
  if (names.empty()) names.emplace_back("default");
  const auto include = texts_of(params, "include");
  for (const auto& name : names) {
    const auto found = c.region.clusters.find(last_part(name));
    if (found == c.region.clusters.end()) {
      out["failures"].push_back({{"arn", name.starts_with("arn:") ? name : c.arn("ecs", "cluster/" + name)}, {"reason", "MISSING"}});
      continue;
    }
    Json one = view(c, found->second);
    if (std::ranges::find(include, "TAGS") == include.end()) one["tags"] = Json::array();
    out["clusters"].push_back(one);
  }
  return out;
}

Json list(Context& c, const Json& params) {
  Json arns = Json::array();
  for (const auto& [_, cluster] : c.region.clusters)
    if (text_at(cluster, "status") == "ACTIVE") arns.push_back(cluster["clusterArn"]);
  return page(arns, params, "clusterArns", 100);
}

Json remove(Context& c, const Json& params) {
  Json& cluster = find_cluster(c, text_at(params, "cluster"));
  const auto arn = text_at(cluster, "clusterArn");
  for (const auto& [_, service] : c.region.services)
    if (service.active && service.cluster == arn)
      throw Refusal{"ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."};
  for (const auto& [_, task] : c.region.tasks)
    if (task.live() && text_at(task.view, "clusterArn") == arn)
      throw Refusal{"ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."};
  cluster["status"] = "INACTIVE";
  c.key = arn, c.effect = "deleted";
  return {{"cluster", view(c, cluster)}};
}

}  // namespace

Json& find_cluster(Context& c, const std::string& name) {
  const auto found = c.region.clusters.find(name.empty() ? "default" : last_part(name));
  if (found == c.region.clusters.end() || text_at(found->second, "status") != "ACTIVE")
    throw Refusal{"ClusterNotFoundException", "Cluster not found."};
  return found->second;
}

std::string cluster_arn(Context& c, const Json& params) { return text_at(find_cluster(c, text_at(params, "cluster")), "clusterArn"); }

void add_clusters(Table& table) {
  table["ecs.CreateCluster"] = {create, true, "ecs.cluster-write"};
  table["ecs.DeleteCluster"] = {remove, true, "ecs.cluster-write"};
  table["ecs.DescribeClusters"] = {describe, false, "ecs.cluster-read"};
  table["ecs.ListClusters"] = {list, false, "ecs.cluster-read"};
}

}  // namespace fairlead::sandbox::ecs
