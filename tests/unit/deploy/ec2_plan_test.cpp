// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "deploy/ec2/fleet_plan.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "planning.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A commit: its files, and what is there and cannot be read (links, folders).
class Commit : public engine::PlanContext {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> others;
  Json inputs = parse_json(R"({"transport": "ssh", "targets": {"hosts": ["web1", "web2"]}})"), none;
  bool early_ = false;

  const std::string& environment() const override { return place_; }
  const Json& with() const override { return inputs; }
  const Json& contexts() const override { return none; }
  const Json& recorded() const override { return none; }
  Awaitable<std::optional<std::string>> file(std::string path) override {
    if (others.contains(path)) throw Error(ErrorKind::invalid, path + " is not a file but a symbolic link");
    const auto found = files.find(path);
    co_return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  bool early() const override { return early_; }

 private:
  std::string place_ = "production";
};

class Ec2Plan : public testing::Test {
 protected:
  Ec2Plan() {
    parts.executor = io.get_executor();
    parts.parse = [](const std::string& text, const std::string&, const Json&) { return parse_json(text); };
    commit.files["appspec.yml"] = R"({"version": 0.0, "os": "linux", "files": [{"source": "/dist", "destination": "/srv"}],
      "hooks": {"AfterInstall": [{"location": "a.sh"}, {"location": "bin/b"}]}})";
    commit.files["a.sh"] = "";
    commit.others = {"bin/b", "dist"};
  }
  std::vector<std::string> problems() {
    plan = planned(io, plan_fleet(commit, parts));
    std::vector<std::string> texts;
    for (const auto& problem : plan.problems) texts.push_back(problem.text);
    return texts;
  }

  asio::io_context io;
  Parts parts;
  Commit commit;
  engine::ActionPlan plan;
};

TEST_F(Ec2Plan, TellsTheHooksAndMissesNothingThatIsThere) {
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(plan.lines, Contains("hooks of appspec.yml: AfterInstall a.sh, bin/b"));
}

TEST_F(Ec2Plan, MissesWhatIsNotInTheCommit) {
  commit.files.erase("a.sh");
  commit.others = {"bin/b"};
  EXPECT_THAT(problems(), ElementsAre("appspec.yml: files: there is no /dist in the commit",
                                      "appspec.yml: hooks.AfterInstall: there is no a.sh in the commit"));
  commit.early_ = true;
  EXPECT_THAT(problems(), IsEmpty()) << "a build may make them";
}

TEST_F(Ec2Plan, AMistakeOfTheAppspecIsAProblemUnlessABuildMayWriteAnother) {
  commit.files["appspec.yml"] = R"({"version": 0.0, "os": "linux", "hooks": {"AfterInstal": []}})";
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("hooks.AfterInstal: no such event; nearest: AfterInstall")));
  commit.early_ = true;
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(plan.lines, Contains(HasSubstr("as it is in the commit it could not be deployed")));
}

TEST_F(Ec2Plan, SaysThatNothingOrTwoThingsSayWhatToDo) {
  commit.inputs["service"] = {{"command", "./start"}};
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("appspec.yml in the commit, whose hooks start the application")));
  commit.inputs.erase("service");
  commit.files.clear();
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("there is no appspec.yml in the commit, and neither destination nor service")));
  commit.early_ = true;
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Ec2Plan, AnAppspecThatIsALinkIsLeftToTheDeploy) {
  commit.files.clear();
  commit.others = {"appspec.yml"};
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(plan.lines, Contains(HasSubstr("appspec.yml is read by the deploy only")));
}

TEST_F(Ec2Plan, RefusesHostsThatAreNotTheEnvironments) {
  parts.ssh = [](const std::string&) { return Parts::Ssh{.config = {}, .hosts = std::vector<std::string>{"web1"}}; };
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("environment production does not deploy to web2")));
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
