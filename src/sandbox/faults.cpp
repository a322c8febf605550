// SPDX-License-Identifier: Apache-2.0
#include "sandbox/faults.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/glob.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::sandbox {

namespace {

const std::vector<std::string> task_kinds{"image-missing", "crash-on-start", "crash-after-running", "failing-health",
                                          "slow-start",    "spot-stop",      "secret-missing",      "slow-pull"};
const std::vector<std::string> instance_kinds{"failing-health", "slow-start"};
const std::vector<std::string> call_kinds{"throttle", "reply-lost", "stale-reads", "error", "no-capacity", "launch-fails"};
const std::vector<std::string> match_keys{"cluster", "service", "image", "family", "operation", "startedBy", "group"};

bool contains(const std::vector<std::string>& all, const std::string& one) { return std::ranges::find(all, one) != all.end(); }

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::invalid, "cannot read the faults: " + what, hint);
}

std::string list(const std::vector<std::string>& a, const std::vector<std::string>& b = {}) {
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  return join(all, ", ");
}

FaultRule read_fault(const Json& one) {
  if (!one.is_object()) refuse("each one is an object with a \"fault\"", {});
  FaultRule rule;
  rule.kind = text_at(one, "fault");
  const bool known = contains(task_kinds, rule.kind) || contains(call_kinds, rule.kind);
  if (!known) refuse("there is no fault \"" + rule.kind + "\"", "one of " + list(task_kinds, call_kinds));
  for (const auto& [key, value] : one.items()) {
    if (key == "fault") continue;
    if (contains(match_keys, key) && value.is_string())
      rule.match[key] = value.get<std::string>();
    else if (key == "rate" && value.is_number())
      rule.rate = value.get<double>();
    else if (key == "count" && value.is_number_integer())
      rule.count = value.get<std::int64_t>();
    else if (key == "after" && value.is_string() && parse_duration(value.get<std::string>()))
      rule.after = *parse_duration(value.get<std::string>());
    else if (key == "exit" && value.is_number_integer())
      rule.exit_code = value.get<int>();
    else if (key == "status" && value.is_number_integer())
      rule.status = value.get<int>();
    else if (key == "code" && value.is_string())
      rule.code = value.get<std::string>();
    else if (key == "message" && value.is_string())
      rule.message = value.get<std::string>();
    else
      refuse("\"" + rule.kind + "\" has no \"" + key + "\" of that form",
             "rate, count, after (\"15s\"), exit, status, code, message, or " + list(match_keys));
  }
  return rule;
}

}  // namespace

std::vector<FaultRule> read_faults(const Json& given) {
  const Json& list = given.is_object() && given.contains("faults") ? given.at("faults") : given;
  if (!list.is_array()) refuse("a list is needed", "[{\"fault\": \"image-missing\", \"image\": \"*:bad\"}]");
  std::vector<FaultRule> rules;
  for (const auto& one : list) rules.push_back(read_fault(one));
  return rules;
}

Json fault_json(const FaultRule& rule) {
  Json out = rule.match;
  out["fault"] = rule.kind;
  if (rule.rate < 1) out["rate"] = rule.rate;
  if (rule.count >= 0) out["count"] = rule.count;
  if (rule.after.count() > 0) out["after"] = format_duration(rule.after);
  if (!rule.code.empty()) out["code"] = rule.code;
  return out;
}

bool fault_matches(const FaultRule& rule, const std::map<std::string, std::string>& facts) {
  return rule.count != 0 && std::ranges::all_of(rule.match, [&](const auto& wanted) {
           const auto fact = facts.find(wanted.first);
    // '*' also crosses '/', since images and ARNs are full of them.
           return fact != facts.end() && glob_match(replace_all(wanted.second, "*", "**"), fact->second);
         });
}

bool strikes_tasks(const std::string& kind) { return contains(task_kinds, kind); }
bool strikes_instances(const std::string& kind) { return contains(instance_kinds, kind); }

}  // namespace fairlead::sandbox
