// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet_step.hpp"

#include <algorithm>
#include <set>

#include "deploy/after_rollback.hpp"
#include "deploy/ec2/common.hpp"
#include "deploy/ec2/record.hpp"
#include "deploy/ec2/shared.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

FleetStep::FleetStep(engine::StepContext& step, const Parts& parts)
    : step_(step), parts_(parts), shared_(std::make_shared<Shared>(parts.executor)) {}
FleetStep::~FleetStep() = default;

Awaitable<engine::StepOutcome> FleetStep::run() {
  std::exception_ptr failed;
  engine::StepOutcome outcome;
  try {
    co_await prepare();
    co_await walk();
    outcome = co_await finish();
  } catch (...) {  // whatever it was: the coroutines of single commands still refer to this step
    failed = std::current_exception();
  }
  shared_->ending = true;
  while (shared_->running > 0) co_await shared_->changed.wait();
  if (transport_) co_await transport_->close();
  for (const auto& lock : locks_) co_await parts_.release(lock, step_.job().key);
  if (failed) std::rethrow_exception(failed);
  co_return outcome;
}

std::string FleetStep::app() const { return step_.job().app + "-" + step_.environment(); }

/// Of what is run on a host: the same after a restart, another for every attempt, direction and try.
std::string FleetStep::key_of(const Host& host, const std::string& what) const {
  const auto& key = step_.job().key;
  return uuid_from(key.run.str() + "\n" + key.job + "\n" + std::to_string(key.attempt) + "\n" + std::to_string(step_.index()) + "\n" +
                   host.id + "\n" + what);
}

const Host& FleetStep::host(const std::string& id) const {
  const auto found = std::ranges::find_if(machine_->rows(), [&id](const Rollout::Row& row) { return row.host.id == id; });
  if (found == machine_->rows().end()) throw Error(ErrorKind::internal, "there is no host " + id);
  return found->host;
}

Awaitable<void> FleetStep::prepare() {
  inputs_ = inputs_of(step_);
  if (!inputs_.ssh && !inputs_.secret_env.empty())
    throw Error(ErrorKind::invalid,
                "env." + inputs_.secret_env.begin()->first + " is a secret, and Systems Manager keeps what it sends in its command history",
                "let the script read it from Parameter Store or Secrets Manager with the instance's role, or use `transport: ssh`");
  if (parts_.scope) scope_ = parts_.scope(step_.environment());
  // What has begun is not left in the middle because of a new rule, nor because AWS, or the network of a server that has just started, is
  // away.
  const auto begun = co_await step_.recall("inventory");
  if (!begun) need_hosts_allowed(inputs_, parts_, step_.environment());
  transport_ = make_transport(inputs_, parts_, scope_, step_.environment());
  const auto find_balancer = [&] { return make_balancer(inputs_, parts_, scope_, *transport_); };
  balancer_ = begun ? co_await patiently(find_balancer) : co_await find_balancer();
  if (balancer_) {
    const auto times = co_await balancer_->times();
    inputs_.settings.drain = inputs_.drain.value_or(times.drain > Duration(0) ? times.drain : inputs_.settings.drain);
    inputs_.settings.health = std::max(inputs_.settings.health, times.health * 3);
  }
  if (is_release(step_.recorded())) {
    inputs_.settings.release = text_at(step_.recorded(), "release");
    has_appspec_ = flag_at(step_.recorded(), "appspec");
    inputs_.settings.resumes = true;
    inputs_.settings.checkpoints.clear();  // it has been good before, and is wanted now
    inputs_.alarms.clear();  // they may ring for what is left behind
  } else if (begun) {
    co_await make_release_again(parse_json(*begun));
    inputs_.settings.resumes = step_.job().key.attempt > 1;
  } else {
    co_await make_release();
    inputs_.settings.release = release_id(bundle_, scripts_);
    inputs_.settings.resumes = step_.job().key.attempt > 1;
  }
  // One deploy at a time of an app to an environment's hosts, and of anything to the same group or behind the same load balancer.
  std::set<std::string> resources{"ec2:" + step_.environment() + "/" + step_.job().app};
  for (const auto& group : inputs_.groups) resources.insert(lock_of_group(*scope_, group));
  if (balancer_)
    for (auto& resource : balancer_->resources()) resources.insert(std::move(resource));
  co_await take_all(step_, parts_, std::move(resources), locks_);
  co_await take_inventory();
  machine_.emplace(inputs_.settings, hosts_, started_);
  if (const auto memory = co_await step_.recall("rollout")) {
    kept_memory_ = *memory;
    machine_->recall(parse_json(*memory), step_.now());
  }
}

