// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "deploy/ec2/balancer.hpp"
#include "deploy/ec2/inputs.hpp"
#include "deploy/ec2/release.hpp"
#include "deploy/ec2/rollout.hpp"
#include "deploy/ec2/transport.hpp"
#include "fairlead/deploy/actions.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::deploy::ec2 {

/// One `ec2-deploy` step: performs what the machine says, many hosts side by side, and feeds back what it sees. Started again from its
/// first line after a restart of the server: the inventory and the machine's memory are remembered, effects are in the journal, and what a
/// host was told it does once whoever asks again. Lives as long as its coroutine.
class FleetStep {
 public:
  FleetStep(engine::StepContext&, const Parts&);
  ~FleetStep();
  Awaitable<engine::StepOutcome> run();

 private:
  Awaitable<void> prepare();
  Awaitable<void> walk();

  // Before a host is touched (fleet_inventory.cpp).
  Awaitable<void> make_release();
  Awaitable<void> make_release_again(Json facts);
  Awaitable<void> take_inventory();
  Awaitable<void> inventory();
  Awaitable<std::vector<Host>> list_hosts();
  Awaitable<void> ask_about(Host&);
  Awaitable<void> provide(std::vector<Host>&);
  void require_enough(const std::vector<Host>&) const;
  Awaitable<Json> stage(std::vector<Host> all);
  Awaitable<std::map<std::string, std::string>> stage_on_all(std::vector<Host>);
  Awaitable<void> stage_on(Host);
  Awaitable<void> stage_or_say(Host, std::shared_ptr<std::map<std::string, std::string>> failures);
  Awaitable<void> list_again();
  Awaitable<void> leave_boot_script();
  Awaitable<std::string> put_boot_script(std::vector<std::string> keys, std::string own);

  // Single commands (fleet_commands.cpp).
  Awaitable<void> tell();
  void begin(Command);
  Awaitable<void> perform(Command, int turn);
  Awaitable<void> look();
  Awaitable<void> traffic_hook(Host, std::string hook, std::string release, int turn);
  Awaitable<std::string> take_out_now(Host, int turn);
  Awaitable<std::string> put_in_now(Host);
  Awaitable<void> take_out(Host, int turn);
  Awaitable<std::string> only_take_out(Host);
  Awaitable<void> take_out_again(Host);
  Awaitable<void> put_in(Host, int turn);
  Awaitable<void> count_connections(Host);
  Awaitable<void> switch_to(Host, bool back, int turn);
  Awaitable<std::string> run_on_host(Host, std::string key, std::string body, int turn);
  Awaitable<std::optional<std::string>> attach(Host, std::string key, int turn);
  Awaitable<std::optional<std::string>> follow(Host, std::string key, int turn);
  Awaitable<std::string> ask_patiently(Host, std::string calls, std::chrono::seconds limit, std::optional<int> turn);
  Awaitable<void> verify(Host, int turn);
  Awaitable<std::map<std::string, Traffic>> probe_all(std::vector<Host>);
  Awaitable<void> probe(Host, std::shared_ptr<std::map<std::string, Traffic>>, std::shared_ptr<std::vector<std::string>> silent);
  std::string probe_calls() const;
  Awaitable<engine::StepOutcome> finish();
  std::map<std::string, std::string> names_of_run() const;
  std::string key_of(const Host&, const std::string& what) const;
  std::string effect_name(const std::string& what, const Host&) const;
  std::string app() const;
  const std::string& release() const { return inputs_.settings.release; }
  const Host& host(const std::string& id) const;
  template <class F>
  Awaitable<void> for_all(std::vector<Host>, F work);
  void check_time();
  Awaitable<void> watch_alarms();
  Awaitable<void> keep_groups(bool protect);
  Awaitable<std::string> keep_groups_now(bool protect);

  engine::StepContext& step_;
  const Parts& parts_;
  Inputs inputs_;
  std::optional<aws::Scope> scope_;
  std::vector<std::string> locks_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Balancer> balancer_;
  Bundle bundle_;  ///< without a sum: not made, since a rollback needs none
  Scripts scripts_;
  bool has_appspec_ = false;
  std::vector<Host> hosts_;
  std::optional<Rollout> machine_;
  struct Shared;
  std::shared_ptr<Shared> shared_;  ///< with the coroutines of single commands
  std::unique_ptr<Json> groups_;  ///< what is suspended and protected meanwhile
  Time alarms_at_{};
  Time started_{}, deadline_ = Time::max();
  bool timed_out_ = false;
  std::string kept_memory_, told_progress_;
};

}  // namespace fairlead::deploy::ec2
