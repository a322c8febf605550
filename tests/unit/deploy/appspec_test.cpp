// SPDX-License-Identifier: Apache-2.0
#include "deploy/ec2/appspec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "deploy/ec2/transport.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const auto all_there = [](const std::string&) { return true; };

std::string problems_of(const std::string& json) {
  try {
    appspec_from(parse_json(json), all_there);
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

TEST(Appspec, ReadsEveryKey) {
  const auto spec = appspec_from(parse_json(R"({
    "version": 0.0, "os": "linux", "file_exists_behavior": "OVERWRITE",
    "files": [{"source": "/", "destination": "/srv/app"}, {"source": "etc/app.conf", "destination": "/etc/app"}],
    "permissions": [{"object": "/srv/app", "pattern": "*.sh", "except": ["secret.sh"], "owner": "app", "group": "app", "mode": 755,
                     "acls": ["u:bob:rw"], "context": {"name": "unconfined_u", "type": "httpd_t", "range": "s0"}, "type": ["file"]}],
    "hooks": {"BeforeInstall": [{"location": "scripts/a.sh", "timeout": 300, "runas": "root", "sudo": true}],
              "ValidateService": [{"location": "/scripts/b.sh"}]}})"),
                                 all_there);
  EXPECT_EQ(spec.files.at(1).destination, "/etc/app");
  EXPECT_EQ(spec.permissions.at(0).mode, "755");
  EXPECT_EQ(spec.permissions.at(0).context_type, "httpd_t");
  EXPECT_EQ(spec.hooks.at("BeforeInstall").at(0).timeout, 300);
  EXPECT_EQ(spec.hooks.at("ValidateService").at(0).location, "scripts/b.sh");
  EXPECT_EQ(spec.file_exists, "OVERWRITE");
}

TEST(Appspec, SaysEverythingThatIsWrong) {
  EXPECT_THAT(problems_of(R"({"version": 0.0, "os": "linux", "hooks": {"BeforeInstal": []}})"),
              HasSubstr("hooks.BeforeInstal: no such event; nearest: BeforeInstall"));
  EXPECT_THAT(problems_of(R"({"version": 0.0, "os": "linux", "hooks": {"Install": []}})"), HasSubstr("CodeDeploy does it itself"));
  const auto several = problems_of(R"({"version": 1, "os": "beos", "files": [{"source": "../x", "destination": "srv"}],
      "permissions": [{"object": "/x", "mode": "u+x"}], "hooks": {"AfterInstall": [{"location": "x", "timeout": -1}]}, "more": 1})");
  for (const auto* part : {"version: must be 0.0", "os: \"beos\" is not supported", "leaves the bundle", "must be an absolute path",
                           "octal digits", "seconds above 0", "appspec: more: no such key"})
    EXPECT_THAT(several, HasSubstr(part));
  EXPECT_THAT(
      problems_of(
          R"({"version": 0.0, "os": "linux", "hooks": {"AfterInstall": [{"location": "a", "timeout": 3000}, {"location": "b", "timeout": 900}]}})"),
      HasSubstr("3900 s"));
  const auto hook = [](const std::string& more) {
    return problems_of(R"({"version": 0.0, "os": "linux", "hooks": {"AfterInstall": [{"location": "a", )" + more + "}]}}");
  };
  EXPECT_THAT(hook(R"("timeout": 4294967297)"), HasSubstr("hooks.AfterInstall[0].timeout: \"4294967297\" is too long"));
  EXPECT_THAT(hook(R"("sudo": "yes")"), HasSubstr("hooks.AfterInstall[0].sudo: must be true or false"));
}

TEST(Appspec, AMissingScriptIsKnownBeforeAnythingIsChanged) {
  EXPECT_THROW(appspec_from(parse_json(R"({"version": 0.0, "os": "linux", "hooks": {"AfterInstall": [{"location": "gone.sh"}]}})"),
                            [](const std::string&) { return false; }),
               Error);
}

TEST(Appspec, ReportsWhatItIsForAndTheHooksInTheirOrder) {
  const auto report =
      check_appspec(parse_json(R"({"version": 0.0, "os": "linux", "hooks": {"ValidateService": [{"location": "c.sh"}], "AfterInstall": [],
                     "BeforeInstall": [{"location": "a.sh"}]}})"),
                    std::nullopt);
  EXPECT_EQ(report.kind, AppspecReport::Kind::linux_hosts);
  EXPECT_TRUE(report.flaws.empty());
  EXPECT_THAT(report.hooks, testing::ElementsAre("BeforeInstall", "ValidateService"));
}

TEST(Appspec, OneForWindowsHasThatOneFlaw) {
  const auto report = check_appspec(
      parse_json(R"({"version": 0.0, "os": "windows", "files": [{"source": "\\", "destination": "c:\\temp"}]})"), std::nullopt);
  EXPECT_EQ(report.kind, AppspecReport::Kind::windows_hosts);
  ASSERT_EQ(report.flaws.size(), 1u);
  EXPECT_EQ(report.flaws[0].path, "os");
  EXPECT_THAT(report.flaws[0].what, HasSubstr("not supported"));
}

