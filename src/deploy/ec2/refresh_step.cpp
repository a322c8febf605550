// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/refresh_step.hpp"

#include <algorithm>

#include "deploy/after_rollback.hpp"
#include "deploy/ec2/common.hpp"
#include "deploy/ec2/shared.hpp"
#include "deploy/patience.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/ids.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr int two_days = 172'800;  ///< longest CheckpointDelay: AWS holds for people, who are asked far less long
constexpr auto seen_within = 10s;  ///< a refresh that was started shows

bool is_number(const std::string& version) { return parse_int(version).has_value(); }

Awaitable<Json> refreshes(aws::Aws& aws, aws::Scope scope, std::string group) {
  Json params{{"AutoScalingGroupName", group}, {"MaxRecords", 50}};
  const auto answer = co_await patiently([&] { return aws.call(scope, "autoscaling:DescribeInstanceRefreshes", params); });
  co_return member(answer, "InstanceRefreshes");
}

}  // namespace

Awaitable<TemplateVersion> find_version(aws::Aws& aws, aws::Scope scope, std::string template_id, std::string wanted) {
  Json params{{"LaunchTemplateId", template_id}, {"Versions", Json::array({wanted})}};
  Json answer;
  try {
    answer = co_await aws.call(std::move(scope), "ec2:DescribeLaunchTemplateVersions", std::move(params));
  } catch (const aws::AwsError& error) {
    if (error.failure() != aws::Failure::rejected) throw;
  }
  for (const auto& one : member(answer, "LaunchTemplateVersions"))
    co_return TemplateVersion{std::to_string(number_at(one, "VersionNumber")), text_at(member(one, "LaunchTemplateData"), "ImageId")};
  throw Error(ErrorKind::not_found, "launch template " + template_id + " has no version " + wanted,
              "aws ec2 describe-launch-template-versions lists them");
}

Awaitable<Json> describe_group(aws::Aws& aws, aws::Scope scope, std::string name) {
  Json params{{"AutoScalingGroupNames", Json::array({name})}};
  const auto answer = co_await patiently([&] { return aws.call(scope, "autoscaling:DescribeAutoScalingGroups", params); });
  for (const auto& one : member(answer, "AutoScalingGroups")) co_return one;
  throw Error(ErrorKind::not_found, "there is no auto-scaling group \"" + name + "\"", "check the name and the region");
}

Awaitable<Json> active_refresh(aws::Aws& aws, aws::Scope scope, std::string name) {
  const auto list = co_await refreshes(aws, std::move(scope), std::move(name));
  for (const auto& one : list) {
    const auto status = text_at(one, "Status");
    if (status == "Pending" || status == "InProgress" || status == "Baking" || status == "Cancelling" || status == "RollbackInProgress")
      co_return one;
  }
  co_return nullptr;
}

RefreshStep::RefreshStep(engine::StepContext& step, const Parts& parts) : step_(step), parts_(parts) {}

Awaitable<engine::StepOutcome> RefreshStep::run() {
  std::exception_ptr failed;
  engine::StepOutcome outcome;
  try {
    co_await prepare();
    if (!nothing_to_do_) co_await walk();
    outcome = outcome_of();
    if (!outcome.reason.empty() || machine_)
      co_await step_.log((outcome.reason.empty() ? machine_->verdict()->reason : outcome.reason) + "\n");
    if (machine_ && machine_->rolling_back() && machine_->verdict()->outcome == Outcome::failed)
      co_await lock_after_rollback(step_, parts_, machine_->verdict()->reason);
  } catch (...) {  // the locks are given back first
    failed = std::current_exception();
  }
  for (const auto& lock : locks_) co_await parts_.release(lock, step_.job().key);
  if (failed) std::rethrow_exception(failed);
  co_return outcome;
}

