// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/local_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "exec/job/supervisor_link.hpp"
#include "fairlead/base/json.hpp"
#include "unit/exec/jobs.hpp"
#include "unit/exec/supervised.hpp"

namespace fairlead::exec {
namespace {

using engine::State;
using ::testing::HasSubstr;

pid_t supervisor_of(const Jobs& jobs) { return static_cast<pid_t>(number_at(parse_json(read_file(jobs.folder() / "alive")), "pid")); }

TEST(LocalExecutor, RunsStepsInTheWorkspaceAndEndsTheSupervisor) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  const auto outcome = jobs.run(*host, 0, "cat README; echo uri=x@sha256:1 >> $FAIRLEAD_OUTPUT; echo '# Done' > $FAIRLEAD_SUMMARY; pwd");
  EXPECT_EQ(outcome.state, State::succeeded);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.outputs.at("uri"), "x@sha256:1");
  EXPECT_EQ(outcome.summary, "# Done\n");
  EXPECT_EQ(jobs.log(0), "hello\n" + host->workspace().string() + "\n");
  const auto failed = jobs.run(*host, 1, "exit 3");
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_EQ(failed.reason, "exit 3");
  const auto pid = supervisor_of(jobs);
  jobs.close(*host);
  EXPECT_FALSE(is_supervised(jobs.folder()));
  EXPECT_NE(pid, 0);
}

TEST(LocalExecutor, AJobThatOnlyAsksOthersHasNoSupervisorAndNoCheckout) {
  Jobs jobs;
  auto spec = jobs.spec();
  spec.works_here = spec.reads_files = false;
  const auto host = jobs.open(spec);
  jobs.wait(host->log(0, "api serves\n"));
  EXPECT_FALSE(std::filesystem::exists(jobs.folder() / "alive"));
  EXPECT_FALSE(std::filesystem::exists(host->workspace() / "README"));
  jobs.restart();
  const auto adopted = jobs.open(spec);
  ASSERT_NE(adopted, nullptr) << "it is found again after a restart";
  jobs.close(*adopted);
  EXPECT_EQ(jobs.log(0), "api serves\n");
}

TEST(LocalExecutor, FilesAreThereForAJobThatReadsThem) {
  Jobs jobs;
  auto spec = jobs.spec();
  spec.works_here = false;
  const auto host = jobs.open(spec);
  EXPECT_TRUE(std::filesystem::exists(host->workspace() / "README"));
  EXPECT_FALSE(std::filesystem::exists(jobs.folder() / "alive"));
  jobs.close(*host);
}

TEST(LocalExecutor, AttemptsHaveFoldersOfTheirOwn) {
  Jobs jobs;
  const engine::JobKey first{RunId("run-1"), "unit", 1}, second{RunId("run-1"), "unit", 2};
  EXPECT_EQ(job_folder(jobs.data(), first, ""), jobs.data() / "runs/run-1/unit");
  EXPECT_EQ(job_folder(jobs.data(), second, ""), jobs.data() / "runs/run-1/unit@2");
  EXPECT_NE(job_folder(jobs.data(), {RunId("run-1"), "unit@2", 1}, ""), job_folder(jobs.data(), second, ""));
  const auto host = jobs.open(jobs.spec());
  jobs.run(*host, 0, "echo first");
  jobs.close(*host, false);
  auto spec = jobs.spec();
  spec.key.attempt = 2;
  const auto again = jobs.open(spec);
  jobs.run(*again, 0, "echo second");
  EXPECT_EQ(jobs.log(0), "first\n");
  EXPECT_EQ(read_file(jobs.data() / "runs/run-1/unit@2/0/log"), "second\n");
  jobs.wait(jobs.executor().forget(first));
  EXPECT_TRUE(is_supervised(jobs.data() / "runs/run-1/unit@2")) << "the other attempt is not touched";
  jobs.wait(jobs.executor().forget(second));
  EXPECT_FALSE(is_supervised(jobs.data() / "runs/run-1/unit@2"));
}

