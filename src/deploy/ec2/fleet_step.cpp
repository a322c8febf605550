// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/fleet_step.hpp"

#include <algorithm>
#include <set>

#include "deploy/ec2/shared.hpp"
#include "fairlead/aws/alarms.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr int releases_kept = 5;
constexpr auto stage_time = 15min;

Json to_json(const Host& host) {
  return {{"id", host.id},           {"address", host.address},     {"zone", host.zone},
          {"group", host.group},     {"reachable", host.reachable}, {"why", host.unreachable_why},
          {"release", host.release}, {"serving", host.serving}};
}

Host host_from(const Json& json) {
  return {.id = text_at(json, "id"),
          .address = text_at(json, "address"),
          .zone = text_at(json, "zone"),
          .group = text_at(json, "group"),
          .reachable = flag_at(json, "reachable", true),
          .unreachable_why = text_at(json, "why"),
          .release = text_at(json, "release"),
          .serving = flag_at(json, "serving", true)};
}

}  // namespace

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
  if (!lock_.empty()) co_await parts_.release(lock_, step_.job().key);
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
  transport_ = make_transport(inputs_, parts_, scope_, step_.environment());
  balancer_ = co_await make_balancer(inputs_, parts_, scope_, *transport_);
  const auto workspace = step_.host().workspace();
  const auto file = workspace.parent_path() / ("bundle-" + std::to_string(step_.index()) + ".tgz");
  bundle_ = co_await make_bundle(workspace, inputs_.files, file, deadline_in(stage_time));
  scripts_ = make_scripts(inputs_, parts_,
                          {.deployment = step_.job().key.run.str(), .app = step_.job().app, .environment = step_.environment()}, workspace);
  has_appspec_ = scripts_.contains("stop") || scripts_.size() > 1 || inputs_.destination.empty();
  inputs_.settings.release = bundle_.release;
  if (balancer_) {
    const auto times = co_await balancer_->times();
    inputs_.settings.drain = inputs_.drain.value_or(times.drain > Duration(0) ? times.drain : inputs_.settings.drain);
    inputs_.settings.health = std::max(inputs_.settings.health, times.health * 3);
  }
  co_await take_lock();
  const auto remembered = co_await step_.recall("inventory");
  if (!remembered) co_await inventory();
  const Json facts = parse_json((co_await step_.recall("inventory")).value());
  for (const auto& one : member(facts, "hosts")) hosts_.push_back(host_from(one));
  started_ = time_at(facts, "started").value_or(step_.now());
  if (text_at(facts, "release") != bundle_.release)
    throw Error(ErrorKind::conflict,
                "the files of the workspace changed while the server was away: the deploy had begun with release " +
                    text_at(facts, "release").substr(0, 12) + ", they now make " + bundle_.release.substr(0, 12),
                "retry the run");
  if (balancer_) balancer_->recall(member(facts, "balancer"));
  groups_ = std::make_unique<Json>(member(facts, "groups"));
  if (step_.timeout().count() > 0) deadline_ = started_ + step_.timeout();
  if (remembered) co_await step_.log("the server was restarted; the deploy goes on\n");
  if (!co_await step_.recall("staged")) {
    co_await stage();
    co_await step_.remember("staged", "true");
  }
  machine_.emplace(inputs_.settings, hosts_, started_);
  if (const auto memory = co_await step_.recall("rollout")) {
    kept_memory_ = *memory;
    machine_->recall(parse_json(*memory), step_.now());
  }
}

/// One deploy at a time of an app to an environment's hosts, whoever asks.
Awaitable<void> FleetStep::take_lock() {
  const std::string resource = "ec2:" + step_.environment() + "/" + step_.job().app;
  std::string holder;
  while (const auto other = co_await parts_.take(resource, step_.job().key)) {
    if (*other != holder) co_await step_.log("waiting for " + *other + ", which deploys to these hosts now\n");
    holder = *other;
    if (step_.cancel_requested()) throw Error(ErrorKind::invalid, "canceled while waiting for " + holder + "; nothing was changed");
    co_await wait_until(step_.now() + 2s);
  }
  lock_ = resource;
}

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

