// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <iostream>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/demo_world.hpp"
#include "cli/output.hpp"
#include "cli/run_text.hpp"
#include "cli/watch.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) { interrupted = 1; }

void require_programs() {
  for (const char* name : {"git", "curl", "perl", "openssl"}) {
    bool found = false;
    for (const auto& folder : split(env_value("PATH").value_or("/usr/bin:/bin"), ':'))
      found = found || ::access((folder + "/" + name).c_str(), X_OK) == 0;
    if (!found) throw Error(ErrorKind::not_found, std::string("the demo needs ") + name, std::string("apt-get install ") + name);
  }
}

/// Waits until the run has ended or waits for an approval; false when it has ended.
bool until_gate(Client& client, const std::string& run, Json& state) {
  const std::string path = "/api/v1/runs/" + segment(run);
  bool gate = false;
  const auto look = [&](const Client::Event&) {
    state = client.get(path);
    for (const auto& stage : member(state, "stages")) {
      for (const auto& one : member(stage, "gates")) gate = gate || (text_at(one, "kind") == "approval" && text_at(one, "state") == "open");
    }
    return !gate && member(state, "finished_at").is_null();
  };
  client.follow("/api/v1/events?stream=run:" + run, look);
  return gate;
}

/// The run of this commit, once the webhook has been taken.
std::string run_number(Client& client, std::int64_t number) {
  std::string id;
  const auto look = [&](const Client::Event&) {
    const Json runs = client.get("/api/v1/runs?app=shop&limit=1");
    if (!runs.empty() && number_at(runs.front(), "number") >= number) id = text_at(runs.front(), "id");
    return id.empty();
  };
  client.follow("/api/v1/events?type=run.created", look, 10);
  if (id.empty()) throw Error(ErrorKind::timeout, "the push started no run");
  return id;
}

bool ask(const std::string& question) {
  std::cout << question << " [Y/n] " << std::flush;
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  return line.empty() || line.front() == 'y' || line.front() == 'Y';
}

void tell_where(Output& output, const DemoWorld& world) {
  output.line("");
  output.line("Look around, Ctrl-C ends the demo:");
  output.line("  server       " + world.url() + "  (runs: /api/v1/runs, OpenAPI: /api/v1/openapi.json)");
  output.line("  sandbox      " + world.cloud() + "  (export AWS_ENDPOINT_URL=" + world.cloud() +
              ", then `aws ecs …`; /_sandbox/overview)");
  output.line("  staging      http://127.0.0.1:" + std::to_string(world.port("staging")) + "/");
  output.line("  production   http://127.0.0.1:" + std::to_string(world.port("production")) + "/");
  output.line("  repository   " + (world.folder() / "shop").string() + "  (change something, commit, git push)");
  output.line("  CLI          fairlead --server " + world.socket() + " history");
}

/// Two people for the chat page, as `fairlead token create` makes them: one who deploys, one who approves.
void tell_chat(const Globals& globals, Output& output, const DemoWorld& world) {
  Client client(globals);
  output.line("");
  output.line("Chat-ops in the browser: " + world.url() + "/chat");
  for (const auto& [name, does] : {std::pair("dev", "deploys:  "), std::pair("lead", "approves: ")}) {
    const Json token =
        client.post("/api/v1/tokens", Json{{"name", name}, {"user", "user:" + std::string(name) + "@example.com"}, {"role", "deployer"}});
    output.line("  " + std::string(does) + text_at(token, "token"));
  }
  output.line("Sign in with the first token and type `deploy shop production`; press Approve in another browser (or a private window)");
  output.line("where the second one is signed in.");
}

void until_interrupted(const DemoWorld& world) {
  while (interrupted == 0 && world.server_alive()) {
    const timespec nap{0, 200'000'000};
    ::nanosleep(&nap, nullptr);
  }
}

