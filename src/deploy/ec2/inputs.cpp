// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/inputs.hpp"

#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy::ec2 {

namespace {

std::vector<std::string> texts_at(const Json& json, std::string_view key) {
  const auto& value = member(json, key);
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> list;
  if (value.is_array())
    for (const auto& one : value)
      if (one.is_string()) list.push_back(one.get<std::string>());
  return list;
}

Share share_at(const Json& with, std::string_view key, const char* fallback) {
  const auto& value = member(with, key);
  const auto text = value.is_string()   ? value.get<std::string>()
                    : value.is_number() ? std::to_string(value.get<int>())
                                        : std::string(fallback);
  const auto share = parse_share(text);
  if (!share)
    throw Error(ErrorKind::invalid, std::string(key) + ": \"" + text + "\" is neither a number of hosts nor a percentage up to 100%");
  return *share;
}

Duration duration_at(const Json& with, std::string_view key, Duration fallback) {
  const auto text = text_at(with, key);
  if (text.empty()) return fallback;
  const auto span = parse_duration(text);
  if (!span) throw Error(ErrorKind::invalid, std::string(key) + ": \"" + text + "\" is not a duration such as 90s or 10m");
  return *span;
}

/// Ascending, counts before percentages of the same list are allowed: which of them comes first is known with the fleet.
std::vector<Share> checkpoints_at(const Json& with) {
  std::vector<Share> shares;
  const auto& list = member(with, "checkpoints");
  for (const auto& one : list.is_array() ? list : Json::array()) {
    const auto text = one.is_string() ? one.get<std::string>() : dump(one);
    const auto share = parse_share(text);
    if (!share || share->value == 0)
      throw Error(ErrorKind::invalid, "checkpoints: \"" + text + "\" is neither a number of hosts nor a percentage up to 100%");
    if (!shares.empty() && shares.back().percent == share->percent && shares.back().value >= share->value)
      throw Error(ErrorKind::invalid, "checkpoints: " + text + " comes after " + to_string(shares.back()) + ": they must grow");
    shares.push_back(*share);
  }
  return shares;
}

/// CodeDeploy's names are paces.
void take_strategy(const std::string& name, Pace& pace) {
  if (name == "OneAtATime") {
    pace.batch = Share{1, false};
    pace.one_out = true;
    pace.canary = false;
  } else if (name == "HalfAtATime") {
    pace.batch = Share{50, true};
    pace.min_healthy = Share{50, true};
    pace.canary = false;
  } else if (name == "AllAtOnce") {
    pace.batch.reset();
    pace.min_healthy = Share{0, false};
    pace.max_failures = Share{100, true};
    pace.canary = false;
  }
}

/// In percent: 110 or "110%".
int max_healthy_at(const Json& with) {
  const auto& value = member(with, "max-healthy");
  if (value.is_null()) return 100;
  auto text = value.is_string() ? value.get<std::string>() : dump(value);
  if (text.ends_with('%')) text.pop_back();
  const auto percent = parse_int(text);
  if (!percent || *percent < 100 || *percent > 200)
    throw Error(ErrorKind::invalid, "max-healthy: \"" + text + "\" is no percentage from 100% to 200%");
  return static_cast<int>(*percent);
}

/// The inputs that only an instance refresh has, and those that it has not.
void take_refresh(const Json& with, Inputs& in) {
  in.image = text_at(with, "image");
  in.template_version = text_at(with, "launch-template-version");
  in.max_healthy = max_healthy_at(with);
  if (!text_at(with, "warmup").empty()) in.warmup = duration_at(with, "warmup", Duration(0));
  if (!in.refresh) {
    for (const char* key : {"image", "launch-template-version", "max-healthy", "warmup"})
      if (!member(with, key).is_null()) throw Error(ErrorKind::invalid, std::string(key) + " belongs to `strategy: instance-refresh`");
    return;
  }
  for (const char* key : {"files", "archive", "ignore-application-stop-failures", "destination", "service", "load-balancer", "health",
                          "batch", "max-failures", "zonal", "transport", "env"})
    if (!member(with, key).is_null())
      throw Error(ErrorKind::invalid, std::string(key) + " means nothing to an instance refresh: AWS replaces the instances",
                  "what they run is in their image and their launch template");
  if (in.groups.size() != 1 || !in.tags.empty() || !in.hosts.empty())
    throw Error(ErrorKind::invalid, "an instance refresh is of one auto-scaling group",
                "targets: { auto-scaling-groups: [NAME] }, a step each");
  if (!in.image.empty() && !in.template_version.empty())
    throw Error(ErrorKind::invalid, "image and launch-template-version exclude each other", "an image makes a new version by itself");
}

/// What is done with the files.
void take_service(const Json& with, Inputs& in) {
  in.destination = text_at(with, "destination");
  in.appspec = text_at(with, "appspec", "appspec.yml");
  in.stop_may_fail = flag_at(with, "ignore-application-stop-failures");
  const auto& service = member(with, "service");
  in.unit = text_at(service, "unit");
  in.command = text_at(service, "command");
  in.container_image = text_at(member(service, "container"), "image");
  in.container_name = text_at(member(service, "container"), "name");
  in.container_options = text_at(member(service, "container"), "options");
  const auto& folder = in.destination;
  if (!folder.empty() && (!folder.starts_with('/') || folder.find_first_not_of('/') == std::string::npos || folder.contains("/../")))
    throw Error(ErrorKind::invalid,
                "destination: \"" + folder + "\" is no folder of a release's own: write its whole path, such as /srv/shop");
  if (!folder.empty() && !member(with, "appspec").is_null())
    throw Error(ErrorKind::invalid, "destination and appspec exclude each other: an appspec says itself where files go");
  if (!folder.empty() && in.stop_may_fail)
    throw Error(ErrorKind::invalid, "ignore-application-stop-failures belongs to an appspec, and destination leaves that out");
  if (!service.is_null() && in.unit.empty() && in.command.empty() && in.container_image.empty())
    throw Error(ErrorKind::invalid, "service: nothing is started", "give unit, command or container");
  if (!service.is_null() && !member(with, "appspec").is_null())
    throw Error(ErrorKind::invalid, "service and appspec exclude each other: an appspec's hooks start the application");
  if (!in.unit.empty() && folder.empty() && in.command.empty())
    throw Error(ErrorKind::invalid, "service.unit without destination: nothing would lead the unit to the new files",
                "destination: /srv/shop, and the unit runs what is in /srv/shop/current");
}

/// Who takes a host out of traffic.
void take_balancer(const Json& with, Inputs& in) {
  const auto& balancer = member(with, "load-balancer");
  in.target_groups = texts_at(balancer, "target-groups");
  in.haproxy_socket = text_at(member(balancer, "haproxy"), "socket");
  in.haproxy_backend = text_at(member(balancer, "haproxy"), "backend");
  in.leave = text_at(balancer, "leave");
  in.join = text_at(balancer, "join");
  if (in.leave.empty() != in.join.empty()) throw Error(ErrorKind::invalid, "load-balancer: leave and join belong together");
  const int kinds = (in.target_groups.empty() ? 0 : 1) + (in.haproxy_backend.empty() ? 0 : 1) + (in.leave.empty() ? 0 : 1);
  if (kinds > 1) throw Error(ErrorKind::invalid, "load-balancer: target-groups, haproxy, and leave with join exclude each other");
}

void take_transport(const Json& with, Inputs& in) {
  in.ssh = text_at(with, "transport") == "ssh";
  in.user = text_at(with, "user");
  in.bucket = text_at(with, "bucket");
  for (const auto& host : in.hosts)
    if (in.ssh && (host.starts_with('-') || std::ranges::any_of(host, [](unsigned char c) { return c <= ' ' || c == '@' || c == '/'; })))
      throw Error(ErrorKind::invalid, "targets.hosts: \"" + host + "\" is no name of a host", "who logs in is `user`");
  if (in.ssh && !in.bucket.empty())
    throw Error(ErrorKind::invalid, "bucket belongs to `transport: ssm`: over ssh the files take the same connection");
  if (in.ssh) return;
  for (const auto& host : in.hosts)
    if (!host.starts_with("i-") && !host.starts_with("mi-"))
      throw Error(ErrorKind::invalid, "targets.hosts: \"" + host + "\" is no instance id, and the transport is ssm",
                  "write `transport: ssh`");
}

}  // namespace

