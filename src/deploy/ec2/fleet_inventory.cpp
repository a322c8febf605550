// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "deploy/ec2/shared.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

// What there is before a host is touched: the release, the hosts, and the release on the hosts.
namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr int releases_kept = 5;
constexpr auto stage_time = 15min;

Json to_json(const Host& host) {
  return {{"id", host.id},           {"address", host.address},         {"zone", host.zone},
          {"group", host.group},     {"reachable", host.reachable},     {"why", host.unreachable_why},
          {"release", host.release}, {"has_release", host.has_release}, {"serving", host.serving}};
}

Host host_from(const Json& json) {
  return {.id = text_at(json, "id"),
          .address = text_at(json, "address"),
          .zone = text_at(json, "zone"),
          .group = text_at(json, "group"),
          .reachable = flag_at(json, "reachable", true),
          .unreachable_why = text_at(json, "why"),
          .release = text_at(json, "release"),
          .has_release = flag_at(json, "has_release"),
          .serving = flag_at(json, "serving", true)};
}

std::string size_text(std::int64_t bytes) {
  return bytes < 10 << 20 ? std::to_string((bytes + 1023) / 1024) + " KiB" : std::to_string(bytes >> 20) + " MiB";
}

bool lacks(const Host& host) { return host.reachable && !host.has_release; }

}  // namespace

/// From the files of the workspace; the same files give the same bytes, also after a restart.
Awaitable<void> FleetStep::make_release() {
  auto workspace = step_.host().workspace();
  const auto file = workspace.parent_path() / ("bundle-" + std::to_string(step_.index()) + ".tgz");
  if (!inputs_.archive.empty()) {
    const auto folder = workspace.parent_path() / ("bundle-" + std::to_string(step_.index()));
    workspace = co_await parts_.pool->run([&] { return unpack_bundle(workspace, inputs_.archive, folder); });
  }
  bundle_ = co_await make_bundle(*parts_.pool, workspace, inputs_.files, file, deadline_in(stage_time));
  scripts_ = make_scripts(inputs_, parts_, {.app = step_.job().app, .environment = step_.environment()}, workspace);
  has_appspec_ = !appspec_name(inputs_, workspace).empty();
}

/// After a restart it goes on with the release that it began with: the hosts have it. Only for who comes later, and for what is launched
/// later, it is made again, if it still can be.
Awaitable<void> FleetStep::make_release_again(Json facts) {
  inputs_.settings.release = text_at(facts, "release");
  std::string why;
  try {
    co_await make_release();
    if (const auto made = release_id(bundle_, scripts_); made != release()) why = "they now make " + short_release(made);
  } catch (const Error& error) {
    why = error.message();
  } catch (const std::filesystem::filesystem_error& error) {
    why = error.what();
  }
  has_appspec_ = flag_at(facts, "appspec", has_appspec_);
  if (why.empty()) co_return;
  bundle_ = {};
  why = "the files of the workspace changed while the server was away: the deploy had begun with release " + short_release(release()) +
        "; " + why;
  if (!co_await step_.recall("staged")) throw Error(ErrorKind::conflict, why, "retry the run");
  co_await step_.log("warning: " + why + "\n");
}

Awaitable<void> FleetStep::take_inventory() {
  const auto remembered = co_await step_.recall("inventory");
  if (!remembered) co_await inventory();
  const Json facts = parse_json((co_await step_.recall("inventory")).value());
  for (const auto& one : member(facts, "hosts")) hosts_.push_back(host_from(one));
  started_ = time_at(facts, "started").value_or(step_.now());
  if (text_at(facts, "release") != release())
    throw Error(ErrorKind::conflict,
                "the files of the workspace changed while the server was away: the deploy had begun with release " +
                    short_release(text_at(facts, "release")) + ", they now make " + short_release(release()),
                "retry the run");
  if (balancer_) balancer_->recall(member(facts, "balancer"));
  groups_ = std::make_unique<Json>(member(facts, "groups"));
  if (step_.timeout().count() > 0) deadline_ = started_ + step_.timeout();
  if (remembered) co_await step_.log("the server was restarted; the deploy goes on\n");
  Json left_out = Json::object();
  if (const auto staged = co_await step_.recall("staged")) {
    left_out = parse_json(*staged);
  } else {
    left_out = co_await stage(hosts_);
    co_await step_.remember("staged", dump(left_out));
  }
  for (auto& one : hosts_) {
    if (!left_out.contains(one.id)) continue;
    leave_out(one, text_at(left_out, one.id), balancer_ != nullptr);
  }
}