TEST(Appspec, ThoseOfEcsAndLambdaAreToldWhereToGo) {
  const auto of = [](const std::string& type) {
    return check_appspec(parse_json(R"({"version": 0.0, "Resources": [{"A": {"Type": ")" + type + R"("}}], "Hooks": []})"), std::nullopt);
  };
  const auto ecs = of("AWS::ECS::Service"), lambda = of("AWS::Lambda::Function");
  EXPECT_EQ(ecs.kind, AppspecReport::Kind::ecs);
  ASSERT_EQ(ecs.flaws.size(), 1u) << "keys of the other format are no flaws of their own";
  EXPECT_EQ(ecs.flaws[0].path, "Resources");
  EXPECT_THAT(ecs.flaws[0].what, HasSubstr("ecs-deploy"));
  EXPECT_EQ(lambda.kind, AppspecReport::Kind::lambda);
  EXPECT_THAT(lambda.flaws.at(0).what, HasSubstr("lambda-deploy"));
}

TEST(Appspec, FilesAreLookedForInTheBundle) {
  const TempFolder folder;
  write_file(folder.path() / "there.sh", "");
  const auto document = parse_json(R"({"version": 0.0, "os": "linux", "files": [{"source": "/dist", "destination": "/srv"}],
                                       "hooks": {"AfterInstall": [{"location": "/there.sh"}, {"location": "gone.sh"}]}})");
  const auto flaws = check_appspec(document, folder.path()).flaws;
  ASSERT_EQ(flaws.size(), 2u);
  EXPECT_EQ(flaws[0].path + ": " + flaws[0].what.substr(0, flaws[0].what.find(':')), "files[0].source: there is no /dist in the bundle");
  EXPECT_EQ(flaws[1].path, "hooks.AfterInstall[1].location");
  EXPECT_TRUE(check_appspec(document, std::nullopt).flaws.empty()) << "without a bundle nobody can say";
}

/// A host of its own: a folder for what fairlead keeps there, and one for what is installed.
class AppspecHost : public testing::Test {
 protected:
  std::string root() const { return folder_.path().string(); }
  fs::path app() const { return folder_.path() / "fl/apps/shop"; }

  void release(const std::string& name, const Appspec& spec, const std::map<std::string, std::string>& files) {
    const auto base = app() / "releases" / name;
    for (const auto& [path, text] : files) {
      fs::create_directories((base / path).parent_path());
      write_file(base / path, text);
    }
    fs::create_directories(base.string() + ".scripts");
    Inputs in;
    in.env = {{"COLOR", "it's blue"}};
    for (const auto& [script, text] : appspec_scripts(spec, in, {.app = "shop", .environment = "production"}))
      write_file(base.string() + ".scripts/" + script, text);
  }
  /// The exit code; what was written is in `said`.
  int activate(const std::string& name, const std::string& exports = "") {
    fs::create_directories(folder_.path() / "fl/runs/k");
    write_file(folder_.path() / "body",
               host_functions() + "\nfl_run=$FL/runs/k\nexport DEPLOYMENT_ID=run-1\n" + exports + "fl_activate shop " + name + "\n");
    const auto command = "FAIRLEAD_HOME=" + root() + "/fl sh " + root() + "/body >" + root() + "/said 2>&1";
    const int status = std::system(command.c_str());
    said = read_file(folder_.path() / "said");
    return WEXITSTATUS(status);
  }
  Appspec spec(const std::string& hooks = "{}", const std::string& more = "") {
    return appspec_from(parse_json(R"({"version": 0.0, "os": "linux", "files": [{"source": "/", "destination": ")" + root() +
                                   R"(/srv"}], "hooks": )" + hooks + more + "}"),
                        all_there);
  }
  std::string said;
  TempFolder folder_;
};

TEST_F(AppspecHost, HooksRunInOrderWithCodeDeploysVariables) {
  const auto hooks =
      R"({"AfterInstall": [{"location": "b.sh"}], "BeforeInstall": [{"location": "a.sh"}], "ApplicationStop": [{"location": "stop.sh"}],
                         "ApplicationStart": [{"location": "c.sh"}], "ValidateService": [{"location": "d.sh"}]})";
  const std::string say = "#!/bin/sh\necho \"$LIFECYCLE_EVENT $DEPLOYMENT_ID $APPLICATION_NAME $DEPLOYMENT_GROUP_NAME $COLOR\"\n";
  release("one", spec(hooks), {{"a.sh", say}, {"b.sh", say}, {"c.sh", say}, {"d.sh", say}, {"stop.sh", "#!/bin/sh\necho stopping one\n"}});
  ASSERT_EQ(activate("one"), 0) << said;
  EXPECT_THAT(said, HasSubstr("BeforeInstall run-1 shop production it's blue"));
  EXPECT_LT(said.find("BeforeInstall run-1"), said.find("AfterInstall run-1"));
  EXPECT_LT(said.find("ApplicationStart run-1"), said.find("ValidateService run-1"));
  EXPECT_EQ(said.find("stopping"), std::string::npos);
  release("two", spec(), {{"x", "2"}});
  ASSERT_EQ(activate("two"), 0) << said;
  EXPECT_THAT(said, HasSubstr("stopping one"));
}