/// One push to its end: the run as it ended.
Json release(const Globals& globals, Output& output, DemoWorld& world, const std::string& version, bool broken, bool automatic) {
  Client client(globals);
  output.line("");
  output.line("$ git commit -m 'Release " + version + "' && git push");
  const auto before = client.get("/api/v1/runs?app=shop&limit=1");
  std::string pushed = world.push(version, broken);
  while (pushed.ends_with('\n')) pushed.pop_back();
  output.line(pushed);
  const std::string run = run_number(client, before.empty() ? 1 : number_at(before.front(), "number") + 1);
  Json state;
  if (until_gate(client, run, state)) {
    print_run(output, state);
    const std::string name = text_at(state, "app") + "#" + std::to_string(number_at(state, "number"));
    const bool yes = automatic || ask("staging answers with " + world.answer("staging") + ". Approve production?");
    output.line(yes ? "$ fairlead approve " + name : "$ fairlead reject " + name);
    const Json answer = client.post("/api/v1/runs/" + run + "/" + (yes ? "approve" : "reject"), Json{{"reason", "demo"}});
    output.line(text_at(answer, "text"));
  }
  watch_run(client, output, run, {.progress = false});
  state = client.get("/api/v1/runs/" + run);
  print_run(output, state);
  return state;
}

std::string load_text(const DemoWorld::Load& load) {
  return std::to_string(load.requests) + " requests, " + std::to_string(load.failed) + " failed" +
         (load.first.empty() ? "" : " (the first: " + load.first + ")");
}

/// A version that goes live. Whether it did, and nobody noticed anything.
bool good_release(const Globals& globals, Output& output, DemoWorld& world, const std::string& version, bool automatic) {
  release(globals, output, world, version, false, automatic);
  const std::string live = world.answer("production");
  output.line("production answers with " + (live.empty() ? "nothing" : live) + "; load on it so far: " + load_text(world.load()));
  return live.starts_with(version) && world.load().failed == 0;
}

/// What the deploy found out about the failure, from its log.
void print_report(Client& client, Output& output, const Json& run) {
  output.line("");
  output.line("$ fairlead logs " + text_at(run, "app") + "#" + std::to_string(number_at(run, "number")) + " to-production");
  bool inside = false;
  for (const auto& line : split_lines(client.text("/api/v1/runs/" + text_at(run, "id") + "/logs/to-production/0"))) {
    inside = (inside || line.contains(": failed: ")) && !line.contains("events of the service");
    if (inside) output.line(line);
  }
}

/// A version that cannot run on production. Whether it was taken back, and nobody noticed anything.
bool bad_release(const Globals& globals, Output& output, DemoWorld& world, const std::string& version, const std::string& live) {
  output.line("");
  output.line("Now a version that needs a variable which production does not have:");
  const Json state = release(globals, output, world, version, true, true);
  Client client(globals);
  print_report(client, output, state);
  const std::string now = world.answer("production");
  output.line("production still answers with " + now + "; load on it so far: " + load_text(world.load()));
  return text_at(state, "state") == "failed" && now.starts_with(live) && world.load().failed == 0;
}

int summary(const Globals& globals, Output& output, DemoWorld& world, bool good, std::chrono::steady_clock::time_point begin) {
  Client client(globals);
  const Json audit = client.post("/api/v1/audit/verify", Json::object());
  const bool intact = flag_at(audit, "ok");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  output.line("");
  output.line(
      std::string(good ? "2 pushes were built, tested, put on staging, approved and are live on production; a broken third was taken back"
                       : "the demo did not get to its end") +
      " (" + std::to_string(took) + " ms)");
  output.line(load_text(world.load()) + "; history of " + std::to_string(number_at(audit, "events")) + " events, hash chain " +
              (intact ? "intact" : "BROKEN"));
  return good && intact ? Exit::done : Exit::failed;
}

}  // namespace

int demo(const Globals& globals, const DemoOptions& options) {
  require_programs();
  Output output(globals);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  const auto begin = std::chrono::steady_clock::now();
  DemoWorld world(options.keep);
  output.line(
      "A server with an empty history, a bare Git repository with a sample service, and a local AWS that runs version 0.9.0 of it on a");
  output.line("staging task and four production tasks behind load balancers are running in " + world.folder().string());
  Globals inside = globals;
  inside.server = world.socket();
  inside.token.clear();
  bool good = good_release(inside, output, world, "1.0.0", options.automatic);
  if (options.automatic) {
    good = good && good_release(inside, output, world, "1.1.0", true) && bad_release(inside, output, world, "1.2.0", "1.1.0");
    return summary(inside, output, world, good, begin);
  }
  tell_where(output, world);
  tell_chat(inside, output, world);
  until_interrupted(world);
  return good ? Exit::done : Exit::failed;
}

}  // namespace fairlead::cli
