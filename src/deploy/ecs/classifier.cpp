// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/classifier.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {
namespace {

struct Rule {
  std::string_view text;  ///< lower case, anywhere in the reasons
  Cause cause;
  std::string_view advice;
};

constexpr std::string_view look_image = "the image does not exist or may not be read: check the tag and the repository policy";
constexpr std::string_view look_secret = "check the name of the secret and that the execution role may read it";
constexpr std::string_view look_command = "check command, entryPoint and the platform that the image was built for";
constexpr std::string_view look_role = "check the roles of the task definition and their trust policy";
constexpr std::string_view look_logs =
    "check logConfiguration: the log group must exist, or the execution role must be allowed to create it";
constexpr std::string_view look_network = "the registry did not answer: check NAT, endpoints and security groups if it stays so";
constexpr std::string_view look_room = "no room to start tasks: scale the cluster, free addresses, or raise the quota";

// The first rule that matches wins: what is transient inside a broad error comes before the error itself.
constexpr std::array rules{
    Rule{"scaling activity", Cause::scaling, ""},
    Rule{"availability zone rebalancing", Cause::scaling, ""},
    Rule{"capacity is unavailable", Cause::capacity, look_room},
    Rule{"reached the limit on the number of", Cause::capacity, look_room},
    Rule{"insufficient free ip addresses", Cause::capacity, look_room},
    Rule{"insufficientfreeaddressesinsubnet", Cause::capacity, look_room},
    Rule{"timeout waiting for network interface", Cause::capacity, look_room},
    Rule{"resource:", Cause::capacity, look_room},
    Rule{"no space left on device", Cause::config, "the disk of the task is too small for its images: raise ephemeralStorage"},
    Rule{"no matching manifest", Cause::config, look_command},
    Rule{"does not contain descriptor matching platform", Cause::config, look_command},
    Rule{"exec format error", Cause::config, look_command},
    Rule{"toomanyrequests", Cause::pull, "the registry limits pulls: log in, or copy the image to ECR"},
    Rule{"too many requests", Cause::pull, "the registry limits pulls: log in, or copy the image to ECR"},
    Rule{"unable to assume", Cause::config, look_role},
    Rule{"resourcenotfoundexception: secrets manager", Cause::config, look_secret},
    Rule{"invalid ssm parameters", Cause::config, look_secret},
    Rule{"secrets manager can't find", Cause::config, look_secret},
    Rule{"did not contain json key", Cause::config, look_secret},
    Rule{"log group does not exist", Cause::config, look_logs},
    Rule{"log group", Cause::config, look_logs},
    Rule{"accessdenied", Cause::config, look_secret},
    Rule{"is not authorized to perform", Cause::config, look_role},
    Rule{"i/o timeout", Cause::pull, look_network},
    Rule{"tls handshake timeout", Cause::pull, look_network},
    Rule{"request canceled while waiting", Cause::pull, look_network},
    Rule{"context deadline exceeded", Cause::pull, look_network},
    Rule{"connection issue between the task and", Cause::pull, look_network},
    Rule{"connection reset by peer", Cause::pull, look_network},
    Rule{"internal server error", Cause::pull, look_network},
    Rule{"service unavailable", Cause::pull, look_network},
    Rule{"unexpected status code 5", Cause::pull, look_network},
    Rule{"send request failed", Cause::pull, look_network},
    Rule{"cannotpull", Cause::config, look_image},
    Rule{"imagenotfound", Cause::config, look_image},
    Rule{"cannotstartcontainererror", Cause::config, look_command},
    Rule{"cannotcreatecontainererror", Cause::config, "check the container's settings"},
    Rule{"cannotcreatevolume", Cause::config, "check the volumes of the task definition"},
    Rule{"cannotmount", Cause::config, "check the volumes of the task definition"},
    Rule{"efs utils", Cause::config, "check the EFS volume, its mount targets and security groups"},
    Rule{"executable file not found", Cause::config, look_command},
    Rule{"no such file or directory", Cause::config, look_command},
    Rule{"resourceinitializationerror", Cause::config, "ECS could not prepare the task"},
    Rule{"failed elb health checks", Cause::health, "the load balancer found the task unhealthy: check port, path and start time"},
    Rule{"failed container health checks", Cause::health, "the container's own health check failed"},
    Rule{"container health check", Cause::health, "the container's own health check failed"},
    Rule{"target-group", Cause::health, "the load balancer found the task unhealthy: check port, path and start time"},
    Rule{"outofmemory", Cause::app, "the container needs more memory than its limit"},
    Rule{"host ec2", Cause::platform, ""},
    Rule{"spot task was interrupted", Cause::platform, ""},
    Rule{"scheduled for retirement", Cause::platform, ""},
    Rule{"maintenance", Cause::platform, ""},
    Rule{"internalerror", Cause::platform, ""},
};

std::string all_reasons(const Task& task) {
  std::string text = task.stopped_reason;
  for (const auto& container : task.containers) {
    if (!container.reason.empty()) text += "\n" + container.reason;
  }
  return to_lower(text);
}

/// The container whose end explains the task's: the one that failed, else the first with an exit code or a reason.
const Container* culprit(const Task& task) {
  const auto bad = [](const Container& it) { return (it.exit_code && *it.exit_code != 0) || !it.reason.empty(); };
  auto found = std::ranges::find_if(task.containers, bad);
  if (found == task.containers.end())
    found = std::ranges::find_if(task.containers, [](const Container& it) { return it.exit_code.has_value(); });
  return found == task.containers.end() ? nullptr : &*found;
}

std::optional<Cause> by_stop_code(const std::string& code) {
  if (code == "UserInitiated") return Cause::human;
  if (code == "SpotInterruption" || code == "TerminationNotice") return Cause::platform;
  return std::nullopt;
}

Classified verdict_on(const Task& task) {
  Classified it;
  const auto code = by_stop_code(task.stop_code);
  if (code) {
    it.cause = *code;
    return it;
  }
  const std::string reasons = all_reasons(task);
  const auto rule = std::ranges::find_if(rules, [&reasons](const Rule& r) { return reasons.contains(r.text); });
  if (rule != rules.end()) {
    it.cause = rule->cause;
    it.advice = rule->advice;
  } else if (task.stop_code == "TaskFailedToStart") {
    it.cause = Cause::config;
  } else if (task.stop_code == "ServiceSchedulerInitiated") {
    it.cause = Cause::scaling;
  }
  return it;
}

std::string sentence_of(const Task& task, const Container* container) {
  std::string text = task.stopped_reason.empty() ? "the task stopped without a reason" : task.stopped_reason;
  if (container == nullptr) return text;
  if (container->exit_code) text += "; container " + container->name + " exited with " + std::to_string(*container->exit_code);
  if (!container->reason.empty() && !text.contains(container->reason)) text += "; container " + container->name + ": " + container->reason;
  return text;
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Words that differ from task to task: numbers, and ids of eight hexadecimal digits or more.
bool is_varying(std::string_view word) {
  const auto digits = std::ranges::count_if(word, [](char c) { return c >= '0' && c <= '9'; });
  if (digits == static_cast<std::ptrdiff_t>(word.size())) return true;
  const bool hexadecimal = std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hexadecimal && word.size() >= 8 && digits > 0;
}

}  // namespace

std::string_view to_string(Cause cause) {
  constexpr std::array<std::string_view, 8> names{"config", "app", "health", "pull", "capacity", "platform", "human", "scaling"};
  return names[static_cast<std::size_t>(cause)];
}

std::optional<Cause> parse_cause(std::string_view text) {
  for (const Cause cause :
       {Cause::config, Cause::app, Cause::health, Cause::pull, Cause::capacity, Cause::platform, Cause::human, Cause::scaling}) {
    if (to_string(cause) == text) return cause;
  }
  return std::nullopt;
}

std::string normalised(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    const auto word = text.substr(at, end - at);
    out += is_varying(word) ? std::string_view("#") : word;
    at = end;
  }
  return out;
}

Classified classify(const Task& task) {
  Classified it = verdict_on(task);
  const Container* container = culprit(task);
  it.sentence = sentence_of(task, container);
  it.fingerprint = task.stop_code + "|" + normalised(task.stopped_reason);
  if (container != nullptr) {
    it.fingerprint += "|" + container->name + "|" + (container->exit_code ? std::to_string(*container->exit_code) : "-") + "|" +
                      normalised(container->reason);
  }
  return it;
}

EventMeaning meaning_of(std::string_view event) {
  const std::string text = to_lower(event);
  const auto has = [&text](std::string_view part) { return text.contains(part); };
  if (has("because of the service deployment configuration") || has("service_task_configuration_failure") ||
      (has("unable to assume") && has("role")))
    return EventMeaning::impossible;
  if (has("unable to place") || has("capacity is unavailable") || has("operations are being throttled") || has("reached the limit"))
    return EventMeaning::no_room;
  if (has("unhealthy") || has("failed") || has("unable") || has("consistently")) return EventMeaning::tasks_stopped;
  return EventMeaning::nothing;
}

}  // namespace fairlead::deploy::ecs
