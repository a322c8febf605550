// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/alarms.hpp"

#include <algorithm>
#include <map>

#include "fairlead/base/json.hpp"

namespace fairlead::aws {

Awaitable<std::vector<Alarm>> alarm_states(Aws& aws, Scope scope, std::vector<std::string> names) {
  std::map<std::string, Alarm> found;
  for (std::size_t begin = 0; begin < names.size(); begin += 100) {
    const auto end = std::min(begin + 100, names.size());
    const std::vector<std::string> some(names.begin() + static_cast<std::ptrdiff_t>(begin),
                                        names.begin() + static_cast<std::ptrdiff_t>(end));
    Json params{{"AlarmNames", some}, {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}, {"MaxRecords", 100}};
    const auto answer = co_await aws.call(scope, "cloudwatch:DescribeAlarms", std::move(params));
    for (const char* list : {"MetricAlarms", "CompositeAlarms"})
      for (const auto& one : member(answer, list))
        found[text_at(one, "AlarmName")] = {text_at(one, "AlarmName"), text_at(one, "StateValue"), text_at(one, "StateReason")};
  }
  std::vector<Alarm> out;
  for (const auto& name : names) {
    const auto at = found.find(name);
    out.push_back(at == found.end() ? Alarm{name, "MISSING", "there is no alarm of that name"} : at->second);
  }
  co_return out;
}

}  // namespace fairlead::aws
