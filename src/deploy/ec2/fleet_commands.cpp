// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/system/system_error.hpp>

#include "deploy/ec2/release.hpp"
#include "deploy/ec2/shared.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"

// The single commands of the machine, each a coroutine of its own. They write no log and remember nothing: that is the step's part.
namespace fairlead::deploy::ec2 {

using namespace std::chrono_literals;

namespace {

constexpr auto long_poll = 20s;
constexpr auto pause = 2s;

/// A host that does not answer for so long in the middle of a switch is lost.
Duration lost_after(Duration progress) { return std::clamp<Duration>(progress / 10, 10s, 60s); }
constexpr std::size_t most_log = 8192;

Switched switched_from(const Json& result) {
  return {.ok = flag_at(result, "ok"), .nothing_to_go_back_to = number_at(result, "rc") == 42, .reason = text_at(result, "reason")};
}

}  // namespace

void FleetStep::Shared::start(Awaitable<void> work, std::function<void()> ended) {
  ++running;
  const auto wrapped = [](std::shared_ptr<Shared> self, Awaitable<void> inner, std::function<void()> after) -> Awaitable<void> {
    co_await std::move(inner);
    --self->running;
    self->stirred = true;
    if (after) after();
    self->changed.notify_all();
  };
  spawn(executor, "ec2-deploy", wrapped(shared_from_this(), std::move(work), std::move(ended)));
}

Awaitable<void> FleetStep::Shared::wait_until(Time until, Time now) {
  if (!std::exchange(stirred, false) && until > now) co_await changed.wait_until(deadline_in(until - now));
  stirred = false;
}

void FleetStep::Shared::say(const std::string& host, const std::string& text) {
  auto& tail = tails[host];
  tail += text;
  if (tail.size() > most_log) tail.erase(0, tail.size() - most_log);
  // Whole lines only: a secret in two halves would not be recognized.
  auto& open = open_lines[host];
  open += text;
  for (auto end = open.find('\n'); end != std::string::npos; end = open.find('\n')) {
    if (end > 0) lines.push_back(host + ": " + open.substr(0, end) + "\n");
    open.erase(0, end + 1);
  }
  if (open.size() > most_log) close_line(host);
  stirred = true;
  changed.notify_all();
}

void FleetStep::Shared::close_line(const std::string& host) {
  const auto rest = std::exchange(open_lines[host], {});
  if (!rest.empty()) lines.push_back(host + ": " + rest + "\n");
}

std::string FleetStep::Shared::last_words(const std::string& host) const {
  const auto found = tails.find(host);
  if (found == tails.end()) return {};
  const auto text = std::string(trim(found->second));
  const auto last = text.substr(text.rfind('\n') + 1);
  return ellipsize(last, 300);
}

void FleetStep::begin(Command command) {
  const auto id = command.hosts.empty() ? std::string() : command.hosts.front();
  // What concerns the whole fleet has a turn of its own each: a look does not make a list stale that is still under way.
  const auto of = id.empty() ? std::string(to_string(command.what)) : id;
  const bool beside = command.what == Do::connections || command.what == Do::leave_again;
  const int turn = beside ? shared_->turns[of] : ++shared_->turns[of];
  shared_->start(perform(std::move(command), turn), nullptr);
}

/// Of an effect: another for each direction and try, the same after a restart.
std::string FleetStep::effect_name(const std::string& what, const Host& one) const {
  const auto row = std::ranges::find_if(machine_->rows(), [&one](const auto& candidate) { return candidate.host.id == one.id; });
  if (row == machine_->rows().end()) throw Error(ErrorKind::internal, "there is no host " + one.id);
  return what + ":" + one.id + (row->back ? ":back" : "") + (row->tries > 0 ? ":" + std::to_string(row->tries) : "");
}

Awaitable<void> FleetStep::perform(Command command, int turn) {
  const auto now = [this] { return step_.now(); };
  std::string why;
  const auto id = command.hosts.empty() ? std::string() : command.hosts.front();
  try {
    switch (command.what) {
      case Do::protect:
        co_await keep_groups(true);
        machine_->is_protected(now());
        break;
      case Do::unprotect:
        co_await keep_groups(false);
        machine_->is_unprotected(now());
        break;
      case Do::look: co_await look(); break;
      case Do::leave: co_await take_out(host(id), turn); break;
      case Do::leave_again: co_await take_out_again(host(id)); break;
      case Do::join: co_await put_in(host(id), turn); break;
      case Do::connections: co_await count_connections(host(id)); break;
      case Do::switch_over: co_await switch_to(host(id), false, turn); break;
      case Do::switch_back: co_await switch_to(host(id), true, turn); break;
      case Do::verify: co_await verify(host(id), turn); break;
      case Do::list: co_await list_again(); break;
      case Do::present: {
        std::set<std::string> ids;
        const auto hosts = co_await find_hosts(inputs_, parts_, scope_);
        for (const auto& one : hosts) ids.insert(one.id);
        machine_->saw_present(ids, now());
        break;
      }
      case Do::wait:
      case Do::finish: break;
    }
  } catch (const Error& error) {
    why = error.message();
  } catch (const boost::system::system_error& error) {
    why = error.code().message();
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (!id.empty()) why = without_name(host(id), why);  // the machine names it itself
  const auto of = id.empty() ? std::string(to_string(command.what)) : id;
  const bool stale = command.what != Do::leave_again && shared_->turns[of] != turn;
  if (!why.empty() && !stale) machine_->refused(command.what, command.hosts, why, now());
}

/// The groups leave their instances alone meanwhile. Undone at the end, whichever it is, also by a server that was restarted.
Awaitable<void> FleetStep::keep_groups(bool protect) {
  if (!groups_->is_object() || groups_->empty()) co_return;
  const auto act = [this, protect](std::string) { return keep_groups_now(protect); };
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };
  co_await step_.effect(protect ? "protect" : "unprotect", store::OpClass::b, dump(*groups_), probe, act);
}

Awaitable<std::string> FleetStep::keep_groups_now(bool protect) {
  co_await change_groups(*parts_.aws, *scope_, *groups_, protect);
  co_return "{}";
}

/// What scripts see of the run; it is no part of the release.
std::map<std::string, std::string> FleetStep::names_of_run() const {
  const auto& run = step_.job().key.run.str();
  std::map<std::string, std::string> names{{"FAIRLEAD_RUN", run}, {"DEPLOYMENT_ID", run}};
  if (inputs_.stop_may_fail) names["FL_STOP_MAY_FAIL"] = "1";
  return names;
}

Awaitable<void> FleetStep::look() {
  std::vector<Host> hosts;
  for (const auto& row : machine_->rows()) hosts.push_back(row.host);
  std::map<std::string, Traffic> traffic;
  if (balancer_)
    traffic = co_await balancer_->look(std::move(hosts));
  else
    traffic = co_await probe_all(std::move(hosts));
  machine_->saw(traffic, step_.now());
}

/// The hosts themselves, where no load balancer tells. That nobody answers says something of our network, and nothing of the release.
Awaitable<std::map<std::string, Traffic>> FleetStep::probe_all(std::vector<Host> hosts) {
  const auto ids = machine_->probes();
  std::erase_if(hosts, [&ids](const Host& one) { return std::ranges::find(ids, one.id) == ids.end(); });
  const auto all = hosts.size();
  auto traffic = std::make_shared<std::map<std::string, Traffic>>();
  auto silent = std::make_shared<std::vector<std::string>>();
  co_await for_all(std::move(hosts),
                   [this, traffic, silent](Host one) -> Awaitable<void> { return probe(std::move(one), traffic, silent); });
  if (all > 0 && silent->size() == all) throw Error(ErrorKind::unavailable, "none of them answers: " + silent->front());
  co_return *traffic;
}

Awaitable<void> FleetStep::probe(Host one, std::shared_ptr<std::map<std::string, Traffic>> traffic,
                                 std::shared_ptr<std::vector<std::string>> silent) {
  Traffic now{.kind = Traffic::Kind::serving, .reason = {}};
  try {
    co_await transport_->ask(one, probe_calls(), deadline_in(60s));
  } catch (const Error& error) {
    now = {.kind = Traffic::Kind::unhealthy, .reason = without_name(one, error.message())};
    if (error.kind() == ErrorKind::unavailable) silent->push_back(now.reason);
  }
  (*traffic)[one.id] = std::move(now);
}

/// Asks once what the release's own script asked for in the end.
std::string FleetStep::probe_calls() const {
  std::string calls;
  if (!inputs_.health_url.empty()) calls += "fl_good " + shell_word(inputs_.health_url) + "\n";
  if (inputs_.health_command.empty()) return calls;
  calls += exports(inputs_.env) + exports({{"FAIRLEAD_APP", step_.job().app}, {"FAIRLEAD_ENVIRONMENT", step_.environment()}});
  for (const auto& [variable, value] : inputs_.secret_env) calls += "export " + variable + "=" + shell_word(value.reveal()) + "\n";
  calls += "FAIRLEAD_RELEASE=$(fl_release " + shell_word(app()) + ")\nFAIRLEAD_FOLDER=$FL/apps/" + shell_word(app()) +
           "/releases/$FAIRLEAD_RELEASE\nexport FAIRLEAD_RELEASE FAIRLEAD_FOLDER\ncd ";
  calls += inputs_.destination.empty() ? "/" : shell_word(inputs_.destination + "/current");
  return calls + " || exit 1\n" + failing_lines(inputs_.health_command, "the health command");
}

/// A hook of a release around traffic, once. A host of another kind, or a release without it, has none.
Awaitable<void> FleetStep::traffic_hook(Host one, std::string hook, std::string release, int turn) {
  if (!has_appspec_ || release.empty()) co_return;
  const auto key = key_of(one, effect_name(hook, one));
  const auto body = host_functions() + "\nfl_run=$FL/runs/" + key + "\n" + exports(names_of_run()) + "fl_traffic " + shell_word(app()) +
                    " " + shell_word(release) + " " + hook;
  const auto result = parse_json(co_await run_on_host(one, key, body, turn));
  if (!flag_at(result, "ok")) throw Error(ErrorKind::invalid, text_at(result, "reason"));
}

Awaitable<std::string> FleetStep::take_out_now(Host one, int turn) {
  co_await traffic_hook(one, "block", one.release, turn);
  co_await balancer_->take_out(one);
  co_return "{}";
}

Awaitable<std::string> FleetStep::put_in_now(Host one) {
  co_await balancer_->put_in(std::move(one));
  co_return "{}";
}

Awaitable<void> FleetStep::take_out(Host one, int turn) {
  const auto act = [this, one, turn](std::string) { return take_out_now(one, turn); };
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };
  co_await step_.effect(effect_name("leave", one), store::OpClass::b, dump(Json{{"host", one.id}}), probe, act);
  if (shared_->turns[one.id] == turn) machine_->left(one.id, step_.now());
}

