// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "deploy/ec2/fleet_step.hpp"
#include "deploy/ec2/transport.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2 {

/// What a step and the coroutines of its single commands share. The step ends after the last of them.
struct FleetStep::Shared : std::enable_shared_from_this<FleetStep::Shared> {
  explicit Shared(asio::any_io_executor ex) : executor(std::move(ex)), changed(executor) {}

  /// `work` has handled its own errors.
  void start(Awaitable<void> work, std::function<void()> ended);
  Awaitable<void> wait_until(Time until, Time now);
  /// What a host's script wrote: for the log, and the end of it for the reason of a failure.
  void say(const std::string& host, const std::string& text);
  void close_line(const std::string& host);
  std::string last_words(const std::string& host) const;

  asio::any_io_executor executor;
  Signal changed;
  bool stirred = false;  ///< something changed since the last wait
  bool ending = false;   ///< whoever polls stops
  int running = 0;
  std::vector<std::string> lines;              ///< for the log, which only the step itself writes
  std::map<std::string, std::string> tails;    ///< end of what a host's script wrote
  std::map<std::string, std::string> open_lines;  ///< the beginning of a line whose end has not come yet
  std::map<std::string, int> turns;            ///< of a host: what was begun before the newest command is stale
};

/// As many side by side as the transport takes.
template <class F>
Awaitable<void> FleetStep::for_all(std::vector<Host> hosts, F work) {
  std::size_t next = 0;
  int open = 0;
  const int most = transport_->parallel();
  while (next < hosts.size() || open > 0) {
    while (next < hosts.size() && open < most) {
      ++open;
      shared_->start(work(hosts[next++]), [this, &open] {
        --open;
        shared_->changed.notify_all();
      });
    }
    if (open > 0) co_await shared_->changed.wait();
  }
}

std::unique_ptr<Transport> make_transport(const Inputs&, const Parts&, const std::optional<aws::Scope>&, const std::string& environment);
Awaitable<std::unique_ptr<Balancer>> make_balancer(const Inputs&, const Parts&, const std::optional<aws::Scope>&, Transport&);
/// The appspec file that the step goes by; empty: none.
std::string appspec_name(const Inputs&, const std::filesystem::path& workspace);
/// Nothing says what becomes of the files, where there is no appspec.
Error no_way(const Inputs&, const std::string& where);
/// Two things say it: an appspec and `service`.
Error two_ways(const std::string& appspec, const std::string& where);
Scripts make_scripts(const Inputs&, const Parts&, const Names&, const std::filesystem::path& workspace);
Awaitable<std::vector<Host>> find_hosts(const Inputs&, const Parts&, const std::optional<aws::Scope>&);
/// What has to be suspended and protected so that the groups leave their instances alone: {group: {processes[], instances[]}}, without
/// what is so already.
Awaitable<Json> suspend_groups(aws::Aws&, aws::Scope, std::vector<std::string> groups);
/// Does it, or undoes it. Set-like.
Awaitable<void> change_groups(aws::Aws&, aws::Scope, Json what, bool protect);
std::string describe_targets(const Inputs&);
inline constexpr const char* nobody_hint =
    "check tags, names and the region; instances count when they are running, those of a group when they are InService";
/// Hosts in order, batches, the arithmetic of min-healthy. `what`: "release 5f1a…". Pure.
std::vector<std::string> plan_lines(const Inputs&, const std::vector<Host>&, const std::string& what, const Balancer*);

}  // namespace fairlead::deploy::ec2
