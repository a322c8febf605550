// SPDX-License-Identifier: Apache-2.0
#include "exec/job/supervisor_link.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "exec/supervise/protocol.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

constexpr std::size_t read_size = 4096;
constexpr int kill_rounds = 100;

}  // namespace

struct SupervisorLink::State {
  State(const asio::any_io_executor& executor, Fd fd) : socket(executor, asio::local::stream_protocol(), fd.release()) {}

  asio::local::stream_protocol::socket socket;
  std::string in, out;
  std::size_t taken = 0;  ///< of `in`
  bool writing = false;
};

namespace {

/// Sends what has been queued, in order, until there is no more. Keeps its state alive.
template <class State>
Awaitable<void> drain(std::shared_ptr<State> state) {
  while (!state->out.empty() && state->socket.is_open()) {
    const std::string now = std::exchange(state->out, {});
    boost::system::error_code error;
    co_await asio::async_write(state->socket, asio::buffer(now), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
  }
  state->writing = false;
}

}  // namespace

SupervisorLink::SupervisorLink(std::shared_ptr<State> state) : state_(std::move(state)) {}

SupervisorLink::~SupervisorLink() {
  boost::system::error_code ignored;
  if (state_) state_->socket.close(ignored);
}

std::unique_ptr<SupervisorLink> SupervisorLink::start(const asio::any_io_executor& executor, const std::filesystem::path& program,
                                                      const std::filesystem::path& folder) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw errno_error("making a socket pair");
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  Spawn spec;
  spec.argv = {program.string(), folder.string()};
  spec.fds = {{theirs.get(), inherited_link}};
  spec.new_session = true;
  Child::start(executor, spec);  // reaped when it ends
  return std::unique_ptr<SupervisorLink>(new SupervisorLink(std::make_shared<State>(executor, std::move(ours))));
}

std::unique_ptr<SupervisorLink> SupervisorLink::connect(const asio::any_io_executor& executor, const std::filesystem::path& folder) {
  const Fd opened(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return nullptr;
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The path may be longer than a socket address can hold; this name for it never is.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(opened.get()) + "/ctl.sock";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return nullptr;
  return std::unique_ptr<SupervisorLink>(new SupervisorLink(std::make_shared<State>(executor, std::move(socket))));
}

void SupervisorLink::send(const Json& message) {
  const bool idle = state_->out.empty() && !state_->writing;
  state_->out += dump(message);
  state_->out += '\n';
  if (!idle) return;
  // Nearly always it fits into the socket's buffer at once.
  const auto sent = ::send(state_->socket.native_handle(), state_->out.data(), state_->out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) state_->out.erase(0, static_cast<std::size_t>(sent));
  if (state_->out.empty() || (sent < 0 && errno != EAGAIN)) return state_->out.clear();
  state_->writing = true;
  spawn(state_->socket.get_executor(), "send to supervisor", drain(state_));
}

Awaitable<std::optional<Json>> SupervisorLink::next() {
  const auto state = state_;
  while (true) {
    if (const auto end = state->in.find('\n', state->taken); end != std::string::npos) {
      const auto line = std::string_view(state->in).substr(state->taken, end - state->taken);
      auto message = parse_json(line);
      state->taken = end + 1;
      co_return message;
    }
    state->in.erase(0, std::exchange(state->taken, 0));
    const auto size = state->in.size();
    state->in.resize(size + read_size);
    boost::system::error_code error;
    const auto count = co_await state->socket.async_read_some(asio::buffer(state->in.data() + size, read_size),
                                                              asio::redirect_error(asio::use_awaitable, error));
    state->in.resize(size + count);
    if (error == asio::error::operation_aborted) throw Error(ErrorKind::canceled, "the wait for the supervisor was canceled");
    if (error || count == 0) co_return std::nullopt;
  }
}

bool is_supervised(const std::filesystem::path& folder) {
  const Fd alive(::open((folder / "alive").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!alive) return false;
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(alive.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

namespace {

/// What one walk over the processes found.
struct Walk {
  int killed = 0;
  int unsure = 0;  ///< in the middle of an exec, when a process has no environment yet
};

/// Field 22 of /proc/<pid>/stat, in clock ticks since boot; 0 when there is none.
long long started_at(const std::filesystem::path& process) {
  const auto stat = read_file_if_exists(process / "stat", 4096).value_or("");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return parse_int(field).value_or(0);
}

/// Kills every process whose environment says that it belongs to the folder. Only those that began after `since` can.
Walk kill_marked(const std::string& mark, long long since) {
  Walk walk;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = parse_int(entry.path().filename().string());
    if (!pid || *pid == ::getpid()) continue;
    try {
      const auto environment = read_file_if_exists(entry.path() / "environ", 4u << 20).value_or("");
      if (environment.starts_with(mark) || environment.find('\0' + mark) != std::string::npos) {
        walk.killed += ::kill(static_cast<pid_t>(*pid), SIGKILL) == 0 ? 1 : 0;
      } else if (environment.empty() && !std::filesystem::read_symlink(entry.path() / "exe", ignored).empty()) {
        walk.unsure += started_at(entry.path()) >= since ? 1 : 0;  // neither a kernel thread nor a zombie: those have no exe
      }
    } catch (const Error&) {
      continue;  // not ours to read, or just gone
    }
  }
  return walk;
}

}  // namespace

void kill_leftovers(const std::filesystem::path& folder) {
  const auto mark = "FAIRLEAD_OUTPUT=" + folder.string() + '/';
  long long since = 0;
  try {
    since = parse_int(text_at(parse_json(read_file_if_exists(folder / "alive", 4096).value_or("{}")), "start_ticks")).value_or(0);
  } catch (const Error&) {
    since = 0;  // written by half: then every young process may be ours
  }
  // A parent that ends by itself may leave a child behind our back, and one between fork and exec shows no environment: look
  // until two walks in a row found nothing.
  for (int round = 0, clean = 0; round < kill_rounds && clean < 2; ++round) {
    const auto walk = kill_marked(mark, since);
    clean = walk.killed + walk.unsure == 0 ? clean + 1 : 0;
    if (walk.killed == 0 && walk.unsure > 0) ::sched_yield();
  }
}

}  // namespace fairlead::exec
