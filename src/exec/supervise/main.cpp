// SPDX-License-Identifier: Apache-2.0
// fairlead-supervise <dir>: see supervisor.hpp. Static and small, so that it starts in a millisecond and runs as PID 1 in
// any container (docs/decisions/0001-static-supervisor.md).
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "exec/supervise/supervisor.hpp"
#include "fairlead/base/error.hpp"

namespace fairlead::exec {
namespace {

constexpr int exit_taken = 0;  // another supervisor has the folder: all is well
constexpr int backlog = 8;

std::string read_start(const char* path) {
  const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  char buffer[1024];
  const auto count = fd ? ::read(fd.get(), buffer, sizeof buffer) : 0;
  return {buffer, static_cast<std::size_t>(count > 0 ? count : 0)};
}

/// Field 22 of /proc/self/stat: with the boot id it tells this process from a later one with the same pid.
std::string start_ticks() {
  const auto stat = read_start("/proc/self/stat");
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

/// The lock belongs to the open file, so that it ends with this process and with nothing else.
bool lock(int folder, Fd& alive) {
  alive = Fd(::openat(folder, "alive", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!alive) throw errno_error("opening alive");
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(alive.get(), F_OFD_SETLK, &whole) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw errno_error("locking alive");
}

/// Who holds the lock, for people and for other programs: the lock itself is what the server goes by.
void write_ident(const Fd& alive) {
  auto boot_id = read_start("/proc/sys/kernel/random/boot_id");
  if (!boot_id.empty() && boot_id.back() == '\n') boot_id.pop_back();
  const Json ident{{"pid", ::getpid()}, {"start_ticks", start_ticks()}, {"boot_id", boot_id}, {"version", protocol_version}};
  const auto text = ident.dump() + '\n';
  if (::ftruncate(alive.get(), 0) != 0 || ::pwrite(alive.get(), text.data(), text.size(), 0) < 0) throw errno_error("writing alive");
}

/// Bound by a relative name from inside the folder: its path may be longer than a socket address can hold.
Fd listen_here() {
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "ctl.sock");
  ::unlink(address.sun_path);
  const auto old_mask = ::umask(0177);
  const bool bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::umask(old_mask);
  if (!bound || ::listen(listener.get(), backlog) != 0) throw errno_error("listening on ctl.sock");
  return listener;
}

Fd watch_signals() {
  for (const int sig : {SIGPIPE, SIGHUP, SIGINT, SIGQUIT}) ::signal(sig, SIG_IGN);
  sigset_t watched;
  ::sigemptyset(&watched);
  ::sigaddset(&watched, SIGCHLD);
  ::sigaddset(&watched, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &watched, nullptr);
  return Fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

Fd inherited() {
  struct stat info{};
  if (::fstat(inherited_link, &info) != 0 || !S_ISSOCK(info.st_mode)) return Fd();
  ::fcntl(inherited_link, F_SETFD, FD_CLOEXEC);
  return Fd(inherited_link);
}

void protect_self() {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_DUMPABLE, 0);  // secrets pass through this memory
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

int supervise(const char* path) {
  auto first = inherited();  // before anything else could be given that number
  protect_self();
  if (::chdir(path) != 0) throw errno_error(std::string("entering ") + path);
  Fd folder(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw errno_error(std::string("opening ") + path);
  Fd alive;
  if (!lock(folder.get(), alive)) return exit_taken;
  auto signals = watch_signals();
  auto listener = listen_here();
  write_ident(alive);
  Supervisor supervisor(std::move(folder), std::move(signals), std::move(listener), std::move(first));
  supervisor.run();
  ::unlink("ctl.sock");
  alive.reset();  // before the links are closed: who sees them close finds the folder free
  return 0;
}

}  // namespace
}  // namespace fairlead::exec

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fairlead-supervise <folder of a job>\n", stderr);
    return 2;
  }
  try {
    return fairlead::exec::supervise(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fairlead-supervise: %s\n", error.what());
    return 1;
  }
}