TEST(LocalExecutor, EnvironmentComesInLayers) {
  Jobs jobs;
  auto spec = jobs.spec();
  spec.env = {{"A", "job"}, {"B", "job"}, {"C", "job"}};
  const auto host = jobs.open(spec);
  jobs.run(*host, 0, "echo B=later >> $FAIRLEAD_ENV; echo FAIRLEAD_RUN=no >> $FAIRLEAD_ENV; echo nonsense >> $FAIRLEAD_ENV");
  EXPECT_THAT(jobs.log(0), HasSubstr("FAIRLEAD_RUN may not be set"));
  EXPECT_THAT(jobs.log(0), HasSubstr("line 3: neither name=value"));
  engine::ProcessSpec process;
  process.step = 1;
  process.script = "echo $A $B $C; test \"$FAIRLEAD_WORKSPACE\" = \"$PWD\"";
  process.env = {{"C", "step"}};
  EXPECT_EQ(jobs.run(*host, process).state, State::succeeded);
  EXPECT_EQ(jobs.log(1), "job later step\n");
}

TEST(LocalExecutor, ARunningStepIsAdoptedAfterTheServerDied) {
  Jobs jobs;
  const auto gate = jobs.data() / "gate";
  const std::string script =
      "echo begin; while ! test -e " + gate.string() + "; do sleep 0.01; done; echo end; echo KEPT=1 >> $FAIRLEAD_ENV";
  pid_t supervisor = 0;
  {
    auto host = jobs.open(jobs.spec());
    engine::ProcessSpec process;
    process.script = script;
    const auto folder = jobs.folder();
    jobs.start([](engine::JobHost* job, engine::ProcessSpec what) -> Awaitable<void> { co_await job->run(what); }(host.get(), process));
    jobs.wait([](std::filesystem::path log) -> Awaitable<void> {
      while (!std::filesystem::exists(log)) co_await sleep_for(std::chrono::milliseconds(2));
    }(folder / "0/log"));
    supervisor = supervisor_of(jobs);
    host.reset();
    jobs.restart();  // the coroutine dies with its loop
  }
  const auto host = jobs.open(jobs.spec());
  write_file(gate, "");
  EXPECT_EQ(jobs.run(*host, 0, script).state, State::succeeded);
  EXPECT_EQ(jobs.log(0), "begin\nend\n");
  EXPECT_EQ(supervisor_of(jobs), supervisor);
  jobs.run(*host, 1, "echo $KEPT");
  EXPECT_EQ(jobs.log(1), "1\n");
}

TEST(LocalExecutor, AFinishedStepIsNotRunAgainAfterARestart) {
  Jobs jobs;
  {
    const auto host = jobs.open(jobs.spec());
    jobs.run(*host, 0, "echo once; echo n=1 >> $FAIRLEAD_OUTPUT; exit 4");
  }
  jobs.restart();
  const auto host = jobs.open(jobs.spec());
  const auto outcome = jobs.run(*host, 0, "echo twice");
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.outputs.at("n"), "1");
  jobs.close(*host);
  const auto again = jobs.open(jobs.spec());
  EXPECT_EQ(jobs.run(*again, 0, "echo thrice").exit_code, 4);
  EXPECT_EQ(jobs.log(0), "once\n");
}

TEST(LocalExecutor, AStepWhoseSupervisorWasKilledIsLostAndNothingOfItGoesOn) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  jobs.start([](Jobs* all) -> Awaitable<void> {
    // The log is there before the script is, and a step that was not begun is no lost one.
    while (read_file_if_exists(all->folder() / "0/log").value_or("").empty()) co_await sleep_for(std::chrono::milliseconds(2));
    ::kill(supervisor_of(*all), SIGKILL);
  }(&jobs));
  const auto outcome = jobs.run(*host, 0, "(setsid sleep " + rare("3131") + " &) ; echo up; sleep " + rare("3131"));
  EXPECT_EQ(outcome.state, State::lost);
  EXPECT_EQ(jobs.run(*host, 1, "echo next").state, State::succeeded);  // `if: always()` steps still run
  EXPECT_TRUE(gone(rare("3131")));
}

