// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include "fairlead/base/files.hpp"
#include "fairlead/base/strings.hpp"
#include "unit/base/on_loop.hpp"

namespace fairlead {
namespace {

using namespace std::chrono_literals;

Spawn shell(const std::string& script) { return {.argv = {"sh", "-c", script}, .env = minimal_env()}; }

RunResult run(Spawn spec, std::chrono::steady_clock::duration span = 1h, std::size_t limit = 1 << 20, std::string input = {}) {
  return on_loop(run_process(std::move(spec), deadline_in(span), limit, std::move(input)));
}

/// Held open by every process of a group, so end of file says that all of them are gone (zombies of init do not count).
class Leash {
 public:
  void put_on(Spawn& spec) { spec.fds = {{ends_.second.get(), 9}}; }
  bool all_gone() {
    ends_.second.reset();
    char byte = 0;
    return ::read(ends_.first.get(), &byte, 1) == 0;
  }

 private:
  std::pair<Fd, Fd> ends_ = make_pipe();
};

TEST(RunProcess, KeepsBothStreamsAndTheExitCode) {
  RunResult result = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.status.text(), "exit 3");
  EXPECT_FALSE(result.status.ok());
  EXPECT_FALSE(result.timed_out);
}

TEST(RunProcess, TellsTheSignal) {
  RunResult result = run(shell("kill -9 $$"));
  EXPECT_EQ(result.status.signal, SIGKILL);
  EXPECT_EQ(result.status.text(), "signal 9 (Killed)");
}

TEST(RunProcess, GivesTheInputAndReadsMoreThanAPipeHolds) {
  std::string input(3 << 20, 'x');
  RunResult result = run({.argv = {"cat"}, .env = minimal_env()}, 1h, 8 << 20, input);
  EXPECT_EQ(result.out.size(), input.size());
  EXPECT_TRUE(result.status.ok());
}

TEST(RunProcess, CutsAtTheLimitAndLetsTheProcessFinish) {
  RunResult result = run(shell("head -c 1000000 /dev/zero; echo done >&2"), 1h, 1000);
  EXPECT_EQ(result.out.size(), 1000u);
  EXPECT_EQ(result.err, "done\n");
}

TEST(RunProcess, SeesOnlyTheGivenEnvironmentAndNoInput) {
  RunResult result = run({.argv = {"/usr/bin/env"}, .env = {{"ONLY", "this"}}});
  EXPECT_EQ(result.out, "ONLY=this\n");
  EXPECT_EQ(run(shell("cat")).out, "");
}

TEST(RunProcess, WorksInTheGivenFolder) {
  TempFolder folder;
  Spawn spec = shell("pwd -P");
  spec.cwd = folder.path();
  EXPECT_EQ(run(spec).out, std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(RunProcess, EndsTheWholeGroupAtTheDeadline) {
  Leash leash;
  Spawn spec = shell("sleep 1000 & sleep 1000");
  leash.put_on(spec);
  RunResult result = run(spec, 100ms);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status.signal, SIGTERM);
  EXPECT_TRUE(leash.all_gone());
}

TEST(RunProcess, DoesNotWaitForABackgroundProcessThatHoldsThePipe) {
  auto start = std::chrono::steady_clock::now();
  Leash leash;
  Spawn spec = shell("sleep 1000 & echo started");
  leash.put_on(spec);
  RunResult result = run(spec);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 100s);
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.out, "started\n");
  EXPECT_TRUE(leash.all_gone());
}

/// Runs `script` and cancels whoever awaits it as soon as the script has written to descriptor 8.
void run_and_cancel_when_ready(const std::string& script, Leash& leash) {
  asio::io_context io;
  asio::cancellation_signal cancel;
  auto [ready_read, ready_write] = make_pipe();
  Spawn spec = shell(script);
  leash.put_on(spec);
  spec.fds.emplace_back(ready_write.get(), 8);
  std::exception_ptr failure;
  asio::co_spawn(io, run_process(spec, deadline_in(1h)),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, RunResult) { failure = std::move(error); }));
  asio::posix::stream_descriptor ready(io, ready_read.release());
  ready.async_wait(asio::posix::descriptor_base::wait_read, [&](auto) { cancel.emit(asio::cancellation_type::all); });
  io.run();
  ASSERT_TRUE(failure);
  EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

TEST(RunProcess, EndsTheGroupWhenTheCallerIsCancelled) {
  Leash leash;
  run_and_cancel_when_ready("sleep 1000 & echo ready >&8; sleep 1000", leash);
  EXPECT_TRUE(leash.all_gone());
}

TEST(RunProcess, KillsWhatIgnoresTheRequestToEnd) {
  Leash leash;
  run_and_cancel_when_ready("trap '' TERM; echo ready >&8; while :; do sleep 1000; done", leash);
  EXPECT_TRUE(leash.all_gone());
}

