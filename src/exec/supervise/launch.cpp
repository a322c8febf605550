// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/launch.hpp"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "fairlead/base/error.hpp"
#include "fairlead/base/fd.hpp"

extern char** environ;

namespace fairlead::exec {
namespace {

constexpr int exit_no_folder = 126;
constexpr int exit_no_program = 127;
constexpr std::size_t room_for_exit = 1024;
constexpr unsigned close_on_exec = 4;  // CLOSE_RANGE_CLOEXEC

Fd create(int folder, const std::string& name, int flags, mode_t mode) {
  return Fd(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, mode));
}

void write_all(int fd, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw errno_error("writing " + name);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string path_of(int folder) {
  char target[PATH_MAX];
  const auto length = ::readlink(("/proc/self/fd/" + std::to_string(folder)).c_str(), target, sizeof target);
  if (length < 0) throw errno_error("finding the step's folder");
  return {target, static_cast<std::size_t>(length)};
}

std::vector<std::string> environment(const Order& order, const std::string& folder) {
  std::map<std::string, std::string> all;
  if (order.inherit_env) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      if (const auto equals = text.find('='); equals != std::string_view::npos)
        all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  for (const auto& [name, value] : order.env) all[name] = value;
  all["FAIRLEAD_OUTPUT"] = folder + '/' + file_name(order.name, "output");
  all["FAIRLEAD_ENV"] = folder + '/' + file_name(order.name, "env");
  all["FAIRLEAD_SUMMARY"] = folder + '/' + file_name(order.name, "summary");
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + '=' + value);
  return lines;
}

std::vector<std::string> arguments(const Order& order, const std::string& folder) {
  auto argv = order.argv;
  for (auto& argument : argv) {
    if (const auto at = argument.find("{0}"); at != std::string::npos && !order.script.empty()) {
      argument.replace(at, 3, folder + '/' + file_name(order.name, "script"));
    }
  }
  return argv;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void refuse(const char* what, const char* which, int code) {
  const char* why = std::strerror(errno);
  for (const char* part : {"fairlead: ", what, " ", which, ": ", why, "\n"}) {
    if (::write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  ::_exit(code);
}

void reset_signals() {
  for (const int sig : {SIGPIPE, SIGHUP, SIGINT, SIGQUIT}) ::signal(sig, SIG_DFL);  // those that main.cpp ignores
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Steps are what the kernel should sacrifice first when memory runs out, not the supervisor.
void volunteer_for_oom() {
  const Fd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (score && ::write(score.get(), "300", 3) < 0) return;
}

}  // namespace

void write_script(int step_folder, const Order& order) {
  const auto name = file_name(order.name, "script");
  const auto script = create(step_folder, name, O_EXCL, 0700);
  if (!script && errno == EEXIST) throw Error(ErrorKind::conflict, "step " + order.step + " was started before");
  if (!script) throw errno_error("creating the script of step " + order.step);
  write_all(script.get(), order.script, name);
  const auto part = create(step_folder, file_name(order.name, "exit.json.part"), 0, 0644);
  if (part) write_all(part.get(), std::string(room_for_exit, ' '), "exit.json.part");
  // Where a second start could do harm, the machine may lose its power and the next server still sees that it was started.
  const auto environment = order.env.find("FAIRLEAD_ENVIRONMENT");
  if (environment == order.env.end() || environment->second.empty()) return;
  if (::fsync(script.get()) != 0 || ::fsync(step_folder) != 0) throw errno_error("syncing the script of step " + order.step);
}

pid_t launch(int job_folder, int step_folder, const Order& order, int output) {
  const auto folder = path_of(step_folder);
  auto env_lines = environment(order, folder);
  auto argv_texts = arguments(order, folder);
  if (argv_texts.empty()) throw Error(ErrorKind::invalid, "step " + order.step + " has no command");
  const auto env = pointers(env_lines);
  const auto argv = pointers(argv_texts);
  const char* path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const auto& line : env_lines) {
    if (line.starts_with("PATH=")) path = line.c_str() + 5;
  }
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t supervisor = ::getpid();

  const pid_t pid = ::fork();
  if (pid < 0) throw errno_error("forking for step " + order.step);
  if (pid > 0) return pid;

  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a step without its supervisor is lost: it must not go on beside its retry
  if (::getppid() != supervisor) ::_exit(exit_no_program);
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, close_on_exec);  // whatever our own starter forgot to close
  volunteer_for_oom();
  reset_signals();
  if (::fchdir(job_folder) != 0 || (!order.cwd.empty() && ::chdir(order.cwd.c_str()) != 0)) {
    refuse("cannot enter the working directory", order.cwd.c_str(), exit_no_folder);
  }
  ::setenv("PATH", path, 1);  // where execvpe looks
  ::execvpe(argv[0], argv.data(), env.data());
  refuse("cannot run", argv[0], exit_no_program);
}

}  // namespace fairlead::exec
