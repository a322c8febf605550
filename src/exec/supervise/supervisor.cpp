// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "exec/supervise/process_tree.hpp"
#include "fairlead/base/error.hpp"

namespace fairlead::exec {
namespace {

constexpr std::int64_t announce_every_ms = 20;
constexpr std::int64_t look_every_ms = 30'000;
constexpr std::int64_t patience_ms = 24 * 3600 * 1000;  // without a server and without work
constexpr std::int64_t stop_grace_ms = 10'000;
constexpr std::size_t links_max = 8;

std::string key(const std::string& step, const std::string& name) { return step + '/' + name; }

bool is_step(const std::string& step) {
  return !step.empty() && step.size() <= 9 && step.find_first_not_of("0123456789") == std::string::npos;
}

bool is_name(const std::string& name) {
  return name.size() <= 64 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
}

bool exists(int folder, const std::string& path) { return ::faccessat(folder, path.c_str(), F_OK, 0) == 0; }

/// Only root and the owner of the folder may give orders.
bool may_command(int socket, int folder) {
  ucred peer{};
  socklen_t size = sizeof peer;
  struct stat info{};
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || ::fstat(folder, &info) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid() || peer.uid == info.st_uid;
}

}  // namespace

Supervisor::Supervisor(Fd folder, Fd signals, Fd listener, Fd first)
    : folder_(std::move(folder)),
      signals_(std::move(signals)),
      listener_(std::move(listener)),
      patterns_(std::make_shared<const MaskPatterns>(std::vector<std::string>{})) {
  was_started_ = static_cast<bool>(first);
  if (first) links_.emplace_back(std::move(first));
  last_asked_ = boot_clock_ms();
  look_at_ = last_asked_ + look_every_ms;
}

void Supervisor::run() {
  while (!over_) {
    wait_for_events();
    look_around();
    if (process_ && process_->next_deadline() != 0 && boot_clock_ms() >= process_->next_deadline()) process_->on_time();
    announce_output();
    end_if_told();
    links_.remove_if([](const Link& link) { return !link.open(); });
    // Its server died before it had a step for it. The next one may have used another supervisor, and be done with the job.
    if (was_started_ && !began_ && links_.empty()) finishing_ = true;
    watched_ = std::any_of(links_.begin(), links_.end(), [](const Link& link) { return link.watches; });
  }
}

void Supervisor::wait_for_events() {
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  watched.push_back({process_ ? process_->output() : -1, POLLIN, 0});
  const auto first_leftover = watched.size();
  for (const auto& pipe : leftovers_) watched.push_back({pipe.get(), POLLIN, 0});
  const auto first_link = watched.size();
  for (const auto& link : links_) watched.push_back({link.fd(), static_cast<short>(link.wants_to_write() ? POLLIN | POLLOUT : POLLIN), 0});

  const auto wake = next_wake();
  const auto timeout = std::clamp<std::int64_t>(wake - boot_clock_ms(), 0, look_every_ms);
  if (::poll(watched.data(), watched.size(), static_cast<int>(timeout)) <= 0) return;

  // The output goes first: a process that has ended is concluded only after what it wrote was read.
  if (watched[2].revents != 0) process_->on_output();
  for (std::size_t i = first_leftover; i < first_link; ++i) {
    char discarded[4096];
    if (watched[i].revents != 0 && ::read(watched[i].fd, discarded, sizeof discarded) == 0) leftovers_[i - first_leftover].reset();
  }
  std::erase_if(leftovers_, [](const Fd& pipe) { return !pipe; });
  if (watched[0].revents != 0) on_signals();
  std::size_t at = first_link;
  for (auto& link : links_) {
    const auto events = watched[at++].revents;
    if ((events & POLLOUT) != 0) link.flush();
    if ((events & ~POLLOUT) != 0) link.receive([&](std::string_view line) { take(link, line); });
  }
  if (watched[1].revents != 0) accept();
}

void Supervisor::on_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGTERM) continue;
    finishing_ = true;
    if (process_) process_->stop("canceled", stop_grace_ms);
  }
  reap();
}

void Supervisor::reap() {
  int status = 0;
  rusage usage{};
  for (pid_t pid; (pid = ::wait4(-1, &status, WNOHANG | __WALL, &usage)) > 0;) {
    if (process_ && pid == process_->pid()) process_->on_exit(status, usage);
  }
  if (process_) process_->on_time();
}

void Supervisor::accept() {
  while (true) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    if (links_.size() < links_max && may_command(socket.get(), folder_.get())) links_.emplace_back(std::move(socket));
  }
}

void Supervisor::take(Link& link, std::string_view line) {
  last_asked_ = boot_clock_ms();
  try {
    obey(link, Json::parse(line));
  } catch (const std::exception& error) {
    link.send({{"is", "error"}, {"message", error.what()}});
  }
}

