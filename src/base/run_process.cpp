// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include "base/shield.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead {
namespace {

using namespace std::chrono_literals;

constexpr auto term_grace = 2s;
/// Exit is not EOF: a background process may hold the pipes open after the leader is gone.
constexpr auto drain_grace = 200ms;

/// One captured stream. Reads on after the limit, so that the child never blocks.
struct Capture {
  Capture(const asio::any_io_executor& ex, Fd end) : pipe(ex, end.get()) { end.release(); }
  ~Capture() { Fd(pipe.release()).reset(); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  asio::posix::stream_descriptor pipe;
  std::string text;
  bool open = true;
};

/// What the driver, the two readers and the waiter of one process share.
struct Running {
  Running(const asio::any_io_executor& ex, Child started, Fd out_end, Fd err_end, std::size_t limit_bytes)
      : child(std::move(started)), out(ex, std::move(out_end)), err(ex, std::move(err_end)), changed(ex), limit(limit_bytes) {}

  Child child;
  Capture out;
  Capture err;
  Signal changed;
  std::size_t limit;
  std::optional<ExitStatus> status;
  std::exception_ptr failure;
  bool canceled = false;

  bool ended() const { return status || failure; }
};
using RunningPtr = std::shared_ptr<Running>;

Awaitable<void> collect(RunningPtr run, Capture* capture) {
  std::array<char, 16384> buffer;
  while (true) {
    auto [error, count] = co_await capture->pipe.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    capture->text.append(buffer.data(), std::min(count, run->limit - capture->text.size()));
  }
  capture->open = false;
  run->changed.notify_all();
}

Awaitable<void> watch(RunningPtr run) {
  try {
    run->status = co_await run->child.wait();
  } catch (...) {
    run->failure = std::current_exception();
  }
  run->changed.notify_all();
}

/// true when the process ended before `until`.
Awaitable<bool> wait_ended(RunningPtr run, Deadline until) {
  while (!run->ended()) {
    if (!co_await run->changed.wait_until(until)) co_return run->ended();
  }
  co_return true;
}

Awaitable<void> drain(RunningPtr run) {
  Deadline until = deadline_in(drain_grace);
  while (run->out.open || run->err.open) {
    if (!co_await run->changed.wait_until(until)) break;
  }
  run->child.signal_group(SIGKILL);
  run->out.pipe.cancel();
  run->err.pipe.cancel();
  while (run->out.open || run->err.open) co_await run->changed.wait();
}

Awaitable<void> drive(RunningPtr run, Deadline deadline, bool* timed_out) {
  auto ex = co_await asio::this_coro::executor;
  spawn(ex, "read stdout", collect(run, &run->out));
  spawn(ex, "read stderr", collect(run, &run->err));
  spawn(ex, "wait for process", watch(run));
  while (!run->ended() && !run->canceled) {
    if (co_await run->changed.wait_until(deadline)) continue;
    *timed_out = !run->ended();
    break;
  }
  if (!run->ended()) {
    run->child.signal_group(SIGTERM);
    bool obeyed = co_await wait_ended(run, deadline_in(term_grace));
    if (!obeyed) run->child.signal_group(SIGKILL);
    if (!obeyed) co_await wait_ended(run, Deadline::max());
  }
  co_await drain(run);
}

/// A file in memory instead of a pipe: nothing to write while the child runs, no SIGPIPE, no deadlock.
Fd input_file(std::string_view input) {
  Fd file(::memfd_create("stdin", MFD_CLOEXEC));
  if (!file) throw errno_error("cannot make the input of a process");
  while (!input.empty()) {
    ssize_t put = ::write(file.get(), input.data(), input.size());
    if (put < 0) throw errno_error("cannot write the input of a process");
    input.remove_prefix(static_cast<std::size_t>(put));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

RunningPtr start(const asio::any_io_executor& ex, Spawn spec, std::size_t limit, const std::string& input) {
  auto [out_read, out_write] = make_pipe();
  auto [err_read, err_write] = make_pipe();
  Fd in;
  if (!input.empty()) {
    in = input_file(input);
    spec.in = in.get();
  }
  spec.out = out_write.get();
  spec.err = err_write.get();
  return std::make_shared<Running>(ex, Child::start(ex, spec), std::move(out_read), std::move(err_read), limit);
}

}  // namespace

Awaitable<RunResult> run_process(Spawn spec, Deadline deadline, std::size_t limit, std::string input) {
  RunningPtr run = start(co_await asio::this_coro::executor, std::move(spec), limit, input);
  RunResult result;
  auto on_cancel = [run] {
    run->canceled = true;
    run->changed.notify_all();
  };
  auto driven = drive(run, deadline, &result.timed_out);
  co_await detail::run_under(std::move(driven), asio::cancellation_slot(), std::move(on_cancel));
  if (run->canceled) throw boost::system::system_error(asio::error::operation_aborted);
  if (run->failure) std::rethrow_exception(run->failure);
  result.status = *run->status;
  result.out = std::move(run->out.text);
  result.err = std::move(run->err.text);
  co_return result;
}

}  // namespace fairlead