Awaitable<void> FleetStep::ask_about(Host& host) {
  if (!host.reachable) co_return;
  try {
    const auto answer = said(
        co_await transport_->ask(host, "fl_host " + shell_word(app()) + " " + shell_word(inputs_.destination), deadline_in(30s)), "host");
    host.release = answer.empty() || answer[0] == "-" ? "" : answer[0];
    const auto missing = answer.size() > 3 ? answer[3] : std::string();
    const auto free = answer.size() > 2 ? parse_int(answer[2]).value_or(0) * 1024 : 0;
    if (!missing.empty()) {
      host.reachable = false;
      host.unreachable_why = "it lacks " + replace_all(missing, ",", ", ") + ": install util-linux, coreutils, tar and gzip";
    } else if (free < bundle_.size * 4) {
      host.reachable = false;
      host.unreachable_why = "its disk is nearly full: " + std::to_string(free >> 20) + " MiB are free, the release needs " +
                             std::to_string(bundle_.size * 4 >> 20) + " MiB";
    }
  } catch (const Error& error) {
    host.reachable = false;
    host.unreachable_why = error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  }
}

Awaitable<std::vector<Host>> FleetStep::list_hosts() {
  auto hosts = co_await find_hosts(inputs_, parts_, scope_);
  if (hosts.empty())
    throw Error(ErrorKind::invalid, "no host matches the targets: " + describe_targets(inputs_), "check tags, names and the region");
  if (static_cast<int>(hosts.size()) > inputs_.max_hosts)
    throw Error(ErrorKind::invalid,
                std::to_string(hosts.size()) + " hosts match the targets (" + describe_targets(inputs_) +
                    "), more than max-hosts: " + std::to_string(inputs_.max_hosts),
                "narrow the targets, or raise max-hosts if they are meant");
  auto slots = std::make_shared<std::vector<Host>>(std::move(hosts));
  co_await for_all(*slots, [this, slots](const Host& one) -> Awaitable<void> {
    const auto found = std::ranges::find_if(*slots, [&one](const Host& host) { return host.id == one.id; });
    return ask_about(*found);
  });
  if (balancer_) {
    const auto traffic = co_await balancer_->look(*slots);
    for (auto& one : *slots) {
      const auto found = traffic.find(one.id);
      if (found == traffic.end() && one.reachable) {
        one.reachable = false;
        one.unreachable_why = balancer_->describe() + " does not know it";
      }
      one.serving = found != traffic.end() && found->second.kind == Traffic::Kind::serving;
    }
  } else {
    for (auto& one : *slots) one.serving = one.reachable;
  }
  co_return *slots;
}

Awaitable<void> FleetStep::inventory() {
  auto hosts = in_order(co_await list_hosts(), bundle_.release, inputs_.settings.pace.zonal);
  std::vector<std::string> problems;
  for (const auto& one : hosts)
    if (!one.reachable) problems.push_back(one.id + ": " + one.unreachable_why);
  const int total = static_cast<int>(hosts.size());
  const bool all = static_cast<int>(problems.size()) == total;
  if (all || static_cast<int>(problems.size()) > borne(inputs_.settings.pace, total))
    throw Error(ErrorKind::invalid, "nothing was changed: " + std::to_string(problems.size()) + " of " + std::to_string(total) +
                                        " hosts cannot be deployed to (max-failures bears " +
                                        std::to_string(borne(inputs_.settings.pace, total)) + "):\n" + join(problems, "\n"));
  if (const auto why = impossible(inputs_.settings.pace, hosts); !why.empty())
    throw Error(ErrorKind::invalid, "nothing was changed: " + why);
  for (const auto& line : plan_lines(inputs_, hosts, "release " + bundle_.release.substr(0, 12), balancer_.get()))
    co_await step_.log(line + "\n");
  Json list = Json::array();
  for (const auto& one : hosts) list.push_back(to_json(one));
  Json facts{{"hosts", std::move(list)}, {"release", bundle_.release}, {"started", to_micros(step_.now())}};
  if (balancer_) facts["balancer"] = balancer_->memory();
  if (!inputs_.groups.empty()) facts["groups"] = co_await suspend_groups(*parts_.aws, *scope_, inputs_.groups);
  co_await step_.remember("inventory", dump(facts));
}

