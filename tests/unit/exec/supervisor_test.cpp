// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fairlead/base/strings.hpp"
#include "unit/exec/supervised.hpp"

namespace fairlead::exec {
namespace {

TEST(Supervisor, RunsAStepAndRecordsItsEnd) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto exit = job.run("0", "echo out; echo err >&2; echo name=value > \"$FAIRLEAD_OUTPUT\"; exit 3");
  EXPECT_EQ(exit.exit_code, 3);
  EXPECT_EQ(exit.ended, "exited");
  EXPECT_EQ(job.log("0"), "out\nerr\n");
  EXPECT_EQ(exit.log_bytes, 8);
  EXPECT_EQ(read_file(folder.path() / "0/output"), "name=value\n");
  EXPECT_EQ(exit_from(parse_json(read_file(folder.path() / "0/exit.json"))).exit_code, 3);
  EXPECT_EQ(job.run("1", "echo after").exit_code, 0);
}

TEST(Supervisor, NeverRunsAStepTwice) {
  const TempFolder folder;
  const auto count = folder.path() / "count";
  const auto script = "echo x >> " + count.string() + "; sleep 0.2";
  {
    Supervised job(folder.path());
    const auto order = job.shell("0", script);
    for (int i = 0; i < 5; ++i) job.start(order);
    job.done("0");
    job.run(order);
  }
  Supervised again(folder.path());
  again.start(again.shell("0", script));
  EXPECT_TRUE(again.until("state", "done").value("on_disk", false));
  EXPECT_EQ(read_file(count), "x\n");
}

TEST(Supervisor, AStepWhoseSupervisorWasKilledIsLostAndItsProcessEnds) {
  const TempFolder folder;
  {
    Supervised job(folder.path());
    job.start(job.shell("0", "echo begun; exec sleep " + rare("3123")));
    job.until("is", "output");
    ::kill(job.pid(), SIGKILL);
    job.wait();
  }
  Supervised again(folder.path());
  again.start(again.shell("0", "echo twice"));
  EXPECT_EQ(again.until("is", "status").at("state"), "lost");
  EXPECT_EQ(again.log("0"), "begun\n");
  EXPECT_TRUE(gone(rare("3123")));
  EXPECT_EQ(again.run("1", "true").exit_code, 0);
}

TEST(Supervisor, ASecondOneInTheSameFolderEndsQuietly) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.run("0", "true");
  Supervised second(folder.path());
  EXPECT_EQ(second.receive(), std::nullopt);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(job.run("1", "true").exit_code, 0);
}

TEST(Supervisor, EndsWhenItsServerDiedBeforeAnyStep) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.disconnect();
  EXPECT_EQ(job.wait(), 0);
}

TEST(Supervisor, GoesOnWithoutTheServerAndAnswersWhenItReturns) {
  const TempFolder folder;
  Supervised job(folder.path());
  const auto gate = folder.path() / "gate";
  job.start(
      job.shell("0", "for i in $(seq 1000); do echo line $i; done; while ! test -e " + gate.string() + "; do sleep 0.01; done; echo end"));
  job.until("is", "output");
  job.disconnect();
  job.connect();
  job.send({{"do", "hello"}});
  const auto hello = job.until("is", "hello");
  EXPECT_EQ(hello.at("pid"), job.pid());
  EXPECT_EQ(hello.at("processes").at(0).at("state"), "running");
  job.disconnect();
  write_file(gate, "");
  job.connect();
  job.start(job.shell("0", "echo never"));
  EXPECT_EQ(job.done("0").exit_code, 0);
  const auto lines = split_lines(job.log("0"));
  ASSERT_EQ(lines.size(), 1001u);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(lines[i], "line " + std::to_string(i + 1));
}

TEST(Supervisor, WorksInAFolderWhosePathIsLongerThanASocketAddress) {
  const TempFolder folder;
  const auto deep = folder.path() / std::string(120, 'a') / std::string(120, 'b');
  make_folders(deep);
  Supervised job(deep);
  job.run("0", "true");
  job.disconnect();
  job.connect();
  EXPECT_EQ(job.run("1", "echo there").exit_code, 0);
}

TEST(Supervisor, MasksBeforeAnythingReachesTheDisk) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.send({{"do", "mask"}, {"values", {"hunter2hunter2", "tiny"}}});
  job.run("0", "printf hunter2; sleep 0.1; printf 'hunter2 tiny '; printf hunter2hunter2 | base64; printf hunt");
  EXPECT_EQ(job.log("0"), "*** tiny ***\nhunt");
}

TEST(Supervisor, KeepsItsEnvironmentAndMemoryFromTheStep) {
  const TempFolder folder;
  ::setenv("FAIRLEAD_TEST_OF_LEAKS", "leak", 1);
  Supervised job(folder.path());
  auto order = job.shell("0", "env; ls /proc/self/fd | wc -l; cut -d' ' -f5,6 /proc/$$/stat; cat");
  order.env["GIVEN"] = "with spaces\nand lines";
  job.run(order);
  const auto log = job.log("0");
  EXPECT_EQ(log.find("leak"), std::string::npos);
  EXPECT_NE(log.find("GIVEN=with spaces\nand lines\n"), std::string::npos);
  EXPECT_NE(log.find("\n4\n"), std::string::npos) << log;  // in, out, err and the folder that ls reads
}

TEST(Supervisor, AProgramThatCannotRunSaysSo) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "");
  order.argv = {"no-such-program"};
  EXPECT_EQ(job.run(order).exit_code, 127);
  EXPECT_EQ(job.log("0"), "fairlead: cannot run no-such-program: No such file or directory\n");
  order.step = "1";
  order.argv = {"true"};
  order.cwd = "/no/such/folder";
  EXPECT_EQ(job.run(order).exit_code, 126);
}

TEST(Supervisor, RefusesOrdersThatMakeNoSense) {
  const TempFolder folder;
  const auto inner = folder.path() / "job";
  make_folders(inner);
  Supervised job(inner);
  for (const auto* line : {R"({"do":"start","step":"../x","argv":["true"]})", R"({"do":"start","step":"1","name":"../x","argv":["true"]})",
                           R"({"do":"start","step":"1","argv":[]})", R"({"do":"dance"})", R"([1])", R"({"do":"start"})"}) {
    job.send(Json::parse(line));
    EXPECT_EQ(job.receive()->at("is"), "error") << line;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "x"));
}

TEST(Supervisor, SeveralProcessesOfOneStepShareItsLog) {
  const TempFolder folder;
  Supervised job(folder.path());
  auto order = job.shell("0", "echo first");
  order.name = "build";
  job.run(order);
  order.name = "push";
  order.script = "echo second";
  job.run(order);
  EXPECT_EQ(job.log("0"), "first\nsecond\n");
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "0/build.exit.json"));
}

TEST(Supervisor, FinishEndsIt) {
  const TempFolder folder;
  Supervised job(folder.path());
  job.start(job.shell("0", "sleep 3124"));
  job.until("state", "running");
  job.finish();
  EXPECT_EQ(job.wait(), 0);
  EXPECT_EQ(exit_from(parse_json(read_file(folder.path() / "0/exit.json"))).ended, "canceled");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "ctl.sock"));
}

}  // namespace
}  // namespace fairlead::exec