Awaitable<void> FleetStep::walk() {
  co_await tell();
  while (true) {
    check_time();
    bool finished = false;
    Time until = step_.now() + 1s;
    co_await watch_alarms();
    co_await ask_people(step_, *machine_);
    for (auto& command : machine_->next(step_.now())) {
      if (command.what == Do::finish)
        finished = true;
      else if (command.what == Do::wait)
        until = command.until;
      else
        begin(std::move(command));
    }
    co_await tell();
    if (finished) break;
    if (machine_->asked())
      co_await wait_for(step_, std::min(until, machine_->asked()->until), true);
    else
      co_await shared_->wait_until(until, step_.now());
  }
  co_await tell();
}

/// An alarm that rings while the release comes to hosts condemns it.
Awaitable<void> FleetStep::watch_alarms() {
  if (inputs_.alarms.empty() || !scope_ || machine_->verdict() || step_.now() < alarms_at_) co_return;
  alarms_at_ = step_.now() + 15s;
  std::string why;
  try {
    why = co_await ringing(parts_, *scope_, inputs_.alarms);
  } catch (const aws::AwsError& error) {
    shared_->lines.push_back("the alarms could not be read: " + error.message() + "\n");
  }
  if (!why.empty()) machine_->condemn(why, step_.now());
}

void FleetStep::check_time() {
  if (step_.cancel_requested()) return machine_->cancel("canceled", step_.now());
  if (step_.now() < deadline_) return;
  timed_out_ = true;
  machine_->cancel("timed out after " + format_duration(step_.timeout()), step_.now());
}

/// What the machine knows is kept before the next effect: a verdict that is decided stays decided.
Awaitable<void> FleetStep::tell() {
  for (auto& line : std::exchange(shared_->lines, {})) co_await step_.log(line);
  for (const auto& note : machine_->take_notes()) co_await step_.log(note + "\n");
  std::string memory = dump(machine_->memory());
  if (memory != kept_memory_) {
    co_await step_.remember("rollout", memory, true);
    kept_memory_ = std::move(memory);
  }
  Json hosts = Json::array();
  for (const auto& row : machine_->rows())
    hosts.push_back({{"host", row.host.id}, {"at", to_string(row.at)}, {"back", row.back}, {"failed", row.failed}, {"reason", row.reason}});
  const auto done = std::ranges::count_if(machine_->rows(), [](const auto& row) { return row.at == At::done; });
  Json json{
      {"kind", "ec2-deploy"}, {"target", describe_targets(inputs_)}, {"release", release()},           {"hosts", std::move(hosts)},
      {"done", done},         {"total", machine_->rows().size()},    {"serving", machine_->serving()}, {"needed", machine_->needed_now()}};
  if (machine_->verdict()) json["verdict"] = machine_->verdict()->outcome == Outcome::succeeded ? "succeeded" : "failed";
  std::string progress = dump(json);
  if (progress == told_progress_) co_return;
  told_progress_ = progress;
  co_await step_.progress(std::move(progress));
}

Awaitable<engine::StepOutcome> FleetStep::finish() {
  const Verdict& verdict = *machine_->verdict();
  engine::StepOutcome outcome;
  outcome.outputs = {{"release", release()}, {"hosts", std::to_string(machine_->rows().size())}};
  const auto text = verdict.reason + (verdict.rollback.empty() ? "" : "; " + verdict.rollback);
  co_await step_.log(text + "\n");
  if (verdict.outcome == Outcome::succeeded) {
    co_await leave_boot_script();
    outcome.record = dump(record_from(step_.with(), app(), release(), has_appspec_, machine_->rows()));
    if (!machine_->changed()) outcome.summary = short_release(release()) + " served on every host already: nothing was changed\n";
    co_return outcome;
  }
  outcome.reason = text;
  outcome.timed_out = timed_out_;
  outcome.state = verdict.outcome == Outcome::canceled && !timed_out_ ? engine::State::canceled : engine::State::failed;
  if (machine_->rolling_back() && machine_->touched() && verdict.outcome == Outcome::failed)
    co_await lock_after_rollback(step_, parts_, verdict.reason);
  co_return outcome;
}

}  // namespace fairlead::deploy::ec2