/// On all hosts before any traffic moves.
Awaitable<void> FleetStep::stage() {
  auto failures = std::make_shared<std::vector<std::string>>();
  std::vector<Host> reachable;
  std::ranges::copy_if(hosts_, std::back_inserter(reachable), &Host::reachable);
  co_await step_.log("staging release " + bundle_.release.substr(0, 12) + " (" + std::to_string(bundle_.files) + " files, " +
                     std::to_string((bundle_.size + 1023) / 1024) + " KiB) on " + std::to_string(reachable.size()) + " hosts\n");
  co_await for_all(reachable, [this, failures](Host one) -> Awaitable<void> { return stage_or_say(std::move(one), failures); });
  if (failures->empty()) co_return;
  throw Error(ErrorKind::invalid, "nothing was changed in traffic: the release could not be staged on " + std::to_string(failures->size()) +
                                      " of " + std::to_string(reachable.size()) + " hosts:\n" + join(*failures, "\n"));
}

Awaitable<void> FleetStep::stage_or_say(Host one, std::shared_ptr<std::vector<std::string>> failures) {
  try {
    co_await stage_on(one);
  } catch (const Error& error) {
    failures->push_back(error.message() + (error.hint().empty() ? "" : "; " + error.hint()));
  }
}

Awaitable<void> FleetStep::stage_on(Host one) {
  const auto name = shell_word(app());
  const auto release = shell_word(bundle_.release);
  co_await transport_->upload(one, app(), bundle_.release, bundle_.file, deadline_in(stage_time));
  std::string calls = "fl_unpack " + name + " " + release + "\n";
  for (const auto& [script, text] : scripts_) calls += "fl_script " + name + " " + release + " " + shell_word(script) + here(text);
  calls += "fl_prune " + name + " " + std::to_string(releases_kept);
  co_await transport_->ask(one, std::move(calls), deadline_in(5min));
}

Awaitable<void> FleetStep::walk() {
  co_await tell();
  while (true) {
    check_time();
    bool finished = false;
    Time until = step_.now() + 1s;
    co_await watch_alarms();
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
    const auto alarms = co_await aws::alarm_states(*parts_.aws, *scope_, inputs_.alarms);
    for (const auto& alarm : alarms) {
      if (alarm.state == "ALARM") why = "alarm " + alarm.name + " rang: " + alarm.reason;
      if (alarm.state == "MISSING") why = "there is no alarm \"" + alarm.name + "\"";
    }
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
      {"kind", "ec2-deploy"}, {"target", describe_targets(inputs_)}, {"release", bundle_.release},     {"hosts", std::move(hosts)},
      {"done", done},         {"total", machine_->rows().size()},    {"serving", machine_->serving()}, {"needed", machine_->needed_now()}};
  if (machine_->verdict()) json["verdict"] = machine_->verdict()->outcome == Outcome::succeeded ? "succeeded" : "failed";
  std::string progress = dump(json);
  if (progress == told_progress_) co_return;
  told_progress_ = progress;
  co_await step_.progress(std::move(progress));
}

Awaitable<void> FleetStep::wait_until(Time until) {
  const auto span = std::clamp<Duration>(until - step_.now(), 1ms, 1min);
  try {
    co_await with_deadline(step_.canceled(), deadline_in(span), "waiting");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout) throw;
  }
}

Awaitable<engine::StepOutcome> FleetStep::finish() {
  const Verdict& verdict = *machine_->verdict();
  engine::StepOutcome outcome;
  outcome.outputs = {{"release", bundle_.release}, {"hosts", std::to_string(machine_->rows().size())}};
  const auto text = verdict.reason + (verdict.rollback.empty() ? "" : "; " + verdict.rollback);
  co_await step_.log(text + "\n");
  if (verdict.outcome == Outcome::succeeded) co_return outcome;
  outcome.reason = text;
  outcome.timed_out = timed_out_;
  outcome.state = verdict.outcome == Outcome::canceled && !timed_out_ ? engine::State::canceled : engine::State::failed;
  if (machine_->rolling_back() && verdict.outcome == Outcome::failed)
    co_await parts_.hold(step_.environment(), step_.job().app, "rolled back: " + verdict.reason);
  co_return outcome;
}

}  // namespace fairlead::deploy::ec2