ErrorKind kind_of_start(Spawn spec) {
  try {
    run(std::move(spec));
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::internal;
}

TEST(ChildStart, SaysWhatDoesNotExist) {
  EXPECT_EQ(kind_of_start({.argv = {"no-such-program-here"}, .env = minimal_env()}), ErrorKind::not_found);
  EXPECT_EQ(kind_of_start({.argv = {"/no/such/program"}}), ErrorKind::not_found);
  EXPECT_EQ(kind_of_start({.argv = {"/bin/true"}, .cwd = "/no/such/folder"}), ErrorKind::not_found);
  EXPECT_EQ(kind_of_start({.argv = {"/etc/passwd"}}), ErrorKind::io);
}

TEST(ChildStart, HandsOverExactlyTheListedDescriptors) {
  Fd stray(::fcntl(STDERR_FILENO, F_DUPFD, 20));  // not close-on-exec: only the spawn itself can close it
  auto [read_end, write_end] = make_pipe();
  Spawn spec = shell("ls /proc/self/fd | tr '\\n' ' '; echo through >&7");
  spec.fds = {{write_end.get(), 7}};
  RunResult result = run(spec);
  // 3 is the folder that ls reads.
  EXPECT_EQ(result.out, "0 1 2 3 7 ");
  char text[8] = {};
  EXPECT_EQ(::read(read_end.get(), text, sizeof text), 8);
  EXPECT_EQ(std::string_view(text, 7), "through");
}

TEST(ChildStart, SwapsDescriptorsWithoutLosingOne) {
  auto [a_read, a_write] = make_pipe();
  auto [b_read, b_write] = make_pipe();
  Spawn spec = shell("echo a >&\"$A\"; echo b >&\"$B\"");
  spec.fds = {{a_write.get(), b_write.get()}, {b_write.get(), a_write.get()}};
  spec.env["A"] = std::to_string(b_write.get());
  spec.env["B"] = std::to_string(a_write.get());
  EXPECT_EQ(run(spec).err, "");
  char text[3] = {};
  EXPECT_EQ(::read(a_read.get(), text, 2), 2);
  EXPECT_STREQ(text, "a\n");
}

TEST(ChildStart, ResetsSignalsTheServerIgnoresOrBlocks) {
  auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t old;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &old);
  RunResult result = run(shell("kill -TERM $$; echo survived"));
  RunResult ignored = run(shell("kill -PIPE $$; echo survived"));
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ::signal(SIGPIPE, before);
  EXPECT_EQ(result.status.signal, SIGTERM) << result.out;
  EXPECT_EQ(ignored.status.signal, SIGPIPE) << ignored.out;
}

Awaitable<std::string> session_of_child(bool new_session) {
  Spawn spec{.argv = {"sleep", "1000"}, .env = minimal_env(), .new_session = new_session};
  Child child = Child::start(co_await asio::this_coro::executor, spec);
  bool leads_session = ::getsid(child.pid()) == child.pid();
  bool leads_group = ::getpgid(child.pid()) == child.pid();
  child.signal_group(SIGKILL);
  co_await child.wait();
  child.signal_group(SIGTERM);
  co_return std::string(leads_session ? "session" : "") + (leads_group ? " group" : "");
}

TEST(Child, LeadsAGroupOrASession) {
  EXPECT_EQ(on_loop(session_of_child(false)), " group");
  EXPECT_EQ(on_loop(session_of_child(true)), "session group");
}

Awaitable<pid_t> drop_child(std::string seconds) {
  Spawn spec{.argv = {"sleep", seconds}, .env = minimal_env()};
  co_return Child::start(co_await asio::this_coro::executor, spec).pid();
}

TEST(Child, IsReapedAlsoWhenNobodyWaits) {
  pid_t pid = on_loop(drop_child("0.05"));
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

Awaitable<int> wait_often(int times) {
  Spawn spec{.argv = {"sh", "-c", "exit 4"}, .env = minimal_env()};
  Child child = Child::start(co_await asio::this_coro::executor, spec);
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    ExitStatus status = co_await child.wait();
    sum += status.code;
  }
  co_return sum;
}

Awaitable<void> wait_for_ever(pid_t* pid) {
  Spawn spec{.argv = {"sleep", "1000"}, .env = minimal_env()};
  Child child = Child::start(co_await asio::this_coro::executor, spec);
  *pid = child.pid();
  co_await with_deadline(child.wait(), deadline_in(1h), "waiting");
}

TEST(Child, OutlivesTheLoopThatWaitedForIt) {
  pid_t pid = 0;
  {
    asio::io_context io;
    spawn(io.get_executor(), "waiter", wait_for_ever(&pid));
    spawn(io.get_executor(), "runner", [](Awaitable<RunResult> work) -> Awaitable<void> {
      co_await std::move(work);
    }(run_process(shell("exec sleep 0.01"), deadline_in(1h))));
    io.poll();
  }
  EXPECT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
}

TEST(Child, TellsTheSameEveryTime) { EXPECT_EQ(on_loop(wait_often(3)), 12); }

Awaitable<void> run_many(int count) {
  for (int i = 0; i < count; ++i) {
    Spawn spec{.argv = {"/bin/true"}};
    Child child = Child::start(co_await asio::this_coro::executor, spec);
    ExitStatus status = co_await child.wait();
    if (!status.ok()) throw Error(ErrorKind::internal, status.text());
  }
}

TEST(Child, ManyAtOnceLeaveNoDescriptorBehind) {
  auto count_open = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  auto before = count_open();
  {
    asio::io_context io;
    for (int i = 0; i < 8; ++i) spawn(io.get_executor(), "many", run_many(10));
    io.run();
  }
  EXPECT_EQ(count_open(), before);
}

}  // namespace
}  // namespace fairlead