Awaitable<void> RefreshStep::prepare() {
  inputs_ = inputs_of(step_);
  const auto scope = parts_.scope ? parts_.scope(step_.environment()) : std::nullopt;
  if (!scope)
    throw Error(ErrorKind::invalid, "strategy: instance-refresh needs an `aws:` block of the environment", "add it to fairlead.yml");
  scope_ = *scope;
  if (!text_at(step_.recorded(), "version").empty()) inputs_.alarms.clear();  // it may ring for what is left behind
  co_await take_all(step_, parts_, {lock_of_group(scope_, inputs_.groups.front())}, locks_);
  const auto remembered = co_await step_.recall("plan");
  if (!remembered) co_await plan();
  const Json facts = parse_json((co_await step_.recall("plan")).value());
  version_ = text_at(facts, "version");
  baseline_ = text_at(facts, "baseline");
  image_ = text_at(facts, "image");
  nothing_to_do_ = flag_at(facts, "nothing_to_do");
  started_ = time_at(facts, "started").value_or(step_.now());
  failed_before_ = member(facts, "failed_before").get<std::set<std::string>>();
  if (step_.timeout().count() > 0) deadline_ = started_ + step_.timeout();
  if (remembered) co_await step_.log("the server was restarted; the deploy goes on\n");
  refresh_ = (co_await step_.recall("refresh")).value_or("");
  group_ = group_from(co_await describe_group(*parts_.aws, scope_, inputs_.groups.front()));
  RefreshSettings settings;
  settings.version = version_;
  settings.baseline = baseline_;
  settings.reversible = flag_at(facts, "reversible");
  settings.roll_back = inputs_.settings.roll_back;
  if (text_at(step_.recorded(), "version").empty())
    settings.checkpoints = inputs_.settings.checkpoints;  // what was good before is wanted now
  settings.patience = inputs_.settings.patience;
  settings.progress = inputs_.settings.progress + inputs_.warmup.value_or(group_.warmup);
  settings.grace = std::max<Duration>(group_.grace, 1min);
  const auto memory = co_await step_.recall("machine");
  if (memory) co_await find_started(static_cast<int>(number_at(parse_json(*memory), "round")) + 1);
  machine_.emplace(settings, co_await look(), started_);
  if (memory) {
    kept_memory_ = *memory;
    machine_->recall(parse_json(*memory), step_.now());
  }
}

/// What is decided before anything is changed, once.
Awaitable<void> RefreshStep::plan() {
  const auto group = group_from(co_await describe_group(*parts_.aws, scope_, inputs_.groups.front()));
  if (!inputs_.alarms.empty())
    if (const auto why = co_await ringing(parts_, scope_, inputs_.alarms); !why.empty())
      throw Error(ErrorKind::refused, "nothing was changed: " + why, "see to the alarm, or correct `alarms`, then deploy again");
  if (const auto active = co_await active_refresh(*parts_.aws, scope_, group.name); active.is_object())
    throw Error(ErrorKind::conflict,
                "nothing was changed: instance refresh " + text_at(active, "InstanceRefreshId") + " of group " + group.name + " is " +
                    text_at(active, "Status") + " already",
                "wait for it, or cancel it");
  const auto version = co_await wanted_version(group);
  const auto found = co_await find_version(*parts_.aws, scope_, group.template_id, version);
  const auto baseline = is_number(group.configured) ? group.configured : version_of_most(group.members);
  std::set<std::string> failed;
  for (const auto& one : co_await activities())
    if (text_at(one, "StatusCode") == "Failed") failed.insert(text_at(one, "ActivityId"));
  const bool all = std::ranges::all_of(group.members, [&](const Member& one) { return one.version == version; });
  const Json facts{{"version", version},
                   {"baseline", baseline == version ? version_of_most(group.members) : baseline},
                   {"image", found.image},
                   {"reversible", is_number(group.configured) && group.configured != version},
                   {"nothing_to_do", all && group.configured == version},
                   {"failed_before", failed},
                   {"started", to_micros(step_.now())}};
  co_await step_.log("group " + group.name + ": " + std::to_string(group.members.size()) + " instances from version " +
                     (baseline.empty() ? "?" : baseline) + " to version " + version + " of launch template " + group.template_id +
                     (found.image.empty() ? "" : " (" + found.image + ")") + "\n");
  co_await step_.remember("plan", dump(facts));
}

Awaitable<std::string> RefreshStep::wanted_version(const Group& group) {
  if (const auto then = text_at(step_.recorded(), "version"); !then.empty()) {
    co_await step_.log("rollback: version " + then + " of the launch template, as it was deployed then\n");
    co_return then;
  }
  if (!inputs_.image.empty()) co_return co_await new_version(group);
  const auto found = co_await find_version(*parts_.aws, scope_, group.template_id,
                                           inputs_.template_version.empty() ? "$Latest" : inputs_.template_version);
  co_return found.number;
}

