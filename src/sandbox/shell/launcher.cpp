// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/launcher.hpp"

#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/shell/engine.hpp"

namespace fairlead::sandbox::shell {

namespace {

constexpr std::size_t longest_line = 64u << 10;
constexpr auto drain_grace = std::chrono::milliseconds(200);
constexpr int exit_of_signal = 128;

/// One running container: its process here, or the engine's client that stands for it.
struct Running {
  Running(const asio::any_io_executor& ex, Child started, Fd end) : child(std::move(started)), pipe(ex, end.get()), changed(ex) {
    end.release();
  }
  ~Running() { Fd(pipe.release()).reset(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Child child;
  asio::posix::stream_descriptor pipe;
  Signal changed;
  StartContainer what;
  std::map<std::string, std::string> environment;
  std::string partial;
  bool open = true, killed = false;
};

std::string key_of(const std::string& task, const std::string& container) { return task + "|" + container; }

}  // namespace

struct Launcher::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, std::filesystem::path where, Tell told)
      : ex(std::move(executor)), folder(std::move(where)), tell(std::move(told)), idle(ex) {}

  asio::any_io_executor ex;
  std::filesystem::path folder;
  Tell tell;
  Signal idle;
  Engine engine;
  std::map<std::string, std::shared_ptr<Running>> running;
  bool stopping = false;
};

namespace {

using StatePtr = std::shared_ptr<Launcher::State>;

void tell_lines(const StatePtr& state, Running& run, std::string_view bytes) {
  run.partial.append(bytes);
  for (auto end = run.partial.find('\n'); end != std::string::npos; end = run.partial.find('\n')) {
    state->tell(ContainerWrote{run.what.task, run.what.container, run.partial.substr(0, end)});
    run.partial.erase(0, end + 1);
  }
  if (run.partial.size() > longest_line) {
    state->tell(ContainerWrote{run.what.task, run.what.container, run.partial});
    run.partial.clear();
  }
}

Awaitable<void> collect(StatePtr state, std::shared_ptr<Running> run) {
  std::array<char, 16384> buffer;
  while (true) {
    auto [error, count] = co_await run->pipe.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    tell_lines(state, *run, {buffer.data(), count});
  }
  if (!run->partial.empty()) tell_lines(state, *run, "\n");
  run->open = false;
  run->changed.notify_all();
}

Awaitable<void> watch(StatePtr state, std::shared_ptr<Running> run) {
  const auto status = co_await run->child.wait();
  const auto until = deadline_in(drain_grace);
  while (run->open && co_await run->changed.wait_until(until)) {
  }
  if (run->open) run->pipe.cancel();
  run->child.signal_group(SIGKILL);
  state->running.erase(key_of(run->what.task, run->what.container));
  state->idle.notify_all();
  if (!state->stopping)
    state->tell(ContainerExited{run->what.task, run->what.container, status.signal > 0 ? exit_of_signal + status.signal : status.code});
}

std::vector<std::string> process_arguments(const StatePtr& state, const StartContainer& what) {
  std::vector<std::string> argv = what.entry_point;
  if (argv.empty()) {
    const bool path = what.image.find('/') != std::string::npos || std::filesystem::exists(state->folder / what.image);
    argv.push_back(path ? (state->folder / what.image).lexically_normal().string() : what.image);
  }
  argv.insert(argv.end(), what.command.begin(), what.command.end());
  return argv;
}

/// A task must not outlive a sandbox that was killed: util-linux's setpriv lets the kernel see to it, where it is installed.
std::vector<std::string> bound_to_us(std::vector<std::string> argv) {
  const std::string& program = argv.front();
  const bool known = program.find('/') == std::string::npos ? is_program(program) : ::access(program.c_str(), X_OK) == 0;
  if (!known || !is_program("setpriv")) return argv;
  argv.insert(argv.begin(), {"setpriv", "--pdeathsig", "KILL", "--"});
  return argv;
}

std::map<int, int> choose_ports(const StartContainer& what) {
  std::map<int, int> ports;
  for (const int port : what.ports) ports[port] = free_port();
  if (ports.empty()) ports[0] = free_port();
  return ports;
}

void launch(const StatePtr& state, const StartContainer& what, std::vector<std::string> argv,
            std::map<std::string, std::string> environment, const std::map<int, int>& ports, const std::filesystem::path& folder) {
  auto [read_end, write_end] = make_pipe();
  Spawn spec;
  spec.argv = std::move(argv);
  spec.env = environment;
  spec.cwd = folder;
  spec.out = spec.err = write_end.get();
  auto child = Child::start(state->ex, spec);
  auto run = std::make_shared<Running>(state->ex, std::move(child), std::move(read_end));
  run->what = what;
  run->environment = std::move(environment);
  state->running[key_of(what.task, what.container)] = run;
  spawn(state->ex, "sandbox output", collect(state, run));
  spawn(state->ex, "sandbox task", watch(state, run));
  state->tell(ContainerStarted{what.task, what.container, ports, {}});
}

Awaitable<void> start_process(StatePtr state, StartContainer what) {
  const auto ports = choose_ports(what);
  auto environment = minimal_env();
  environment.insert(what.environment.begin(), what.environment.end());
  for (const auto& [name, value] : what.environment) environment[name] = value;
  environment["PORT"] = std::to_string(ports.begin()->second);
  std::string problem;
  try {
    launch(state, what, bound_to_us(process_arguments(state, what)), environment, ports,
           what.folder.empty() ? state->folder : std::filesystem::path(what.folder));
  } catch (const Error& error) {
    problem = error.message();
  }
  // In the words of the real thing, whose cause differs.
  if (!problem.empty())
    state->tell(
        ContainerFailed{what.task, what.container,
                        "CannotStartContainerError: Error response from daemon: failed to create task for container: exec: " + problem});
  co_return;
}

Awaitable<void> start_container(StatePtr state, StartContainer what) {
  if (const auto problem = co_await state->engine.fetch(what.image); !problem.empty()) {
    state->tell(ContainerFailed{what.task, what.container, problem});
    co_return;
  }
  const auto ports = choose_ports(what);
  std::string problem;
  try {
    launch(state, what, state->engine.run_arguments(what, ports), Engine::environment(), ports, state->folder);
  } catch (const Error& error) {
    problem = error.message();
  }
  if (!problem.empty()) state->tell(ContainerFailed{what.task, what.container, "CannotStartContainerError: " + problem});
}

Awaitable<void> run_check(StatePtr state, CheckContainer what) {
  const auto found = state->running.find(key_of(what.task, what.container));
  bool healthy = false;
  if (found != state->running.end() && what.command.size() > 1) {
    Spawn spec;
    const bool shell = what.command.front() == "CMD-SHELL";
    std::vector<std::string> inner = shell ? std::vector<std::string>{"/bin/sh", "-c", what.command[1]}
                                           : std::vector<std::string>(what.command.begin() + 1, what.command.end());
    const bool process = found->second->what.kind == "process";
    spec.argv = process ? inner : state->engine.exec_arguments(found->second->what, inner);
    spec.env = process ? found->second->environment : Engine::environment();
    spec.cwd = state->folder;
    try {
      const auto result = co_await run_process(spec, deadline_in(what.timeout));
      healthy = result.status.ok() && !result.timed_out;
    } catch (const Error&) {
      healthy = false;  // a check that cannot be started is a failed check
    }
  }
  state->tell(CheckEnded{what.task, what.container, healthy});
}

}  // namespace

Launcher::Launcher(asio::any_io_executor ex, std::filesystem::path folder, Tell tell)
    : state_(std::make_shared<State>(std::move(ex), std::filesystem::absolute(folder), std::move(tell))) {}

Launcher::~Launcher() {
  state_->stopping = true;
  for (auto& [_, run] : state_->running) run->child.signal_group(SIGKILL);
}

void Launcher::start(const StartContainer& what) {
  spawn(state_->ex, "sandbox start", what.kind == "process" ? start_process(state_, what) : start_container(state_, what));
}

void Launcher::stop(const StopContainer& what) {
  const auto found = state_->running.find(key_of(what.task, what.container));
  if (found == state_->running.end()) return;
  found->second->child.signal_group(what.kill ? SIGKILL : SIGTERM);
  if (what.kill && found->second->what.kind != "process") spawn(state_->ex, "sandbox kill", state_->engine.kill(found->second->what));
}

void Launcher::check(const CheckContainer& what) { spawn(state_->ex, "sandbox check", run_check(state_, what)); }
void Launcher::set_registry(std::string host) { state_->engine.registry = std::move(host); }

Awaitable<void> Launcher::stop_all() {
  state_->stopping = true;
  for (auto& [_, run] : state_->running) run->child.signal_group(SIGTERM);
  const auto until = deadline_in(std::chrono::seconds(2));
  while (!state_->running.empty() && co_await state_->idle.wait_until(until)) {
  }
  for (auto& [_, run] : state_->running) run->child.signal_group(SIGKILL);
  const auto last = deadline_in(std::chrono::seconds(10));
  while (!state_->running.empty() && co_await state_->idle.wait_until(last)) {
  }
}

}  // namespace fairlead::sandbox::shell