TEST(LocalExecutor, AKilledSupervisorBetweenStepsIsReplaced) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  jobs.run(*host, 0, "true");
  ::kill(supervisor_of(jobs), SIGKILL);
  EXPECT_EQ(jobs.run(*host, 1, "true").state, State::succeeded);
}

TEST(LocalExecutor, TwoServersDoNotRunAStepTwice) {
  Jobs jobs;
  const auto first = jobs.open(jobs.spec());
  const auto second = jobs.open(jobs.spec());
  jobs.run(*first, 0, "echo once");
  jobs.run(*second, 0, "echo once");
  EXPECT_EQ(jobs.log(0), "once\n");
}

TEST(LocalExecutor, CancelEndsTheStepButNotTheOnesAfterIt) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  jobs.start([](Jobs* all, engine::JobHost* job) -> Awaitable<void> {
    while (read_file_if_exists(all->folder() / "0/log").value_or("").empty()) co_await sleep_for(std::chrono::milliseconds(2));
    job->cancel("canceled by user:ops@example.com");
  }(&jobs, host.get()));
  const auto outcome = jobs.run(*host, 0, "trap '' TERM; echo up; while :; do sleep 3132; done");
  EXPECT_EQ(outcome.state, State::canceled);
  EXPECT_EQ(outcome.reason, "canceled by user:ops@example.com");
  EXPECT_EQ(jobs.run(*host, 1, "echo cleanup").state, State::succeeded);
}

TEST(LocalExecutor, TimeoutsSayWhatTheyWere) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  engine::ProcessSpec process;
  process.script = "sleep 3133";
  process.timeout = std::chrono::milliseconds(100);
  auto outcome = jobs.run(*host, process);
  EXPECT_EQ(outcome.state, State::failed);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.reason, "timed out after 100ms");
  process.step = 1;
  process.timeout = {};
  process.silence = std::chrono::milliseconds(100);
  EXPECT_EQ(jobs.run(*host, process).reason, "no output for 100ms");
}

TEST(LocalExecutor, SecretsReachTheStepAndNothingElse) {
  Jobs jobs;
  auto spec = jobs.spec();
  spec.secrets.emplace("TOKEN", Secret("s3cr3t-t0ken"));
  spec.secrets.emplace("PIN", Secret("1234"));
  const auto host = jobs.open(spec);
  engine::ProcessSpec process;
  process.script = "echo $TOKEN; echo o=$TOKEN >> $FAIRLEAD_OUTPUT; echo E=$TOKEN >> $FAIRLEAD_ENV; echo $TOKEN > $FAIRLEAD_SUMMARY";
  process.secret_env.emplace("TOKEN", Secret("s3cr3t-t0ken"));
  const auto outcome = jobs.run(*host, process);
  EXPECT_THAT(jobs.log(0), HasSubstr("fairlead: secret PIN is shorter than 6 characters"));
  EXPECT_THAT(jobs.log(0), HasSubstr("\n***\n"));
  EXPECT_EQ(outcome.outputs.at("o"), "***");
  EXPECT_FALSE(outcome.env.contains("E"));
  EXPECT_EQ(outcome.summary, "***\n");
  engine::ProcessSpec next;
  next.step = 1;
  next.script = "test \"$E\" = s3cr3t-t0ken";
  EXPECT_EQ(jobs.run(*host, next).state, State::succeeded);
  jobs.wait(host->log(2, "uses s3cr3t-t0ken\n"));
  EXPECT_EQ(jobs.log(2), "uses ***\n");
}

TEST(LocalExecutor, WhatAStepMakesOfItsFilesIsNotFollowed) {
  Jobs jobs;
  const auto outside = jobs.data() / "outside";
  write_file(outside, "stolen=1\n");
  const auto host = jobs.open(jobs.spec());
  EXPECT_TRUE(jobs.run(*host, 0, "ln -sf " + outside.string() + " $FAIRLEAD_OUTPUT").outputs.empty());
  EXPECT_TRUE(jobs.run(*host, 1, "rm $FAIRLEAD_OUTPUT; mkfifo $FAIRLEAD_OUTPUT").outputs.empty());
}