/// The version that the group has now with another image. AWS makes it once for a token.
Awaitable<std::string> RefreshStep::new_version(const Group& group) {
  const auto source = co_await find_version(*parts_.aws, scope_, group.template_id, group.configured);
  if (source.image == inputs_.image) co_return source.number;
  Json request{{"LaunchTemplateId", group.template_id},
               {"SourceVersion", source.number},
               {"VersionDescription", "fairlead " + step_.job().app + " " + step_.job().key.run.str()},
               {"LaunchTemplateData", {{"ImageId", inputs_.image}}}};
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };  // the token tells
  const auto act = [this, request](std::string key) -> Awaitable<std::string> {
    auto body = request;
    body["ClientToken"] = key;
    const auto answer = co_await patiently([&] { return parts_.aws->call(scope_, "ec2:CreateLaunchTemplateVersion", body); });
    co_return dump(Json{{"version", std::to_string(number_at(member(answer, "LaunchTemplateVersion"), "VersionNumber"))}});
  };
  const auto made = co_await step_.effect("launch-template-version", store::OpClass::a, dump(request), probe, act);
  const auto version = text_at(parse_json(made), "version");
  co_await step_.log("made version " + version + " of launch template " + group.template_id + " with " + inputs_.image + "\n");
  co_return version;
}

Awaitable<void> RefreshStep::walk() {
  co_await tell();
  while (true) {
    check_time();
    co_await watch_alarms();
    co_await ask_people(step_, *machine_);
    const auto command = machine_->next(step_.now());
    co_await tell();
    if (command.what == RefreshDo::finish) break;
    co_await perform(command);
    co_await tell();
  }
}

Awaitable<void> RefreshStep::perform(RefreshCommand command) {
  std::string why;
  try {
    const auto round = std::to_string(command.round);
    switch (command.what) {
      case RefreshDo::start:
        co_await start("refresh:" + round, version_, command.percent);
        machine_->started(step_.now());
        break;
      case RefreshDo::start_back:
        co_await start("refresh:back", baseline_, 100);
        machine_->started(step_.now());
        break;
      case RefreshDo::look: {
        const auto seen = co_await look();
        machine_->saw(seen, step_.now());
        break;
      }
      case RefreshDo::cancel:
        co_await change("cancel:" + round + (machine_->rolling_back() ? ":back" : ""), "autoscaling:CancelInstanceRefresh");
        machine_->done(command.what, step_.now());
        break;
      case RefreshDo::undo:
        co_await change("undo", "autoscaling:RollbackInstanceRefresh");
        machine_->done(command.what, step_.now());
        break;
      case RefreshDo::wait: co_await wait_for(step_, command.until, machine_->asked().has_value()); break;
      case RefreshDo::finish: break;
    }
  } catch (const Error& error) {
    why = error.message();
  }
  if (!why.empty()) machine_->refused(command.what, why, step_.now());
}

Awaitable<RefreshLook> RefreshStep::look() {
  const auto group = co_await describe_group(*parts_.aws, scope_, inputs_.groups.front());
  Json refresh;
  if (!refresh_.empty()) {
    Json params{{"AutoScalingGroupName", group_.name}, {"InstanceRefreshIds", Json::array({refresh_})}};
    const auto answer = co_await patiently([&] { return parts_.aws->call(scope_, "autoscaling:DescribeInstanceRefreshes", params); });
    for (const auto& one : member(answer, "InstanceRefreshes")) refresh = one;
  }
  const auto lately = co_await activities();
  std::vector<aws::elb::TargetHealth> health;
  for (const auto& arn : group_.target_groups)
    for (auto& one : co_await patiently([&] { return aws::elb::target_health(*parts_.aws, scope_, arn); }))
      health.push_back(std::move(one));
  co_return look_from(group, refresh, lately, health, failed_before_);
}

Awaitable<Json> RefreshStep::activities() {
  Json params{{"AutoScalingGroupName", inputs_.groups.front()}, {"MaxRecords", 50}};
  const auto answer = co_await patiently([&] { return parts_.aws->call(scope_, "autoscaling:DescribeScalingActivities", params); });
  co_return member(answer, "Activities");
}