Awaitable<void> FleetStep::ask_about(Host& host) {
  if (!host.reachable) co_return;
  try {
    const auto answer =
        said(co_await transport_->ask(host, "fl_host " + shell_word(app()) + " " + shell_word(release()), deadline_in(30s)), "host");
    host.release = answer.empty() || answer[0] == "-" ? "" : answer[0];
    host.has_release = answer.size() > 3 && answer[3] == "yes";
    const auto missing = answer.size() > 5 ? answer[5] : std::string();
    const auto free = answer.size() > 2 ? parse_int(answer[2]).value_or(0) * 1024 : 0;
    if (!missing.empty()) {
      host.reachable = false;
      host.unreachable_why = "it lacks " + replace_all(missing, ",", ", ") + ": install util-linux, coreutils, tar and gzip";
    } else if (!host.has_release && free < bundle_.size * 4) {
      host.reachable = false;
      host.unreachable_why = "its disk is nearly full: " + size_text(free) + " are free, the release needs " + size_text(bundle_.size * 4);
    }
  } catch (const Error& error) {
    host.reachable = false;
    host.unreachable_why = without_name(host, error.message()) + (error.hint().empty() ? "" : "; " + error.hint());
  }
}

Awaitable<std::vector<Host>> FleetStep::list_hosts() {
  auto hosts = co_await find_hosts(inputs_, parts_, scope_);
  if (hosts.empty()) throw Error(ErrorKind::invalid, "no host matches the targets: " + describe_targets(inputs_), nobody_hint);
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

/// Throws when more hosts cannot be deployed to than max-failures bears, or none could leave traffic.
void FleetStep::require_enough(const std::vector<Host>& hosts) const {
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
}

Awaitable<void> FleetStep::inventory() {
  auto hosts = in_order(co_await list_hosts(), release(), inputs_.settings.pace.zonal);
  co_await provide(hosts);
  require_enough(hosts);
  for (const auto& line : plan_lines(inputs_, hosts, "release " + short_release(release()), balancer_.get()))
    co_await step_.log(line + "\n");
  Json list = Json::array();
  for (const auto& one : hosts) list.push_back(to_json(one));
  Json facts{{"hosts", std::move(list)}, {"release", release()}, {"appspec", has_appspec_}, {"started", to_micros(step_.now())}};
  if (balancer_) facts["balancer"] = balancer_->memory();
  if (!inputs_.groups.empty()) facts["groups"] = co_await suspend_groups(*parts_.aws, *scope_, inputs_.groups);
  co_await step_.remember("inventory", dump(facts));
}

/// A rollback activates what is still on the hosts. For who has it no more, the commit's files are made into it again, if they still can
/// be.
Awaitable<void> FleetStep::provide(std::vector<Host>& hosts) {
  if (std::ranges::none_of(hosts, lacks) || !bundle_.sum.empty()) co_return;
  std::string why;
  try {
    co_await make_release();
    if (const auto made = release_id(bundle_, scripts_); made != release()) why = "the files of the commit now make " + short_release(made);
  } catch (const Error& error) {
    why = error.message();
  }
  if (why.empty()) co_return;
  bundle_ = {};
  for (auto& host : hosts) {
    if (!lacks(host)) continue;
    host.reachable = false;
    host.unreachable_why = "it does not have release " + short_release(release()) + " any more, and it cannot be made again: " + why;
  }
}

/// On all hosts before any traffic moves. {host: why} of those that cannot have it, as long as there are few enough.
Awaitable<Json> FleetStep::stage(std::vector<Host> all) {
  const auto reachable = std::ranges::count_if(all, &Host::reachable);
  std::vector<Host> hosts;
  std::ranges::copy_if(all, std::back_inserter(hosts), lacks);
  Json left_out = Json::object();
  if (hosts.empty()) {
    co_await step_.log("release " + short_release(release()) + " is on " + (reachable == 1 ? "the host" : "the hosts") +
                       " already: nothing is uploaded\n");
    co_return left_out;
  }
  if (bundle_.sum.empty()) co_await make_release();
  co_await step_.log("staging release " + short_release(release()) + " (" + std::to_string(bundle_.files) + " files, " +
                     std::to_string((bundle_.size + 1023) / 1024) + " KiB) on " + std::to_string(hosts.size()) +
                     (hosts.size() == 1 ? " host\n" : " hosts\n"));
  const auto failures = co_await stage_on_all(hosts);
  for (auto& one : all) {
    const auto failed = failures.find(one.id);
    if (failed == failures.end()) continue;
    leave_out(one, "the release could not be staged: " + without_name(one, failed->second), balancer_ != nullptr);
    left_out[one.id] = one.unreachable_why;
  }
  require_enough(all);
  for (const auto& [id, why] : left_out.items()) co_await step_.log(id + " is left out: " + why.get<std::string>() + "\n");
  co_return left_out;
}

/// Why it failed, by host.
Awaitable<std::map<std::string, std::string>> FleetStep::stage_on_all(std::vector<Host> hosts) {
  auto failures = std::make_shared<std::map<std::string, std::string>>();
  co_await for_all(std::move(hosts), [this, failures](Host one) -> Awaitable<void> { return stage_or_say(std::move(one), failures); });
  co_return *failures;
}

Awaitable<void> FleetStep::stage_or_say(Host one, std::shared_ptr<std::map<std::string, std::string>> failures) {
  try {
    co_await stage_on(one);
  } catch (const Error& error) {
    (*failures)[one.id] = error.message() + (error.hint().empty() ? "" : "; " + error.hint());
  } catch (const std::filesystem::filesystem_error& error) {
    (*failures)[one.id] = one.id + ": " + error.what();
  }
}

Awaitable<void> FleetStep::stage_on(Host one) {
  const auto name = shell_word(app());
  const auto wanted = shell_word(release());
  co_await transport_->upload(one, app(), {.release = release(), .sum = bundle_.sum, .file = bundle_.file}, deadline_in(stage_time));
  std::string calls = "fl_unpack " + name + " " + wanted + " " + shell_word(bundle_.sum) + "\n";
  for (const auto& [script, text] : scripts_) calls += "fl_script " + name + " " + wanted + " " + shell_word(script) + here(text);
  calls += "fl_prune " + name + " " + std::to_string(releases_kept);
  co_await ask_patiently(one, std::move(calls), 5min, std::nullopt);
}

/// Who came in the meantime gets the release, too.
Awaitable<void> FleetStep::list_again() {
  auto hosts = co_await list_hosts();
  co_await provide(hosts);
  std::vector<Host> fresh;
  std::set<std::string> left_out;
  for (const auto& row : machine_->rows())
    if (row.at == At::unreachable) left_out.insert(row.host.id);
  std::ranges::copy_if(hosts, std::back_inserter(fresh), [&](const Host& one) { return lacks(one) && !left_out.contains(one.id); });
  std::map<std::string, std::string> failures;
  if (!fresh.empty()) failures = co_await stage_on_all(fresh);
  for (auto& one : hosts) {
    const auto why = failures.find(one.id);
    if (why == failures.end()) continue;
    one.reachable = false;
    shared_->lines.push_back(one.id + ": it came in the meantime and could not be brought up to date: " + why->second + "\n");
  }
  machine_->listed(hosts, step_.now());
}

}  // namespace fairlead::deploy::ec2
