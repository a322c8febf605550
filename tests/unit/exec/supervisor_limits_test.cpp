// SPDX-License-Identifier: Apache-2.0
// What a step may do to its supervisor: never stop, flee, flood, hang.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <algorithm>
#include <chrono>

#include "exec/log/log_file.hpp"
#include "unit/exec/supervised.hpp"

namespace fairlead::exec {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

TEST(SupervisorLimits, TimeoutEndsAStepThatIgnoresTerm) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "trap '' TERM; echo deaf; while :; do sleep " + rare("3125") + "; done");
  order.timeout_ms = 2000;  // long enough for the trap to be set on a busy machine
  const auto exit = job.run(order);
  EXPECT_EQ(exit.ended, "timeout");
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_TRUE(gone(rare("3125")));
}

TEST(SupervisorLimits, AStepThatActsOnTermMayCleanUp) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "trap 'echo cleaning; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
  order.grace_ms = 10'000;
  job.start(order);
  job.until("is", "output");
  job.send({{"do", "cancel"}, {"grace_ms", 10'000}});
  const auto exit = job.done("0");
  EXPECT_EQ(exit.ended, "canceled");
  EXPECT_EQ(exit.exit_code, 7);
  EXPECT_TRUE(job.log("0").ends_with("cleaning\n"));
}

TEST(SupervisorLimits, SilenceEndsAStep) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "for i in 1 2 3 4; do echo $i; sleep 0.1; done; sleep 3126");
  order.silence_ms = 1500;
  const auto exit = job.run(order);
  EXPECT_EQ(exit.ended, "silence");
  EXPECT_EQ(job.log("0"), "1\n2\n3\n4\n");
}

TEST(SupervisorLimits, NeitherSetsidNorDoubleForkLeadsOut) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto exit = job.run("0", "setsid sh -c 'trap \"\" TERM HUP; sleep " + rare("3127") + "' & (setsid sleep " + rare("3127") +
                                     " &) & (sleep " + rare("3127") + " & sleep " + rare("3127") + " &) & sleep 0.1");
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_GE(exit.strays, 3);
  EXPECT_TRUE(gone(rare("3127")));
}

TEST(SupervisorLimits, CancelReachesTheWholeTree) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.start(
      job.shell("0", "for i in $(seq 20); do setsid sh -c 'sleep " + rare("3128") + "; sleep " + rare("3128") + "' & done; echo up; wait"));
  job.until("is", "output");
  job.send({{"do", "cancel"}, {"grace_ms", 100}});
  EXPECT_EQ(job.done("0").ended, "canceled");
  EXPECT_TRUE(gone(rare("3128")));
}

/// Eight lines of processes, each of which starts the next and goes. Their number is bounded whatever the machine's load, unlike
/// that of a growing tree, which would take every process id of a slow machine before it is stopped.
TEST(SupervisorLimits, ProcessesThatKeepForkingAwayAreStopped) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", R"(cat > "$0.hop" <<'X'
trap '' TERM
sleep 0.02
sh "$0" &
X
for line in 1 2 3 4 5 6 7 8; do sh "$0.hop" & done
sleep 3130)");
  order.timeout_ms = 150;
  order.grace_ms = 50;
  EXPECT_EQ(job.run(order).ended, "timeout");
  EXPECT_TRUE(gone((folder.path() / "0/script.hop").string()));
}

TEST(SupervisorLimits, ABackgroundProcessThatHoldsThePipeDoesNotHoldTheStep) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto start = std::chrono::steady_clock::now();
  const auto exit = job.run("0", "(while :; do echo noise; sleep 0.01; done) & echo done");
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_EQ(exit.strays > 0, true);
  EXPECT_LT(since(start).count(), 20'000);
  EXPECT_NE(job.log("0").find("done\n"), std::string::npos);
}

TEST(SupervisorLimits, ABackgroundProcessMayBeKeptUntilTheJobEnds) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "sh -c 'while :; do echo noise; sleep 0.01; done' " + rare("3129") + " & echo first");
  order.keep_background = true;
  EXPECT_EQ(job.run(order).strays, 0);
  const auto kept = job.log("0");
  EXPECT_EQ(job.run("1", "grep -l '[3]" + rare("3129").substr(1) + "' /proc/*/cmdline | grep -v self > /dev/null; echo second").exit_code,
            0);
  EXPECT_EQ(job.log("0"), kept);
  job.finish();
  EXPECT_EQ(job.wait(), 0);
  EXPECT_TRUE(gone(rare("3129")));
}

