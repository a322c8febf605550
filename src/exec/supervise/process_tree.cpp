// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include "fairlead/base/fd.hpp"

namespace fairlead::exec {
namespace {

constexpr int freeze_rounds = 64;

std::string read_all(const std::string& path) {
  std::string text;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(fd.get(), buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

template <class Visit>
void each_number(const char* folder, Visit visit) {
  DIR* open = ::opendir(folder);
  if (open == nullptr) return;
  while (const dirent* entry = ::readdir(open)) {
    char* end = nullptr;
    const auto number = std::strtol(entry->d_name, &end, 10);
    if (end != entry->d_name && *end == '\0') visit(static_cast<pid_t>(number));
  }
  ::closedir(open);
}

std::vector<pid_t> children(pid_t parent) {
  std::vector<pid_t> found;
  const auto tasks = "/proc/" + std::to_string(parent) + "/task";
  each_number(tasks.c_str(), [&](pid_t thread) {
    const auto text = read_all(tasks + '/' + std::to_string(thread) + "/children");
    for (const char* at = text.c_str(); *at != '\0';) {
      char* end = nullptr;
      const auto pid = std::strtol(at, &end, 10);
      if (end == at) break;
      found.push_back(static_cast<pid_t>(pid));
      at = end + std::strspn(end, " \n");
    }
  });
  return found;
}

/// State letter and parent of a process; {'\0', 0} when it is gone.
std::pair<char, pid_t> status(pid_t pid) {
  const auto text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const auto after_name = text.rfind(')');  // the name may contain anything
  if (after_name == std::string::npos || after_name + 4 >= text.size()) return {'\0', 0};
  return {text[after_name + 2], static_cast<pid_t>(std::atol(text.c_str() + after_name + 4))};
}

/// A descendant's pid may have been reaped and given to a stranger since it was listed: hold the process by its pidfd, and
/// signal only when what it names still hangs in our tree.
bool signal_one(pid_t pid, int sig, const std::set<pid_t>& tree) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return false;
  const auto [state, parent] = status(pid);
  if (state == '\0' || state == 'Z') return false;
  if (parent != ::getpid() && !tree.contains(parent)) return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), sig, nullptr, 0) == 0;
}

std::set<pid_t> tree_set() {
  const auto all = descendants();
  return {all.begin(), all.end()};
}

}  // namespace

std::vector<pid_t> descendants() {
  std::vector<pid_t> all = children(::getpid());
  std::set<pid_t> seen(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto child : children(all[i])) {
      if (seen.insert(child).second) all.push_back(child);
    }
  }
  return all;
}

void signal_descendants(int sig) {
  const auto tree = tree_set();
  for (const auto pid : tree) {
    if (signal_one(pid, sig, tree)) signal_one(pid, SIGCONT, tree);
  }
}

void kill_descendants() {
  std::set<pid_t> frozen;
  for (int round = 0; round < freeze_rounds; ++round) {
    bool found = false;
    const auto tree = tree_set();
    for (const auto pid : tree) {
      if (frozen.insert(pid).second && signal_one(pid, SIGSTOP, tree)) found = true;
    }
    if (!found) break;
  }
  const auto tree = tree_set();
  for (const auto pid : tree) signal_one(pid, SIGKILL, tree);
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

}  // namespace fairlead::exec