TEST(LocalExecutor, WorkingDirectoryStaysInside) {
  Jobs jobs;
  jobs.files["api/x"] = "in api\n";
  const auto host = jobs.open(jobs.spec());
  engine::ProcessSpec process;
  process.script = "cat x";
  process.working_directory = "api";
  EXPECT_EQ(jobs.run(*host, process).state, State::succeeded);
  process.step = 1;
  process.working_directory = "../..";
  EXPECT_THROW(jobs.run(*host, process), Error);
}

TEST(LocalExecutor, ShellsAreChosenByName) {
  Jobs jobs;
  const auto host = jobs.open(jobs.spec());
  engine::ProcessSpec process;
  process.shell = "bash";
  process.script = "false | true";
  EXPECT_EQ(jobs.run(*host, process).exit_code, 1);
  process.step = 1;
  process.shell = "python3 -S {0}";
  process.script = "print('py')";
  jobs.run(*host, process);
  EXPECT_EQ(jobs.log(1), "py\n");
  process.step = 2;
  process.shell.clear();
  process.script.clear();
  process.argv = {"echo", "a b", "$HOME"};
  jobs.run(*host, process);
  EXPECT_EQ(jobs.log(2), "a b $HOME\n");
}

TEST(LocalExecutor, AVanishedWorkspaceIsLost) {
  Jobs jobs;
  {
    const auto host = jobs.open(jobs.spec());
    jobs.run(*host, 0, "true");
    remove_tree(jobs.data() / "workspaces");
  }
  EXPECT_EQ(jobs.open(jobs.spec()), nullptr);
}

TEST(LocalExecutor, WhatTheCheckoutLeftOutIsInTheLogOfTheFirstStep) {
  Jobs jobs;
  auto spec = jobs.spec();
  spec.secrets.emplace("TOKEN", Secret("not-a-real-secret"));
  const auto checkout = jobs.parts().checkout;
  auto with_notes = [](Awaitable<std::vector<std::string>> made) -> Awaitable<std::vector<std::string>> {
    auto notes = co_await std::move(made);
    notes.push_back("1 submodule is left as an empty folder: vendor/not-a-real-secret");
    co_return notes;
  };
  jobs.parts().checkout = [=](std::string app, Sha sha, std::filesystem::path folder) { return with_notes(checkout(app, sha, folder)); };
  jobs.restart();
  const auto host = jobs.open(spec);
  jobs.run(*host, 0, "echo hello");
  EXPECT_EQ(jobs.log(0), "fairlead: 1 submodule is left as an empty folder: vendor/***\nhello\n");
}

TEST(LocalExecutor, AStartThatWasCutShortBeginsAgain) {
  Jobs jobs;
  auto checkout = jobs.parts().checkout;
  jobs.parts().checkout = [](const std::string&, const Sha&, std::filesystem::path folder) -> Awaitable<std::vector<std::string>> {
    make_folders(folder);
    write_file(folder / "half", "");
    throw Error(ErrorKind::unavailable, "the disk is gone");
  };
  EXPECT_THROW(jobs.open(jobs.spec()), Error);
  jobs.restart();
  jobs.parts().checkout = checkout;
  const auto host = jobs.open(jobs.spec());
  EXPECT_FALSE(std::filesystem::exists(host->workspace() / "half"));
  EXPECT_EQ(jobs.run(*host, 0, "true").state, State::succeeded);
}

TEST(LocalExecutor, ForgetEndsAndRemoves) {
  Jobs jobs;
  auto host = jobs.open(jobs.spec());
  const auto workspace = host->workspace();
  jobs.run(*host, 0, "true");
  host.reset();
  jobs.wait(jobs.executor().forget({RunId("run-1"), "unit", 1}));
  EXPECT_FALSE(is_supervised(jobs.folder()));
  EXPECT_FALSE(std::filesystem::exists(workspace));
  EXPECT_TRUE(std::filesystem::exists(jobs.folder() / "0/exit.json"));
}

}  // namespace
}  // namespace fairlead::exec
