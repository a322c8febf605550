// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/appspec.hpp"
#include "deploy/ec2/common.hpp"
#include "deploy/ec2/release.hpp"
#include "deploy/ec2/shared.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

// From the inputs of a step to what it works with.
namespace fairlead::deploy::ec2 {

namespace {

/// Commands of the user's, run on the host. What is not asked is taken to have worked.
class CommandBalancer : public Balancer {
 public:
  CommandBalancer(const Inputs& in, Transport& transport) : leave_(in.leave), join_(in.join), transport_(transport) {}
  std::string describe() const override { return "load-balancer.leave and .join"; }
  Awaitable<std::map<std::string, Traffic>> look(std::vector<Host> hosts) override {
    std::map<std::string, Traffic> map;
    for (const auto& host : hosts) {
      const auto found = left_.find(host.id);
      const bool out = found != left_.end() && found->second;
      map[host.id] = {.kind = out ? Traffic::Kind::out : Traffic::Kind::serving, .reason = {}};
    }
    co_return map;
  }
  Awaitable<void> take_out(Host host) override {
    co_await run(host, leave_);
    left_[host.id] = true;
  }
  Awaitable<void> put_in(Host host) override {
    co_await run(host, join_);
    left_[host.id] = false;
  }

 private:
  Awaitable<void> run(Host host, std::string command) {
    auto calls = "export FAIRLEAD_HOST=" + shell_word(host.id) + "\n" + user_lines(command);
    co_await transport_.ask(host, std::move(calls), deadline_in(std::chrono::minutes(2)));
  }
  std::string leave_, join_;
  Transport& transport_;
  std::map<std::string, bool> left_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(const Inputs& in, const Parts& parts, const std::optional<aws::Scope>& scope,
                                          const std::string& environment) {
  need_aws(in, scope, environment);
  if (!in.ssh) return make_ssm(parts.executor, *parts.aws, *scope, in.bucket);
  SshSettings settings{.user = in.user, .config = {}, .control_folder = parts.data_folder / "ssh"};
  if (parts.ssh) settings.config = parts.ssh(environment).config;
  return make_ssh(parts.executor, std::move(settings));
}

Awaitable<std::unique_ptr<Balancer>> make_balancer(const Inputs& in, const Parts& parts, const std::optional<aws::Scope>& scope,
                                                   Transport& transport) {
  if (!in.target_groups.empty()) co_return co_await find_target_groups(parts, *scope, in.target_groups);
  if (!in.haproxy_backend.empty()) co_return make_haproxy(parts.executor, in.haproxy_socket, in.haproxy_backend);
  if (!in.leave.empty()) co_return std::make_unique<CommandBalancer>(in, transport);
  co_return nullptr;
}

std::string appspec_name(const Inputs& in, const std::filesystem::path& workspace) {
  return in.destination.empty() ? appspec_in(workspace, in.appspec) : "";
}

Error no_way(const Inputs& in, const std::string& where) {
  return {ErrorKind::invalid,
          "there is no " + in.appspec + " in " + where + ", and neither destination nor service says what to do with the files",
          "add one of them to the step"};
}

Error two_ways(const std::string& appspec, const std::string& where) {
  return {ErrorKind::invalid,
          "there is " + appspec + " in " + where + ", whose hooks start the application, and `service` says something else",
          "leave `service` out, or give `destination`, which leaves the appspec out"};
}

Scripts make_scripts(const Inputs& in, const Parts& parts, const Names& names, const std::filesystem::path& workspace) {
  // An appspec counts when it is rolled out, too: its scripts are in the bundle.
  const auto name = appspec_name(in, workspace);
  const auto text = name.empty() ? std::nullopt : read_file_if_exists(workspace / name);
  if (!text) {
    if (in.destination.empty() && in.starts_nothing()) throw no_way(in, "the workspace");
    return plain_scripts(in, names);
  }
  if (!in.starts_nothing()) throw two_ways(name, "the workspace");
  return appspec_scripts(appspec_from(parts.parse(*text, name, Json::object()), exists_in(workspace)), in, names);
}

std::string describe_targets(const Inputs& in) {
  std::vector<std::string> parts;
  if (!in.hosts.empty()) parts.push_back(in.hosts.size() > 4 ? std::to_string(in.hosts.size()) + " hosts" : join(in.hosts, ", "));
  for (const auto& group : in.groups) parts.push_back("group " + group);
  for (const auto& [key, values] : in.tags) parts.push_back("tag " + key + "=" + join(values, "|"));
  return join(parts, "; ");
}

namespace {

std::string line_of(const Host& host) {
  std::string text = host.id + (host.zone.empty() ? "" : " (" + host.zone + ")");
  if (!host.reachable) return text + ": left out: " + host.unreachable_why;
  if (!host.release.empty()) text += ": from " + host.release.substr(0, 12);
  return text + (host.serving ? "" : ", not serving");
}

}  // namespace

std::vector<std::string> plan_lines(const Inputs& in, const std::vector<Host>& hosts, const std::string& what, const Balancer* balancer) {
  std::vector<std::string> lines;
  const int total = static_cast<int>(hosts.size());
  const auto serving = static_cast<int>(std::ranges::count_if(hosts, &Host::serving));
  const int must = needed(in.settings.pace, total);
  lines.push_back(what + " to " + std::to_string(total) + (total == 1 ? " host" : " hosts") + ", " +
                  (balancer ? "behind " + balancer->describe() : std::string("without a load balancer")));
  lines.push_back(rule_text(in.settings.pace, total) + "; " + std::to_string(serving) + (serving == 1 ? " serves" : " serve") +
                  " now, so at most " + std::to_string(std::max(serving - must, 0)) + " of them " + (serving - must == 1 ? "is" : "are") +
                  " out at once");
  std::vector<std::string> sizes;
  for (const int size : batches(in.settings.pace, total, serving)) sizes.push_back(std::to_string(size));
  lines.push_back("batches of " + join(sizes, ", ") + " in this order:");
  int number = 0;
  for (const auto& host : hosts) lines.push_back("  " + std::to_string(++number) + ". " + line_of(host));
  return lines;
}

}  // namespace fairlead::deploy::ec2
