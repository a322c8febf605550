// SPDX-License-Identifier: Apache-2.0
// Containers without a container engine: what it would be told, and a stand-in that runs the supervisor directly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/container/job_container.hpp"
#include "exec/job/supervisor_link.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "unit/exec/jobs.hpp"
#include "unit/exec/supervised.hpp"

namespace fairlead::exec {
namespace {

using engine::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Takes the words that podman takes: notes them, and "runs" a container by starting its entry point on this host.
constexpr const char* stand_in = R"(#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
echo "${DB_PASSWORD:-}" >> "$here/passwords"
case "$1" in
  image) test -e "$here/pulled" ;;
  pull) touch "$here/pulled" ;;
  run)
    case "$*" in *container:*) echo service; exit 0 ;; esac
    for word; do
      case "$word" in *:/.fairlead-supervise:ro) program=${word%%:*} ;; esac
      last=$word
    done
    touch "$here/running"
    setsid "$program" "$last" > /dev/null 2>&1 < /dev/null &
    while ! test -S "$last/ctl.sock"; do sleep 0.01; done ;;
  exec) test -e "$here/ready" || { touch "$here/ready"; exit 1; } ;;
  inspect) echo true ;;
  ps) cat "$here/running" > /dev/null 2>&1 && echo abc ;;
  rm) rm -f "$here/running" ;;
esac
)";

class Container : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file(tool_.path() / "podman", stand_in, 0755);
    jobs_.parts().container_program = (tool_.path() / "podman").string();
    jobs_.plan.container = {{"image", "node:20"}, {"options", ""}, {"user", ""}, {"network", ""}};
  }
  std::string calls() const { return read_file(tool_.path() / "calls"); }

  TempFolder tool_;
  Jobs jobs_;
};

TEST_F(Container, RunsStepsUnderASupervisorThatIsMountedIn) {
  const auto host = jobs_.open(jobs_.spec());
  EXPECT_EQ(jobs_.run(*host, 0, "cat README").state, State::succeeded);
  EXPECT_THAT(jobs_.log(0), HasSubstr("pulling node:20\nhello\n"));
  EXPECT_THAT(calls(), HasSubstr("--entrypoint /.fairlead-supervise node:20 " + jobs_.folder().string()));
  EXPECT_THAT(calls(), Not(HasSubstr("\nrm")));
  jobs_.close(*host);
  EXPECT_THAT(calls(), HasSubstr("rm --force --volumes --time 0 --depend abc"));
}

TEST_F(Container, ServicesShareItsNetworkAndAreWaitedFor) {
  jobs_.plan.services = {{"db",
                          {{"image", "postgres:15"},
                           {"env", {{"A", "1"}, {"DB_PASSWORD", {{"$secret", "PW"}}}}},
                           {"ready", "pg_isready"},
                           {"options", "-m '1 g'"}}}};
  auto spec = jobs_.spec();
  spec.secrets.emplace("PW", Secret("pw-of-the-database"));
  const auto host = jobs_.open(spec);
  EXPECT_THAT(jobs_.log(0), HasSubstr("service db is ready"));
  EXPECT_THAT(calls(), HasSubstr("--add-host db:127.0.0.1"));
  EXPECT_THAT(calls(), HasSubstr("--network container:" + container_name(spec.key) + " --env A=1 --env DB_PASSWORD -m 1 g postgres:15"));
  EXPECT_THAT(calls(), Not(HasSubstr("pw-of-the-database")));
  EXPECT_THAT(read_file(tool_.path() / "passwords"), HasSubstr("pw-of-the-database"));
}

TEST_F(Container, IsAdoptedAfterARestart) {
  {
    const auto host = jobs_.open(jobs_.spec());
    jobs_.run(*host, 0, "echo once");
  }
  jobs_.restart();
  const auto host = jobs_.open(jobs_.spec());
  EXPECT_EQ(jobs_.run(*host, 1, "echo second").state, State::succeeded);
  const auto all = calls();
  EXPECT_EQ(all.find("\nrun"), all.rfind("\nrun"));
}

TEST_F(Container, OneThatDiedMakesTheRestLost) {
  const auto host = jobs_.open(jobs_.spec());
  jobs_.run(*host, 0, "true");
  ::kill(static_cast<pid_t>(number_at(parse_json(read_file(jobs_.folder() / "alive")), "pid")), SIGKILL);
  EXPECT_EQ(jobs_.run(*host, 1, "true").state, State::lost);
}

TEST_F(Container, ForgetRemovesIt) {
  {
    const auto host = jobs_.open(jobs_.spec());
  }
  jobs_.wait(jobs_.executor().forget(jobs_.spec().key));
  EXPECT_THAT(calls(), HasSubstr("\nrm --force"));
  EXPECT_FALSE(is_supervised(jobs_.folder()));
}

TEST_F(Container, WhatCannotBeIsRefused) {
  jobs_.plan.services = {{"My DB", {{"image", "x"}}}};
  EXPECT_THROW(jobs_.open(jobs_.spec()), Error);
  jobs_.plan.services = {{"db", {{"image", "--privileged"}}}};
  EXPECT_THROW(jobs_.open(jobs_.spec()), Error);
  jobs_.plan.services = Json::object();
  jobs_.plan.container["options"] = "-v /:/host";
  auto spec = jobs_.spec();
  spec.trusted = false;
  EXPECT_THROW(jobs_.open(spec), Error);
  jobs_.plan.container = nullptr;
  jobs_.plan.services = {{"db", {{"image", "x"}}}};
  EXPECT_THROW(jobs_.open(jobs_.spec()), Error);
}

TEST(OptionWords, FollowTheQuotingOfAShell) {
  EXPECT_THAT(option_words("--cpus 2  -e 'A=b c' -e \"B=\\\"x\" --init ''"),
              ElementsAre("--cpus", "2", "-e", "A=b c", "-e", "B=\"x", "--init", ""));
  EXPECT_THAT(option_words(""), ElementsAre());
  EXPECT_THROW(option_words("'open"), Error);
}

}  // namespace
}  // namespace fairlead::exec
