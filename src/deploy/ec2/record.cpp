// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/record.hpp"

#include <algorithm>

#include "deploy/ec2/inputs.hpp"
#include "deploy/ec2/shared.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

Json record_from(const Json& with, const std::string& folder, const std::string& release, bool appspec,
                 const std::vector<Rollout::Row>& rows) {
  Json how = Json::object();
  for (const char* key : {"targets", "transport", "user"})
    if (const auto& value = member(with, key); !value.is_null()) how[key] = value;
  Json hosts = Json::array();
  for (const auto& row : rows) {
    if (row.at == At::gone) continue;
    hosts.push_back({{"host", row.host.id},
                     {"address", row.host.address},
                     {"zone", row.host.zone},
                     {"release", row.host.release},
                     {"state", to_string(row.at)}});
  }
  return {{"kind", "ec2-deploy"},     {"target", "ec2:" + describe_targets(inputs_from(with))},
          {"folder", folder},         {"release", release},
          {"appspec", appspec},       {"with", how},
          {"hosts", std::move(hosts)}};
}

bool is_release(const Json& record) {
  return text_at(record, "kind") == "ec2-deploy" && !text_at(record, "release").empty() && !is_refresh(record);
}
bool is_refresh(const Json& record) { return text_at(record, "kind") == "ec2-deploy" && text_at(record, "strategy") == "instance-refresh"; }

Json compare(const Json& record, const std::vector<HostNow>& now) {
  const auto wanted = text_at(record, "release");
  std::vector<std::string> others;
  std::vector<std::string> silent;
  std::vector<std::string> moving;
  Json hosts = Json::array();
  for (const auto& one : now) {
    const bool under_way = one.problem.empty() && one.release.empty() && !one.tried.empty();
    const auto problem = under_way ? "on its way to " + short_release(one.tried) + ", or left in the middle" : one.problem;
    hosts.push_back({{"host", one.host}, {"release", one.release}, {"problem", problem}});
    if (under_way)
      moving.push_back(one.host);
    else if (!one.problem.empty())
      silent.push_back(one.host);
    else if (one.release != wanted)
      others.push_back(one.host + " runs " + (one.release.empty() ? "no release of fairlead" : short_release(one.release)));
  }
  std::string text;
  if (!others.empty()) text = join(others, ", ") + "; fairlead deployed " + short_release(wanted);
  if (!silent.empty()) text += (text.empty() ? "" : "; ") + join(silent, ", ") + " could not be asked";
  if (!moving.empty())
    text += (text.empty() ? "" : "; ") + join(moving, ", ") + (moving.size() == 1 ? " is" : " are") + " being switched, or " +
            (moving.size() == 1 ? "was" : "were") + " left in the middle";
  if (now.empty()) text = "no host is there any more";
  return {{"drifted", !others.empty() || now.empty()},
          {"text", text},
          {"running", others.empty() && !now.empty() ? Json(wanted) : Json(nullptr)},
          {"deployed", wanted},
          {"hosts", std::move(hosts)}};
}

}  // namespace fairlead::deploy::ec2