Json RefreshStep::request_of(const std::string& version, int percent) const {
  const auto& least = inputs_.settings.pace.min_healthy;
  const int desired = std::max(group_.desired, 1);
  Json preferences{
      {"MinHealthyPercentage", least.percent ? least.value : std::min(100, (least.at_least(desired) * 100 + desired - 1) / desired)},
      {"SkipMatching", true},
      {"ScaleInProtectedInstances", "Refresh"},
      {"StandbyInstances", "Ignore"}};
  if (inputs_.max_healthy > 100) preferences["MaxHealthyPercentage"] = inputs_.max_healthy;
  if (inputs_.warmup) preferences["InstanceWarmup"] = std::chrono::duration_cast<std::chrono::seconds>(*inputs_.warmup).count();
  if (percent < 100) {
    preferences["CheckpointPercentages"] = {percent, 100};
    preferences["CheckpointDelay"] = two_days;
  }
  const bool forth = version == version_;
  if (forth && !inputs_.alarms.empty()) preferences["AlarmSpecification"] = {{"Alarms", inputs_.alarms}};
  if (forth && percent == 100 && inputs_.settings.bake > Duration(0))
    preferences["BakeTime"] = std::chrono::duration_cast<std::chrono::seconds>(inputs_.settings.bake).count();
  // Also while nobody is here to see it fail.
  if (forth && inputs_.settings.roll_back && is_number(group_.configured) && group_.configured != version)
    preferences["AutoRollback"] = true;
  return {{"AutoScalingGroupName", group_.name},
          {"Strategy", "Rolling"},
          {"DesiredConfiguration", desired_configuration(group_, version)},
          {"Preferences", std::move(preferences)}};
}

Awaitable<void> RefreshStep::start(std::string name, std::string version, int percent) {
  const auto fact = name + ":before";
  if (!co_await step_.recall(fact)) {
    Json known = Json::array();
    for (const auto& one : co_await refreshes(*parts_.aws, scope_, group_.name)) known.push_back(text_at(one, "InstanceRefreshId"));
    co_await step_.remember(fact, dump(known));
  }
  const auto known = parse_json((co_await step_.recall(fact)).value()).get<std::vector<std::string>>();
  const auto request = request_of(version, percent);
  const auto probe = [this, version, known] { return find_ours(version, known); };
  const auto act = [this, request, version, known](std::string) { return send_start(request, version, known); };
  refresh_ = co_await step_.effect(name, store::OpClass::b, dump(request), probe, act);
  co_await step_.remember("refresh", refresh_, true);
  co_await step_.log("instance refresh " + refresh_ + " to version " + version +
                     (percent < 100 ? " up to " + std::to_string(percent) + "%" : "") + "\n");
}

/// A server that died while it started a refresh may not know that it goes on: who cancels now, or an alarm, means that one.
Awaitable<void> RefreshStep::find_started(int round) {
  const auto before = co_await step_.recall("refresh:" + std::to_string(round) + ":before");
  if (!before) co_return;
  const auto found = co_await find_ours(version_, parse_json(*before).get<std::vector<std::string>>());
  if (!found) co_return;
  refresh_ = *found;
  co_await step_.remember("refresh", refresh_, true);
}

/// Our refresh is the one that was not there before and goes to our version.
Awaitable<std::optional<std::string>> RefreshStep::find_ours(std::string version, std::vector<std::string> known) {
  for (const auto& one : co_await refreshes(*parts_.aws, scope_, group_.name)) {
    const auto id = text_at(one, "InstanceRefreshId");
    if (std::ranges::find(known, id) == known.end() && version_in(member(one, "DesiredConfiguration")) == version) co_return id;
  }
  co_return std::nullopt;
}

/// A refresh has no token, but a group has one refresh at a time: when the answer is lost, it is looked for before it is asked for again.
Awaitable<std::string> RefreshStep::send_start(Json request, std::string version, std::vector<std::string> known) {
  const Deadline end = deadline_in(outage);
  while (true) {
    std::string busy;
    try {
      const auto answer = co_await parts_.aws->call(scope_, "autoscaling:StartInstanceRefresh", request);
      co_return text_at(answer, "InstanceRefreshId");
    } catch (const aws::AwsError& error) {
      if (error.code().starts_with("InstanceRefreshInProgress"))
        busy = error.facts().said;
      else if ((!error.outcome_unknown() && !is_away(error)) || Deadline::clock::now() > end)
        throw;
    }
    const auto until = deadline_in(seen_within);
    do {
      if (const auto found = co_await find_ours(version, known)) co_return *found;
      co_await sleep_for(1s);
    } while (Deadline::clock::now() < until);
    if (!busy.empty()) throw Error(ErrorKind::conflict, "another instance refresh of group " + group_.name + " is in progress: " + busy);
  }
}

