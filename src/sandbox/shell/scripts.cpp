// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/scripts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/shell/sweep.hpp"

namespace fairlead::sandbox::shell {

namespace {

constexpr auto term_grace = std::chrono::seconds(2);
constexpr std::size_t most_output = 1u << 20;
constexpr int exit_of_signal = 128, not_found = 127;

}  // namespace

struct Scripts::State {
  asio::any_io_executor ex;
  std::filesystem::path folder;
  const std::string& url;
  Tell tell;
  Sweep sweep;
  bool stopping = false;
  std::string aws = {};  ///< folder of its aws command line
};

namespace {

using StatePtr = std::shared_ptr<Scripts::State>;

/// A file and no pipe: a service that goes on keeps its output, and the script ends when its shell does.
Fd output(const std::filesystem::path& file) {
  Fd opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!opened) throw Error(ErrorKind::io, "cannot write " + file.string());
  return opened;
}

std::string beginning(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(most_output, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// The aws command line of an instance asks the sandbox; versions before 2.13 take no notice of AWS_ENDPOINT_URL. The folder it is in;
/// empty: this machine has none.
std::string aws_folder(const Scripts::State& state) {
  for (const auto& folder : split(env_value("PATH").value_or(""), ':')) {
    const auto program = std::filesystem::path(folder) / "aws";
    if (folder.empty() || ::access(program.c_str(), X_OK) != 0) continue;
    const auto own = state.folder / "instances" / ".bin";
    make_folders(own);
    write_file(own / "aws", "#!/bin/sh\nexec \"" + program.string() + "\" --endpoint-url " + state.url + " \"$@\"\n", 0755);
    return own.string();
  }
  return {};
}

std::map<std::string, std::string> environment(const StatePtr& state, const RunScript& what, const std::filesystem::path& home) {
  auto env = minimal_env();
  env["HOME"] = home.string();
  env["INSTANCE_ID"] = what.instance;
  env["INSTANCE_ADDRESS"] = what.address;
  env[Sweep::name] = state->sweep.value(what.instance);
  env["AWS_ACCESS_KEY_ID"] = env["AWS_SECRET_ACCESS_KEY"] = "sandbox";  // its role
  env["AWS_ENDPOINT_URL"] = state->url;
  if (state->aws.empty()) state->aws = aws_folder(*state);
  if (!state->aws.empty()) env["PATH"] = state->aws + ":" + env["PATH"];
  env["AWS_REGION"] = env["AWS_DEFAULT_REGION"] = "us-east-1";
  env["FAIRLEAD_HOME"] = (home / ".fairlead").string();                 // a host of its own, also as root
  return env;
}

Awaitable<std::optional<ExitStatus>> wait_until(Child& child, Deadline deadline) {
  try {
    co_return co_await with_deadline(child.wait(), deadline, "the script");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout) throw;
  }
  co_return std::nullopt;
}

Awaitable<ExitStatus> wait_for(Child& child, Deadline deadline, bool& timed_out) {
  if (const auto ended = co_await wait_until(child, deadline)) co_return *ended;
  timed_out = true;
  child.signal_group(SIGTERM);
  if (const auto ended = co_await wait_until(child, deadline_in(term_grace))) co_return *ended;
  child.signal_group(SIGKILL);
  co_return co_await child.wait();
}

Awaitable<void> run_script(StatePtr state, RunScript what) {
  const auto home = state->folder / "instances" / what.instance, kept = home / ".commands";
  const auto name = split(what.key, '|').at(1);
  ScriptEnded ended{what.key, 0, {}, {}, false};
  try {
    make_folders(kept);
    const auto out = output(kept / (name + ".out")), err = output(kept / (name + ".err"));
    Spawn spec;
    spec.argv = what.program ? std::vector<std::string>{(kept / name).string()} : std::vector<std::string>{"/bin/sh", "-c", what.script};
    if (what.program) write_file(kept / name, what.script, 0755);
    spec.env = environment(state, what, home);
    spec.cwd = what.folder.empty() ? home : std::filesystem::path(what.folder);
    spec.out = out.get(), spec.err = err.get();
    state->sweep.guard();
    auto child = Child::start(state->ex, spec);
    const auto status = co_await wait_for(child, deadline_in(what.timeout), ended.timed_out);
    ended.code = status.signal > 0 ? exit_of_signal + status.signal : status.code;
    ended.out = beginning(kept / (name + ".out"));
    ended.err = beginning(kept / (name + ".err"));
  } catch (const Error& error) {
    ended.code = not_found;
    ended.err = error.message();
  }
  state->tell(ended);
}

}  // namespace

Scripts::Scripts(asio::any_io_executor ex, std::filesystem::path folder, const std::string& url, Tell tell)
    : state_(std::make_shared<State>(ex, std::filesystem::absolute(folder), url, std::move(tell), Sweep(ex), false)) {}

Scripts::~Scripts() { state_->sweep.end({}, SIGKILL); }

void Scripts::run(const RunScript& what) {
  if (!state_->stopping) spawn(state_->ex, "sandbox script", run_script(state_, what));
}
void Scripts::end(const EndInstance& what) { state_->sweep.end(what.instance, what.kill ? SIGKILL : SIGTERM); }
void Scripts::stop(bool kill) {
  state_->stopping = true;
  state_->sweep.end({}, kill ? SIGKILL : SIGTERM);
}

}  // namespace fairlead::sandbox::shell
