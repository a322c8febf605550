// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "exec/supervise/launch.hpp"
#include "exec/supervise/process_tree.hpp"
#include "fairlead/base/error.hpp"

namespace fairlead::exec {
namespace {

constexpr int pipe_bytes = 1 << 20;
constexpr std::size_t read_bytes = 128 << 10;
constexpr int reads_per_turn = 8;
constexpr std::int64_t drain_ms = 300;       // after the exit, for output of what the step left behind
constexpr std::int64_t kill_again_ms = 20;

Fd folder_of(int job_folder, const std::string& step) {
  if (::mkdirat(job_folder, step.c_str(), 0755) != 0 && errno != EEXIST) throw errno_error("creating the folder of step " + step);
  Fd folder(::openat(job_folder, step.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) throw errno_error("opening the folder of step " + step);
  return folder;
}

std::int64_t millis(const timeval& time) { return std::int64_t{time.tv_sec} * 1000 + time.tv_usec / 1000; }

}  // namespace

std::int64_t boot_clock_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Process::Process(int job_folder, Order order, std::shared_ptr<const MaskPatterns> patterns)
    : order_(std::move(order)),
      step_folder_(folder_of(job_folder, order_.step)),
      log_(step_folder_.get(), order_.log_limit),
      masker_(std::move(patterns)) {
  write_script(step_folder_.get(), order_);  // its exclusive creation is what makes the start happen once
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("creating a pipe");
  output_ = Fd(ends[0]);
  const Fd input(ends[1]);
  ::fcntl(output_.get(), F_SETPIPE_SZ, pipe_bytes);  // a refusal only costs speed
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  result_.started_ms = wall_clock_ms();
  last_output_ = boot_clock_ms();
  if (order_.timeout_ms > 0) timeout_at_ = last_output_ + order_.timeout_ms;
  pid_ = launch(job_folder, step_folder_.get(), order_, input.get());
}

/// False when there is nothing more for now.
bool Process::read_some() {
  static char buffer[read_bytes];
  const auto count = ::read(output_.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  eof_ = count == 0;
  if (eof_) return false;
  ready_.clear();
  masker_.write({buffer, static_cast<std::size_t>(count)}, ready_);
  log_.append(ready_);
  return true;
}

void Process::on_output() {
  int turns = 0;
  while (turns < reads_per_turn && read_some()) ++turns;  // not for ever: orders and deadlines want their turn
  if (turns > 0) last_output_ = boot_clock_ms();
  if (exited_at_) settle();
}

void Process::on_exit(int wait_status, const rusage& usage) {
  exited_at_ = boot_clock_ms();
  if (WIFEXITED(wait_status)) result_.exit_code = WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status)) result_.signal = WTERMSIG(wait_status);
  result_.user_ms = millis(usage.ru_utime);
  result_.system_ms = millis(usage.ru_stime);
  result_.max_rss_kib = usage.ru_maxrss;
  drain_until_ = *exited_at_ + drain_ms;
  on_output();
}

void Process::stop(const char* reason, std::int64_t grace_ms) {
  const auto at = boot_clock_ms() + std::max<std::int64_t>(grace_ms, 0);
  if (stopping()) {
    kill_at_ = std::min(kill_at_, at);  // asked twice: the shorter grace counts
    return;
  }
  if (!exited_at_) result_.ended = reason;
  kill_at_ = at;
  signal_descendants(SIGTERM);
}

std::int64_t Process::next_deadline() const {
  if (exited_at_) return stopping() ? std::min(kill_at_, drain_until_) : drain_until_;
  if (stopping()) return kill_at_;
  std::int64_t next = timeout_at_;
  if (order_.silence_ms > 0) {
    const auto silence_at = last_output_ + order_.silence_ms;
    next = next == 0 ? silence_at : std::min(next, silence_at);
  }
  return next;
}

void Process::on_time() {
  const auto now = boot_clock_ms();
  if (exited_at_) return settle();
  if (stopping()) {
    if (now < kill_at_) return;
    kill_descendants();
    kill_at_ = now + kill_again_ms;
  } else if (timeout_at_ != 0 && now >= timeout_at_) {
    stop("timeout", order_.grace_ms);
  } else if (order_.silence_ms > 0 && now >= last_output_ + order_.silence_ms) {
    stop("silence", order_.grace_ms);
  }
}

/// The process itself has ended; is everything else of it over, too?
void Process::settle() {
  if (exit_) return;
  const auto now = boot_clock_ms();
  const bool children = has_children();
  if (!children) {
    // Nobody is left who could write: what the pipe still holds is the end of the output.
    for (int turn = 0; turn < pipe_bytes / 4096 && !eof_ && read_some();) ++turn;
    return conclude();
  }
  if (order_.keep_background && !stopping()) {
    if (eof_ || now >= drain_until_) conclude();
    return;
  }
  if (now < (stopping() ? kill_at_ : drain_until_)) {
    if (stopping()) drain_until_ = kill_at_;
    return;
  }
  result_.strays = std::max(result_.strays, static_cast<int>(descendants().size()));
  kill_descendants();
  drain_until_ = now + kill_again_ms;
  if (stopping()) kill_at_ = drain_until_;
}

void Process::conclude() {
  ready_.clear();
  masker_.finish(ready_);
  log_.append(ready_);
  log_.finish();
  result_.finished_ms = wall_clock_ms();
  result_.log_bytes = log_.length();
  result_.log_dropped = log_.dropped();
  result_.log_error = log_.error();
  write_exit(step_folder_.get(), order_.name, result_);
  exit_ = result_;
}

bool write_exit(int step_folder, const std::string& name, const Exit& exit) {
  const auto final_name = file_name(name, "exit.json");
  const auto part = final_name + ".part";
  const auto text = to_json(exit).dump() + '\n';
  const Fd file(::openat(step_folder, part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return false;
  // The part was filled with blanks when the step began, so that a full disk cannot keep the result from being written.
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return false;
  if (::ftruncate(file.get(), static_cast<off_t>(text.size())) != 0 || ::fsync(file.get()) != 0) return false;
  if (::renameat(step_folder, part.c_str(), step_folder, final_name.c_str()) != 0) return false;
  return ::fsync(step_folder) == 0;
}

}  // namespace fairlead::exec