TEST_F(AppspecHost, WhatTheReleaseBeforeInstalledGoesAwayAndOthersFilesStay) {
  release("one", spec(), {{"old/file", "1"}, {"both", "1"}});
  ASSERT_EQ(activate("one"), 0) << said;
  write_file(folder_.path() / "srv/old/mine", "not fairlead's");
  release("two", spec(), {{"both", "2"}, {"new", "2"}});
  ASSERT_EQ(activate("two"), 0) << said;
  EXPECT_FALSE(fs::exists(folder_.path() / "srv/old/file"));
  EXPECT_TRUE(fs::exists(folder_.path() / "srv/old/mine"));
  EXPECT_EQ(read_file(folder_.path() / "srv/both"), "2");
}

TEST_F(AppspecHost, AStrangersFileIsNotOverwrittenUnlessAllowed) {
  fs::create_directories(folder_.path() / "srv");
  write_file(folder_.path() / "srv/x", "mine");
  release("one", spec(), {{"x", "1"}, {"a", "1"}});
  EXPECT_NE(activate("one"), 0);
  EXPECT_THAT(said, HasSubstr("file_exists_behavior"));
  EXPECT_FALSE(fs::exists(folder_.path() / "srv/a"));
  release("one", spec("{}", R"(, "file_exists_behavior": "OVERWRITE")"), {});
  ASSERT_EQ(activate("one"), 0) << said;
  EXPECT_EQ(read_file(folder_.path() / "srv/x"), "1");
}

TEST_F(AppspecHost, PermissionsAreSetOnWhatMatches) {
  const auto more = R"(, "permissions": [{"object": ")" + root() +
                    R"(/srv", "pattern": "*.sh", "except": ["secret.sh"], "mode": 750, "type": ["file"]},
      {"object": ")" +
                    root() + R"(/srv/deep", "mode": "4"}])";
  release("one", spec("{}", more), {{"a.sh", ""}, {"secret.sh", ""}, {"deep/b.sh", ""}, {"plain", ""}});
  ASSERT_EQ(activate("one"), 0) << said;
  const auto mode = [this](const std::string& path) {
    struct stat about{};
    return ::stat((root() + "/srv/" + path).c_str(), &about) == 0 ? about.st_mode & 0777U : 0U;
  };
  EXPECT_EQ(mode("a.sh"), 0750U);
  EXPECT_EQ(mode("secret.sh"), 0644U);
  EXPECT_EQ(mode("deep/b.sh"), 0004U);
}

TEST_F(AppspecHost, AFailingOrHangingHookEndsItWithItsName) {
  release("one", spec(R"({"AfterInstall": [{"location": "a.sh"}], "ApplicationStart": [{"location": "never.sh"}]})"),
          {{"a.sh", "#!/bin/sh\nexit 7\n"}, {"never.sh", "#!/bin/sh\necho never\n"}});
  EXPECT_NE(activate("one"), 0);
  EXPECT_THAT(said, HasSubstr("AfterInstall: a.sh ended with 7"));
  EXPECT_EQ(said.find("never\n"), std::string::npos);
  EXPECT_FALSE(fs::exists(app() / "release"));
  release("two", spec(R"({"AfterInstall": [{"location": "hang.sh", "timeout": 1}]})"), {{"hang.sh", "#!/bin/sh\nexec sleep 1000\n"}});
  EXPECT_NE(activate("two"), 0);
  EXPECT_THAT(said, HasSubstr("hang.sh was not done after 1 seconds"));
}

/// A hook of the release before that hangs may not take all the time that there is.
TEST_F(AppspecHost, AReleaseThatDoesNotStopIsPassedOverWhenThatIsAllowed) {
  release("one", spec(R"({"ApplicationStop": [{"location": "hang.sh"}]})"), {{"hang.sh", "#!/bin/sh\nexec sleep 20\n"}});
  ASSERT_EQ(activate("one"), 0) << said;
  release("two", spec(R"({"AfterInstall": [{"location": "slow.sh"}]})"), {{"slow.sh", "#!/bin/sh\nsleep 2\n"}});
  const std::string limit = "export fl_limit=3\n";
  EXPECT_EQ(activate("two", limit + "export FL_STOP_MAY_FAIL=1\n"), 0) << said;
  EXPECT_THAT(said, HasSubstr("ApplicationStop: hang.sh was not done after 1 seconds"));
  EXPECT_THAT(said, HasSubstr("ignore-application-stop-failures: going on"));
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