Awaitable<std::string> FleetStep::only_take_out(Host one) {
  co_await balancer_->take_out(std::move(one));
  co_return "{}";
}

/// Without the release's hook, which has run.
Awaitable<void> FleetStep::take_out_again(Host one) {
  const auto row = std::ranges::find_if(machine_->rows(), [&one](const auto& candidate) { return candidate.host.id == one.id; });
  const auto act = [this, one](std::string) { return only_take_out(one); };
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };
  const auto name = effect_name("leave", one) + ":again" + std::to_string(row->strays);
  co_await step_.effect(name, store::OpClass::b, dump(Json{{"host", one.id}}), probe, act);
  machine_->left_again(one.id, step_.now());
}

Awaitable<void> FleetStep::put_in(Host one, int turn) {
  const auto act = [this, one](std::string) { return put_in_now(one); };
  const auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };
  co_await step_.effect(effect_name("join", one), store::OpClass::b, dump(Json{{"host", one.id}}), probe, act);
  if (shared_->turns[one.id] == turn) machine_->joined(one.id, step_.now());
}

Awaitable<void> FleetStep::count_connections(Host one) {
  auto count = co_await balancer_->connections(one);
  int looks = 1;
  std::vector<std::string> ports;
  for (const int port : balancer_->ports(one)) ports.push_back(std::to_string(port));
  if (!count && !ports.empty()) {
    const auto calls = "fl_connections " + join(ports, ",") + " 3 10";
    const auto answer = said(co_await transport_->ask(one, calls, deadline_in(30s)), "connections");
    if (answer.size() > 1) {
      count = static_cast<int>(parse_int(answer[0]).value_or(1));
      looks = static_cast<int>(parse_int(answer[1]).value_or(0));
    }
  }
  machine_->saw_connections(one.id, count.value_or(1), step_.now(), looks);
}