Inputs inputs_from(const Json& with) {
  Inputs in;
  const auto& targets = member(with, "targets");
  if (const auto& tags = member(targets, "tags"); tags.is_object())
    for (const auto& [key, value] : tags.items()) in.tags[key] = texts_at(tags, key);
  in.groups = texts_at(targets, "auto-scaling-groups");
  in.hosts = texts_at(targets, "hosts");
  if (in.tags.empty() && in.groups.empty() && in.hosts.empty())
    throw Error(ErrorKind::invalid, "targets: there is no target", "give tags, auto-scaling-groups or hosts");
  take_transport(with, in);
  in.files = texts_at(with, "files");
  in.archive = text_at(with, "archive");
  if (!in.archive.empty() && !in.files.empty())
    throw Error(ErrorKind::invalid, "files and archive exclude each other: the whole content of an archive is rolled out");
  if (in.files.empty()) in.files = {"**"};
  take_service(with, in);
  take_balancer(with, in);
  const auto& health = member(with, "health");
  in.health_url = text_at(health, "url");
  in.health_command = text_at(health, "command");
  in.health_successes = static_cast<int>(number_at(health, "successes", 2));
  in.alarms = texts_at(with, "alarms");
  in.max_hosts = static_cast<int>(number_at(with, "max-hosts", 50));
  auto& settings = in.settings;
  settings.pace.min_healthy = share_at(with, "min-healthy", "75%");
  settings.pace.unsaid = member(with, "min-healthy").is_null();
  settings.pace.max_failures = share_at(with, "max-failures", "10%");
  if (!member(with, "batch").is_null()) settings.pace.batch = share_at(with, "batch", "1");
  settings.pace.zonal = flag_at(with, "zonal");
  const auto strategy = text_at(with, "strategy", "rolling");
  take_strategy(strategy, settings.pace);
  if (!member(with, "min-healthy").is_null()) {  // said in so many words
    settings.pace.min_healthy = share_at(with, "min-healthy", "75%");
    settings.pace.one_out = false;
  }
  in.refresh = strategy == "instance-refresh";
  take_refresh(with, in);
  settings.dynamic = !in.tags.empty() || !in.groups.empty();
  settings.checkpoints = checkpoints_at(with);
  settings.patience = duration_at(with, "answer-within", std::chrono::hours(1));
  settings.stability = duration_at(with, "stability", std::chrono::seconds(10));
  settings.bake = duration_at(with, "bake", Duration(0));
  settings.health = duration_at(health, "timeout", std::chrono::minutes(2));
  settings.progress = duration_at(with, "progress-deadline", std::chrono::minutes(10));
  settings.roll_back = flag_at(with, "rollback", true);
  settings.balanced = in.balanced();
  settings.told = !in.target_groups.empty() || !in.haproxy_backend.empty();
  if (settings.bake > Duration(0) && !in.refresh && !in.balanced() && in.health_url.empty() && in.health_command.empty() &&
      in.alarms.empty())
    throw Error(ErrorKind::invalid, "bake: nothing could be watched", "give health, alarms or a load balancer");
  settings.probed = !in.health_url.empty() || !in.health_command.empty();
  if (!text_at(with, "drain-timeout").empty()) in.drain = duration_at(with, "drain-timeout", Duration(0));
  if (const auto& env = member(with, "env"); env.is_object())
    for (const auto& [key, value] : env.items())
      if (value.is_string()) in.env[key] = value.get<std::string>();
  return in;
}

Inputs inputs_of(const engine::StepContext& step) {
  auto in = inputs_from(step.with());
  const auto& env = member(step.with(), "env");
  if (!env.is_object()) return in;
  for (const auto& [key, value] : env.items()) {
    const auto name = text_at(value, "$secret");
    if (name.empty()) continue;
    const auto secret = step.secret(name);
    if (!secret) throw Error(ErrorKind::invalid, "env." + key + ": there is no secret " + name);
    in.secret_env[key] = *secret;
  }
  return in;
}

}  // namespace fairlead::deploy::ec2