TEST(SupervisorLimits, OneLineOf100MebibytesAndNuls) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.send({{"do", "mask"}, {"values", {"hunter2hunter2"}}});
  const auto exit = job.run("0", "printf 'a\\0b'; head -c 104857600 /dev/zero | tr '\\0' x; printf 'hunter2hunter2\\n'");
  EXPECT_EQ(exit.exit_code, 0);
  const auto log = job.log("0");
  ASSERT_EQ(log.size(), 3u + 100 * mebibyte + 4);
  EXPECT_EQ(log.substr(0, 4), std::string("a\0bx", 4));
  EXPECT_EQ(log.substr(log.size() - 5), "x***\n");
  EXPECT_LT(job.peak_memory_kib(), 8 * 1024);
}

TEST(SupervisorLimits, AFloodIsCompleteInOrderAndTakesNoMemory) {
  const TempFolder folder;
  Supervised job(folder.path());
  std::vector<std::string> secrets;
  for (int i = 0; i < 20; ++i) secrets.push_back("secret-value-number-" + std::to_string(i));
  job.send({{"do", "mask"}, {"values", secrets}});
  const auto exit = job.run("0", "seq -f '%.0f building src/module/file.cpp with -O2 -Wall secret-value' 1 1500000");
  EXPECT_EQ(exit.exit_code, 0);
  const auto log = job.log("0");
  EXPECT_EQ(exit.log_bytes, static_cast<std::int64_t>(log.size()));
  std::size_t at = 0;
  for (int i = 1; i <= 1'500'000; ++i) {
    const auto expected = std::to_string(i) + " building ";
    ASSERT_EQ(log.compare(at, expected.size(), expected), 0) << i;
    at = log.find('\n', at) + 1;
  }
  EXPECT_EQ(at, log.size());
  EXPECT_LT(job.peak_memory_kib(), 8 * 1024);
}

TEST(SupervisorLimits, PastTheLimitOnlyTheEndIsKept) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "seq 1 4000000");
  order.log_limit = 100'000;
  const auto exit = job.run(order);
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_GT(exit.log_dropped, mebibyte);
  const auto log = job.log("0");
  EXPECT_LT(log.size(), 11u * mebibyte);
  EXPECT_EQ(log.substr(0, 4), "1\n2\n");
  EXPECT_NE(log.find("fairlead: the log reached its limit"), std::string::npos);
  EXPECT_NE(log.find(" left out here\n"), std::string::npos);
  EXPECT_EQ(log.substr(log.size() - 16), "3999999\n4000000\n");
}

TEST(SupervisorLimits, TheStepWaitsForASlowDiskInsteadOfFillingMemory) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.start(job.shell("0", "head -c 50000000 /dev/zero; echo end"));
  ::kill(job.pid(), SIGSTOP);  // as slow as a disk can be
  ::kill(job.pid(), SIGCONT);
  EXPECT_EQ(job.done("0").log_bytes, 50'000'004);
  EXPECT_LT(job.peak_memory_kib(), 8 * 1024);
}

TEST(SupervisorLimits, ThousandsOfOrphansAreReaped) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto exit = job.run("0", "i=0; while [ $i -lt 2000 ]; do (true &); i=$((i+1)); done; echo $i");
  EXPECT_EQ(exit.exit_code, 0);
  EXPECT_EQ(job.log("0"), "2000\n");
}

TEST(SupervisorLimits, AStepThatClosesItsOutputCostsNothing) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto before = job.processor_ms();
  EXPECT_EQ(job.run("0", "exec > /dev/null 2>&1; sleep 0.5").exit_code, 0);
  EXPECT_LT(job.processor_ms() - before, 200);
}

TEST(SupervisorLimits, AFullDiskLosesOutputButNotTheResult) {
  const TempFolder folder;
  const auto disk = folder.path() / "disk";
  make_folders(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "no right to mount a small disk";
  {
    Supervised job(disk);
    const auto exit = job.run("0", "echo first; head -c 1000000 /dev/zero; exit 5");
    EXPECT_EQ(exit.exit_code, 5);
    EXPECT_GT(exit.log_dropped, 0);
    EXPECT_NE(exit.log_error.find("No space left"), std::string::npos) << exit.log_error;
    EXPECT_EQ(exit_from(parse_json(read_file(disk / "0/exit.json"))).exit_code, 5);
    EXPECT_EQ(job.log("0").substr(0, 6), "first\n");
  }
  ::umount2(disk.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace fairlead::exec