Awaitable<void> FleetStep::switch_to(Host one, bool back, int turn) {
  const auto name = effect_name("switch", one);
  const auto over = key_of(one, back ? replace_all(name, ":back", "") : name);
  const auto key = key_of(one, name);
  std::string body = host_functions() + "\nfl_run=$FL/runs/" + key + "\n" + exports(names_of_run()) + exports(inputs_.env);
  for (const auto& [variable, value] : inputs_.secret_env) body += "export " + variable + "=" + shell_word(value.reveal()) + "\n";
  if (has_appspec_ && balancer_)
    body += "fl_traffic " + shell_word(app()) + " \"$(fl_release " + shell_word(app()) + ")\" blocked || exit 1\n";
  body += back ? "fl_back " + shell_word(app()) + " " + over : "fl_activate " + shell_word(app()) + " " + shell_word(release());
  // A hook that hangs would hold the host's lock: what goes back ends it first.
  if (back) {
    try {
      co_await transport_->ask(one, "fl_stop " + over, deadline_in(30s));
    } catch (const Error&) {
      shared_->lines.push_back(one.id + ": the script of the new release could not be stopped\n");
    }
  }
  const auto probe = [this, one, key, turn] { return attach(one, key, turn); };
  const auto act = [this, one, key, body, turn](std::string) { return run_on_host(one, key, body, turn); };
  const auto result = co_await step_.effect(name, store::OpClass::b, dump(Json{{"host", one.id}, {"key", key}}), probe, act);
  if (shared_->turns[one.id] == turn) machine_->switched(one.id, switched_from(parse_json(result)), step_.now());
}

