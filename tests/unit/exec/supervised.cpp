// SPDX-License-Identifier: Apache-2.0
#include "unit/exec/supervised.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "fairlead/base/error.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::exec {
namespace {

constexpr int patience_ms = 60'000;

}  // namespace

Supervised::Supervised(const std::filesystem::path& folder) : folder_(folder) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw errno_error("making a socket pair");
  link_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  const auto path = folder.string();
  pid_ = ::fork();
  if (pid_ == 0) {
    if (theirs.get() == inherited_link)
      ::fcntl(inherited_link, F_SETFD, 0);
    else
      ::dup2(theirs.get(), inherited_link);
    ::execl(SUPERVISOR_FILE, "fairlead-supervise", path.c_str(), nullptr);
    ::_exit(127);
  }
  send({{"do", "watch"}});
}

Supervised::~Supervised() {
  if (pid_ <= 0) return;
  try {
    if (!link_) connect();
    send({{"do", "finish"}});
    wait();
  } catch (const std::exception&) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Supervised::send(const Json& message) {
  const auto text = message.dump() + '\n';
  if (::send(link_.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) throw errno_error("sending");
}

std::optional<Json> Supervised::receive() {
  while (true) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto message = Json::parse(received_.substr(0, end));
      received_.erase(0, end + 1);
      return message;
    }
    pollfd ready{link_.get(), POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) <= 0) throw Error(ErrorKind::timeout, "the supervisor says nothing");
    char buffer[4096];
    const auto count = ::recv(link_.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return std::nullopt;
    received_.append(buffer, static_cast<std::size_t>(count));
  }
}

Json Supervised::until(const std::string& name, const Json& value) {
  while (const auto message = receive()) {
    if (message->value(name, Json()) == value) return *message;
    if (text_at(*message, "is") == "error") throw Error(ErrorKind::invalid, text_at(*message, "message"));
  }
  throw Error(ErrorKind::unavailable, "the supervisor closed the link");
}

Order Supervised::shell(const std::string& step, const std::string& script) const {
  Order order;
  order.step = step;
  order.script = script;
  order.argv = {"sh", "-e", "{0}"};
  order.env = {{"PATH", env_value("PATH").value_or("/usr/bin:/bin")}};
  order.grace_ms = 200;
  return order;
}

void Supervised::start(const Order& order) { send(to_json(order)); }

Exit Supervised::done(const std::string& step) {
  while (true) {
    const auto message = until("state", "done");
    if (text_at(message, "step") == step) return exit_from(message);
  }
}

Exit Supervised::run(const Order& order) {
  start(order);
  return done(order.step);
}

void Supervised::connect() {
  const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  link_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  received_.clear();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(folder.get()) + "/ctl.sock";
  std::strcpy(address.sun_path, path.c_str());
  if (::connect(link_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw errno_error("connecting");
  send({{"do", "watch"}});
}

void Supervised::finish() {
  send({{"do", "finish"}});
  until("is", "bye");
}

int Supervised::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return status;
}

std::string Supervised::log(const std::string& step) const { return read_file(folder_ / step / "log", std::size_t{2} << 30); }

long Supervised::peak_memory_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
  }
  return -1;
}

long Supervised::processor_ms() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/schedstat");  // nanoseconds on the processor, first
  long long nanoseconds = 0;
  file >> nanoseconds;
  return static_cast<long>(nanoseconds / 1'000'000);
}

namespace {

bool runs(const std::string& word) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ostringstream line;
    line << std::ifstream(entry.path() / "cmdline").rdbuf();  // one that ends while it is read is no error
    if (line.str().find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string rare(const std::string& word) { return word + '.' + std::to_string(::getpid()); }

bool gone(const std::string& word) {
  for (int look = 0; look < 1000; ++look) {
    if (!runs(word)) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace fairlead::exec