Awaitable<void> RefreshStep::change(std::string name, std::string operation) {
  const Json request{{"AutoScalingGroupName", group_.name}};
  const auto probe = [this]() -> Awaitable<std::optional<std::string>> {
    const auto active = co_await active_refresh(*parts_.aws, scope_, group_.name);
    const auto status = text_at(active, "Status");
    if (!active.is_object() || text_at(active, "InstanceRefreshId") != refresh_ || status == "Cancelling" || status == "RollbackInProgress")
      co_return "{}";
    co_return std::nullopt;
  };
  const auto act = [this, operation, request](std::string) -> Awaitable<std::string> {
    try {
      co_await parts_.aws->call(scope_, operation, request);
    } catch (const aws::AwsError& error) {
      // It ended by itself, or a lost answer had done it: the next look tells.
      if (!error.outcome_unknown() && !error.code().starts_with("ActiveInstanceRefreshNotFound")) throw;
    }
    co_return "{}";
  };
  co_await step_.effect(std::move(name), store::OpClass::b, dump(request), probe, act);
}

/// AWS watches them as well, but not at a checkpoint.
Awaitable<void> RefreshStep::watch_alarms() {
  if (inputs_.alarms.empty() || machine_->verdict() || machine_->rolling_back() || step_.now() < alarms_at_) co_return;
  alarms_at_ = step_.now() + 15s;
  std::string why;
  try {
    why = co_await ringing(parts_, scope_, inputs_.alarms);
  } catch (const aws::AwsError&) {
    co_return;  // asked again
  }
  if (!why.empty()) machine_->condemn(why, step_.now());
}

void RefreshStep::check_time() {
  if (machine_->rolling_back() || machine_->verdict()) return;
  if (step_.cancel_requested()) return machine_->cancel("canceled", step_.now());
  if (step_.now() < deadline_) return;
  timed_out_ = true;
  machine_->cancel("timed out after " + format_duration(step_.timeout()), step_.now());
}

/// What the machine knows is kept before the next effect: a verdict that is decided stays decided.
Awaitable<void> RefreshStep::tell() {
  for (const auto& note : machine_->take_notes()) co_await step_.log(note + "\n");
  std::string memory = dump(machine_->memory());
  if (memory != kept_memory_) {
    co_await step_.remember("machine", memory, true);
    kept_memory_ = std::move(memory);
  }
  const auto& seen = machine_->seen();
  Json hosts = Json::array();
  for (const auto& one : seen.members)
    hosts.push_back(
        {{"host", one.id}, {"at", one.version == version_ ? "done" : "waiting"}, {"state", one.lifecycle}, {"version", one.version}});
  Json json{{"kind", "ec2-deploy"},        {"strategy", "instance-refresh"}, {"target", describe_targets(inputs_)},
            {"version", version_},         {"status", seen.status},          {"percent", seen.percent},
            {"done", machine_->updated()}, {"total", seen.desired},          {"hosts", std::move(hosts)}};
  if (machine_->verdict()) json["verdict"] = machine_->verdict()->outcome == Outcome::succeeded ? "succeeded" : "failed";
  std::string progress = dump(json);
  if (progress == told_progress_) co_return;
  told_progress_ = progress;
  co_await step_.progress(std::move(progress));
}

engine::StepOutcome RefreshStep::outcome_of() const {
  engine::StepOutcome outcome;
  outcome.outputs = {{"release", "version " + version_}, {"hosts", std::to_string(machine_->seen().members.size())}};
  const auto verdict = machine_->verdict().value_or(Verdict{.outcome = Outcome::succeeded, .reason = {}, .rollback = {}});
  if (nothing_to_do_) outcome.summary = "every instance ran version " + version_ + " already: nothing was changed\n";
  if (verdict.outcome == Outcome::succeeded) {
    Json hosts = Json::array();
    for (const auto& one : machine_->seen().members)
      hosts.push_back({{"host", one.id}, {"zone", one.zone}, {"release", "version " + one.version}, {"state", one.lifecycle}});
    outcome.record = dump(Json{{"kind", "ec2-deploy"},
                               {"strategy", "instance-refresh"},
                               {"target", "ec2:" + describe_targets(inputs_)},
                               {"group", group_.name},
                               {"template", group_.template_id},
                               {"version", version_},
                               {"image", image_},
                               {"release", "version " + version_},
                               {"hosts", std::move(hosts)}});
    return outcome;
  }
  outcome.reason = verdict.reason + (verdict.rollback.empty() ? "" : "; " + verdict.rollback);
  outcome.timed_out = timed_out_;
  outcome.state = verdict.outcome == Outcome::canceled && !timed_out_ ? engine::State::canceled : engine::State::failed;
  return outcome;
}

}  // namespace fairlead::deploy::ec2