void Supervisor::obey(Link& link, const Json& request) {
  const auto what = request.at("do").get<std::string>();
  if (what == "start") {
    start(link, request);
  } else if (what == "state") {
    link.send(status(request.at("step"), request.value("name", "")));
  } else if (what == "mask") {
    for (const auto& value : request.at("values")) secrets_.insert(value.get<std::string>());
    patterns_ = std::make_shared<const MaskPatterns>(std::vector(secrets_.begin(), secrets_.end()));
  } else if (what == "watch") {
    link.watches = true;
    watched_ = true;
  } else if (what == "cancel") {
    if (process_) process_->stop("canceled", request.value("grace_ms", stop_grace_ms));
  } else if (what == "finish") {
    finishing_ = true;
    if (process_) process_->stop("canceled", 0);
  } else if (what == "hello") {
    Json processes = Json::array();
    if (process_) processes.push_back(status(process_->order().step, process_->order().name));
    link.send({{"is", "hello"}, {"version", protocol_version}, {"pid", ::getpid()}, {"processes", processes}});
  } else {
    throw Error(ErrorKind::invalid, "unknown request '" + what + "'");
  }
}

void Supervisor::start(Link& link, const Json& request) {
  auto order = order_from(request);
  if (!is_step(order.step) || !is_name(order.name)) throw Error(ErrorKind::invalid, "no step '" + order.step + "' '" + order.name + "'");
  keep_background_ = keep_background_ || order.keep_background;
  order.keep_background = keep_background_;
  const auto state = status(order.step, order.name);
  if (state.at("state") != "unknown") return link.send(state);
  if (process_) throw Error(ErrorKind::conflict, "step " + process_->order().step + " is still running");
  if (finishing_) throw Error(ErrorKind::canceled, "the job is ending");
  const auto step = order.step, name = order.name;
  announced_ = 0;
  began_ = true;
  process_ = std::make_unique<Process>(folder_.get(), std::move(order), patterns_);
  link.send(status(step, name));
}

Json Supervisor::status(const std::string& step, const std::string& name) const {
  Json answer{{"is", "status"}, {"step", step}, {"name", name}, {"state", "unknown"}};
  if (!is_step(step) || !is_name(name)) return answer;
  if (process_ && process_->order().step == step && process_->order().name == name) {
    answer["state"] = "running";
    answer["length"] = process_->log_length();
  } else if (const auto found = done_.find(key(step, name)); found != done_.end()) {
    answer.update(to_json(found->second));
    answer["state"] = "done";
  } else if (exists(folder_.get(), step + '/' + file_name(name, "exit.json"))) {
    answer["state"] = "done";  // by an earlier supervisor; the file says the rest
    answer["on_disk"] = true;
  } else if (exists(folder_.get(), step + '/' + file_name(name, "script"))) {
    answer["state"] = "lost";
  }
  return answer;
}

void Supervisor::broadcast(const Json& message) {
  for (auto& link : links_) link.send(message);
}

void Supervisor::announce_output() {
  if (!process_) return;
  if (process_->exit()) {
    const auto step = process_->order().step, name = process_->order().name;
    done_.emplace(key(step, name), *process_->exit());
    if (keep_background_) leftovers_.push_back(process_->take_output());
    process_.reset();
    return broadcast(status(step, name));
  }
  if (!watched_ || process_->log_length() == announced_ || boot_clock_ms() < announce_at_) return;
  announced_ = process_->log_length();
  announce_at_ = boot_clock_ms() + announce_every_ms;
  const Json message{{"is", "output"}, {"step", process_->order().step}, {"length", announced_}};
  for (auto& link : links_) {
    if (link.watches) link.send(message);
  }
}

/// Nobody may be left to say "finish": the folder can be gone, or its server for good.
void Supervisor::look_around() {
  const auto now = boot_clock_ms();
  if (!links_.empty() || process_) last_asked_ = now;
  if (now < look_at_) return;
  look_at_ = now + look_every_ms;
  struct stat info{};
  const bool gone = ::fstat(folder_.get(), &info) != 0 || info.st_nlink == 0;
  if (!gone && now - last_asked_ < patience_ms) return;
  finishing_ = true;
  if (process_) process_->stop("canceled", 0);
}

void Supervisor::end_if_told() {
  if (!finishing_ || process_) return;
  if (has_children()) return kill_descendants();  // their SIGCHLD brings us back
  broadcast({{"is", "bye"}});
  over_ = true;
}

std::int64_t Supervisor::next_wake() const {
  auto wake = look_at_;
  if (process_) {
    if (const auto at = process_->next_deadline(); at != 0) wake = std::min(wake, at);
    if (watched_ && process_->log_length() != announced_) wake = std::min(wake, announce_at_);
  } else if (finishing_) {
    wake = std::min(wake, boot_clock_ms() + announce_every_ms);
  }
  return wake;
}

}  // namespace fairlead::exec