/// What a script wrote last, without an end of line, is told when it has ended.
Awaitable<std::optional<std::string>> FleetStep::attach(Host one, std::string key, int turn) {
  auto result = co_await follow(one, std::move(key), turn);
  shared_->close_line(one.id);
  co_return result;
}

Awaitable<std::string> FleetStep::run_on_host(Host one, std::string key, std::string body, int turn) {
  const auto limit = std::max<std::int64_t>(10, std::chrono::duration_cast<std::chrono::seconds>(inputs_.settings.progress).count() - 30);
  const auto start = "fl_start " + key + " " + std::to_string(limit) + here(body);
  const auto give_up_at = step_.now() + lost_after(inputs_.settings.progress);
  while (true) {
    std::string why;
    try {
      co_await transport_->ask(one, start, deadline_in(60s));
      if (auto result = co_await attach(one, key, turn)) co_return *result;
      why = "the host knows nothing of what it was told to start";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      why = error.message();
    }
    if (shared_->ending || shared_->turns[one.id] != turn || step_.now() > give_up_at)
      co_return dump(Json{{"ok", false}, {"reason", without_name(one, why)}});
    co_await sleep_for(pause);
  }
}

/// Follows what runs on the host under the key, to its end; nullopt when nothing does.
Awaitable<std::optional<std::string>> FleetStep::follow(Host one, std::string key, int turn) {
  std::int64_t offset = 0;
  auto heard = step_.now();
  while (true) {
    if (shared_->ending || shared_->turns[one.id] != turn) throw Error(ErrorKind::canceled, "given up");
    std::string why;
    try {
      const auto answer = co_await transport_->ask(
          one, "fl_wait " + key + " " + std::to_string(offset) + " " + std::to_string(most_log) + " " + std::to_string(long_poll.count()),
          deadline_in(60s));
      heard = step_.now();
      const auto words = said(answer, "");
      const auto text = answer.substr(std::min(answer.find('\n'), answer.size() - 1) + 1);
      offset += static_cast<std::int64_t>(text.size());
      if (!text.empty()) shared_->say(one.id, text);
      if (words[0] == "none") co_return std::nullopt;
      if (words[0] == "broken")
        co_return dump(
            Json{{"ok", false}, {"reason", "the script was killed in the middle: the host was restarted, or ran out of memory"}});
      if (words[0] == "ended" && words.size() > 2 && parse_int(words[2]).value_or(0) <= offset) {
        const auto rc = parse_int(words[1]).value_or(1);
        Json result{{"ok", rc == 0}, {"rc", rc}};
        if (rc != 0) {
          const auto last = shared_->last_words(one.id);
          result["reason"] = last.empty() ? "the script ended with " + std::to_string(rc) : last;
        }
        co_return dump(result);
      }
      continue;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      why = error.message();
    }
    if (step_.now() - heard > lost_after(inputs_.settings.progress))
      co_return dump(Json{{"ok", false}, {"reason", "lost in the middle of the switch: " + without_name(one, why)}});
    co_await sleep_for(pause);
  }
}

/// A connection that is lost says nothing about the release.
Awaitable<std::string> FleetStep::ask_patiently(Host one, std::string calls, std::chrono::seconds limit, std::optional<int> turn) {
  const auto give_up_at = step_.now() + lost_after(inputs_.settings.progress);
  while (true) {
    try {
      co_return co_await transport_->ask(one, calls, deadline_in(limit));
    } catch (const Error& error) {
      const bool stale = shared_->ending || (turn && shared_->turns[one.id] != *turn);
      if (error.kind() != ErrorKind::unavailable || stale || step_.now() > give_up_at) throw;
    }
    co_await sleep_for(pause);
  }
}

Awaitable<void> FleetStep::verify(Host one, int turn) {
  const auto row = std::ranges::find_if(machine_->rows(), [&](const auto& candidate) { return candidate.host.id == one.id; });
  const bool back = row != machine_->rows().end() && row->back;
  auto calls = "fl_host " + shell_word(app()) + " " + shell_word(release());
  if (!back && inputs_.settings.stability > Duration(0)) calls += "\n" + probe_calls();
  const auto answer = said(co_await ask_patiently(one, std::move(calls), 30s, turn), "host");
  const auto runs = answer.empty() ? std::string("-") : answer.front();
  std::string problem;
  if (!back && runs != release()) problem = "it says that it runs " + (runs == "-" ? "no release of fairlead" : short_release(runs));
  if (!back && problem.empty() && balancer_) co_await traffic_hook(one, "allowed", release(), turn);
  if (shared_->turns[one.id] == turn) machine_->verified(one.id, problem, step_.now());
}

}  // namespace fairlead::deploy::ec2
