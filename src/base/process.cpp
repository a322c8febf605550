// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "fairlead/base/error.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead {
namespace {

void check_spawn(int code, const char* what) {
  if (code != 0) throw io_error(std::string("cannot prepare a child process: ") + what, code);
}

/// What happens to descriptors and the working folder between fork and exec, in this order.
class FileActions {
 public:
  explicit FileActions(const Spawn& spec) {
    check_spawn(::posix_spawn_file_actions_init(&actions_), "file actions");
    map_descriptors(spec);
    if (!spec.cwd.empty()) check_spawn(::posix_spawn_file_actions_addchdir_np(&actions_, spec.cwd.c_str()), "chdir");
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void map_descriptors(const Spawn& spec) {
    std::vector<std::pair<int, int>> wanted = {{spec.in, 0}, {spec.out, 1}, {spec.err, 2}};
    wanted.insert(wanted.end(), spec.fds.begin(), spec.fds.end());
    int top = std::ranges::max(wanted, {}, &std::pair<int, int>::second).second;
    move_above(wanted, top);
    for (int number = 0; number <= top; ++number) {
      auto entry = std::ranges::find(wanted, number, &std::pair<int, int>::second);
      if (entry == wanted.end()) {
        check_spawn(::posix_spawn_file_actions_addclose(&actions_, number), "close");
      } else if (entry->first >= 0) {
        copy(entry->first, number);
      } else {
        check_spawn(::posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0), "/dev/null");
      }
    }
    check_spawn(::posix_spawn_file_actions_addclosefrom_np(&actions_, top + 1), "closefrom");
  }

  /// A source that is itself one of the numbers to fill would be overwritten before its turn: copied out of the way first.
  void move_above(std::vector<std::pair<int, int>>& wanted, int top) {
    int spare = std::max(top, std::ranges::max(wanted, {}, &std::pair<int, int>::first).first);
    for (auto& [ours, theirs] : wanted) {
      if (ours < 0 || ours > top) continue;
      copy(ours, ++spare);
      ours = spare;
    }
  }

  void copy(int from, int to) { check_spawn(::posix_spawn_file_actions_adddup2(&actions_, from, to), "dup2"); }

  posix_spawn_file_actions_t actions_;
};

/// A new group or session, no blocked signal, every signal at its default.
class Attributes {
 public:
  explicit Attributes(bool new_session) {
    check_spawn(::posix_spawnattr_init(&attributes_), "attributes");
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    check_spawn(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)), "flags");
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// The file to execute: names without a slash are looked up in the PATH the child will have.
std::string find_program(const Spawn& spec) {
  const std::string& name = spec.argv.front();
  if (name.find('/') != std::string::npos) return name;
  auto own = spec.env.find("PATH");
  std::string path = own != spec.env.end() ? own->second : env_value("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t start = 0; start <= path.size();) {
    std::size_t end = std::min(path.find(':', start), path.size());
    std::string candidate = path.substr(start, end - start) + "/" + name;
    std::error_code ignored;
    bool runs = end > start && ::access(candidate.c_str(), X_OK) == 0 && !std::filesystem::is_directory(candidate, ignored);
    if (runs) return candidate;
    start = end + 1;
  }
  throw Error(ErrorKind::not_found, "cannot start " + name + ": no such program in PATH (" + path + ")");
}

[[noreturn]] void refuse_start(const Spawn& spec, const std::string& program, int code) {
  std::string what = "cannot start " + program;
  std::error_code ignored;
  if (!spec.cwd.empty() && !std::filesystem::is_directory(spec.cwd, ignored)) {
    throw Error(ErrorKind::not_found, what + ": the working folder " + spec.cwd.string() + " does not exist");
  }
  if (code == ENOENT) throw Error(ErrorKind::not_found, what + ": no such program, or the interpreter it names does not exist");
  throw io_error(what, code);
}

pid_t start_process(const Spawn& spec) {
  if (spec.argv.empty()) throw Error(ErrorKind::internal, "cannot start a process without a program name");
  std::string program = find_program(spec);
  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> variables;
  variables.reserve(spec.env.size());
  for (const auto& [name, value] : spec.env) variables.push_back(name + "=" + value);
  FileActions actions(spec);
  Attributes attributes(spec.new_session);
  pid_t pid = 0;
  int code = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), pointers(arguments).data(), pointers(variables).data());
  if (code != 0) refuse_start(spec, program, code);
  return pid;
}

void kill_and_reap(pid_t pid) {
  ::kill(-pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::string ExitStatus::text() const {
  if (signal == 0) return "exit " + std::to_string(code);
  const char* name = ::sigdescr_np(signal);
  return "signal " + std::to_string(signal) + (name ? std::string(" (") + name + ")" : std::string());
}

/// The zombie is kept until the object goes: as long as the pid is not reaped, the kernel cannot give its number to
/// another process group, so signal_group() never hits a stranger.
struct Child::State {
  State(const asio::any_io_executor& ex, pid_t id, int fd) : pid(id), descriptor(ex, fd) {}
  ~State() {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(descriptor.native_handle()), &info, WEXITED | WNOHANG);
    // release() takes the descriptor out of epoll; Asio's close() would leave that to the kernel, which keeps a pidfd
    // that a concurrent fork still holds.
    Fd(descriptor.release()).reset();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Looks without reaping.
  void look() {
    siginfo_t info{};
    auto id = static_cast<id_t>(descriptor.native_handle());
    while (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      if (errno != EINTR) throw errno_error("cannot wait for process " + std::to_string(pid));
    }
    if (info.si_pid == 0) return;
    bool exited = info.si_code == CLD_EXITED;
    status = ExitStatus{.code = exited ? info.si_status : -1, .signal = exited ? 0 : info.si_status};
  }

  pid_t pid;
  asio::posix::stream_descriptor descriptor;
  std::optional<ExitStatus> status;
};

namespace {

template <class State>
Awaitable<ExitStatus> wait_for_exit(std::shared_ptr<State> state) {
  state->look();
  while (!state->status) {
    co_await state->descriptor.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    state->look();
  }
  co_return *state->status;
}

template <class State>
Awaitable<void> reap(std::shared_ptr<State> state) {
  try {
    co_await wait_for_exit(std::move(state));
  } catch (const Error& error) {
    log::warn("process.unreaped", {{"error", error.message()}});
  }
}

}  // namespace

Child Child::start(const asio::any_io_executor& ex, const Spawn& spec) {
  pid_t pid = start_process(spec);
  Fd descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  try {
    if (!descriptor) throw errno_error("cannot watch process " + std::to_string(pid));
    auto state = std::make_shared<State>(ex, pid, descriptor.get());
    descriptor.release();
    return Child(std::move(state));
  } catch (...) {
    kill_and_reap(pid);
    throw;
  }
}

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;

Child& Child::operator=(Child&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Child::~Child() {
  if (!state_ || state_->status) return;
  auto ex = state_->descriptor.get_executor();
  spawn(ex, "reap", reap(std::move(state_)));
}

pid_t Child::pid() const { return state_->pid; }

Awaitable<ExitStatus> Child::wait() { return wait_for_exit(state_); }

void Child::signal_group(int sig) { ::kill(-state_->pid, sig); }

std::optional<std::string> env_value(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) return std::nullopt;
  return std::string(value);
}

std::map<std::string, std::string> minimal_env() {
  std::map<std::string, std::string> out;
  for (const char* name : {"PATH", "HOME", "LANG", "TZ", "TMPDIR"}) {
    if (auto value = env_value(name)) out.emplace(name, std::move(*value));
  }
  return out;
}

}  // namespace fairlead
