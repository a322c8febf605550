// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "deploy/ec2/gather.hpp"
#include "deploy/ec2/group.hpp"
#include "deploy/ec2/record.hpp"
#include "deploy/ec2/release.hpp"
#include "deploy/ec2/transport.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Ec2Release, OtherScriptsForTheSameFilesAreAnotherRelease) {
  const Bundle bundle{.file = {}, .sum = "5f1a", .size = 1, .files = 1};
  Inputs in;
  in.command = "./start";
  const auto first = plain_scripts(in, {.app = "shop", .environment = "production"});
  EXPECT_EQ(release_id(bundle, first), release_id(bundle, first));
  in.env["COLOR"] = "blue";
  EXPECT_NE(release_id(bundle, first), release_id(bundle, plain_scripts(in, {.app = "shop", .environment = "production"})));
  auto newer = first;
  newer["activate"] = newer["activate"].substr(host_functions().size());
  EXPECT_EQ(release_id(bundle, first), release_id(bundle, newer)) << "our own functions are no part of it";
}

/// What a release's own script says, and how it ends, on a host that is a folder.
std::pair<std::string, int> activated(const Inputs& in) {
  TempFolder folder;
  write_file(folder.path() / "activate", plain_scripts(in, {.app = "shop", .environment = "production"}).at("activate"));
  const auto line = "cd " + folder.path().string() + " && FAIRLEAD_HOME=$PWD FL_RELEASE=5f1a FL_FOLDER=$PWD sh activate >out 2>&1";
  const int status = std::system(line.c_str());
  return {read_file(folder.path() / "out"), WEXITSTATUS(status)};
}

TEST(Ec2Release, ALineThatFailsEndsTheServiceCommandAndTheDeploy) {
  Inputs in;
  in.command = "echo begins\n(exit 3)\necho goes on";
  EXPECT_EQ(activated(in), std::pair(std::string("begins\nthe service command ended with 3\n"), 1));
  in.command = "nosuchprogram --migrate\necho goes on";
  EXPECT_THAT(activated(in).first, AllOf(HasSubstr("ended with 127"), Not(HasSubstr("goes on"))));
  in.command = "echo \"[$NEVER_SET]\"";
  EXPECT_EQ(activated(in), std::pair(std::string("[]\n"), 0)) << "variables need not be set";
  in.health_command = "test -e /nonexistent\necho checked";
  EXPECT_EQ(activated(in), std::pair(std::string("[]\nthe health command ended with 1\n"), 1));
}

TEST(Ec2Bundle, IsMadeOfFilesOrOfTheContentOfAnArchive) {
  TempFolder folder;
  const auto root = folder.path().string();
  const auto shell = [](const std::string& line) { ASSERT_EQ(std::system(line.c_str()), 0) << line; };
  shell("mkdir -p " + root + "/w/repo-main/empty " + root + "/w/.git && cd " + root +
        "/w && echo x >.git/config && touch repo-main/appspec.yml && " +
        "printf '#!/bin/sh\n' >repo-main/run.sh && chmod 755 repo-main/run.sh && ln -s run.sh repo-main/link && tar -czf ../a.tar.gz "
        "repo-main && " +
        "tar -cJf ../a.tar.xz repo-main && tar -cf ../out.tar --transform 's|repo-main|../repo-main|' -P repo-main/run.sh");
  EXPECT_THAT(bundle_files(folder.path() / "w", {"**"}),
              ElementsAre("repo-main/appspec.yml", "repo-main/empty", "repo-main/link", "repo-main/run.sh"));
  for (const char* archive : {"a.tar.gz", "a.tar.xz"}) {
    const auto content = unpack_bundle(folder.path(), archive, folder.path() / "b");
    EXPECT_EQ(content.filename(), "repo-main") << "the lone folder with the appspec is the bundle";
    EXPECT_THAT(bundle_files(content, {"**"}), ElementsAre("appspec.yml", "empty", "link", "run.sh"));
    EXPECT_NE(fs::status(content / "run.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
  }
  const std::string zip =
      "UEsDBBQAAAAAAAAAIVw6N2Y9EgAAABIAAAAPAAAAc2l0ZS9pbmRleC5odG1saGVsbG8KaGVsbG8KaGVsbG8KUEsBAhQDFAAAAAAAAAAhXDo3Zj"
      "0SAAAAEgAAAA8AAAAAAAAAAAAAAKSBAAAAAHNpdGUvaW5kZXguaHRtbFBLBQYAAAAAAQABAD0AAAA/AAAAAAA=";  // site/index.html
  write_file(folder.path() / "a.zip", from_base64(zip).value());
  EXPECT_EQ(read_file(unpack_bundle(folder.path(), "a.zip", folder.path() / "b") / "site/index.html"), "hello\nhello\nhello\n");
  EXPECT_THROW(unpack_bundle(folder.path(), "out.tar", folder.path() / "b"), Error) << "it leads out of the folder";
  EXPECT_THROW(unpack_bundle(folder.path(), "gone.zip", folder.path() / "b"), Error);
  write_file(folder.path() / "no.zip", "this is no archive");
  EXPECT_THROW(unpack_bundle(folder.path(), "no.zip", folder.path() / "b"), Error);
}

/// A bundle made, fetched and activated by the script that an instance runs at its launch.
TEST(Ec2Boot, AnInstanceThatIsLaunchedLaterBringsItselfUpToDateOnce) {
  TempFolder folder;
  const auto root = folder.path().string();
  write_file(folder.path() / "version", "7");
  ASSERT_EQ(std::system(("cd " + root + " && tar -czf bundle.tgz version").c_str()), 0);
  const auto sum = sha256_hex(read_file(folder.path() / "bundle.tgz"));
  Inputs in;
  in.destination = root + "/srv";
  in.command = "echo \"$FAIRLEAD_APP $FAIRLEAD_RUN $(cat version)\" >>" + root + "/ran";
  const auto scripts = plain_scripts(in, {.app = "shop", .environment = "production"});
  const auto release = release_id({.file = {}, .sum = sum, .size = 1, .files = 1}, scripts);
  write_file(folder.path() / "boot.sh",
             boot_script("shop-production", release, sum, "cp " + root + "/bundle.tgz", scripts, {{"FAIRLEAD_RUN", "r1"}}));
  const auto boot = [&] { return std::system(("FAIRLEAD_HOME=" + root + "/fl sh " + root + "/boot.sh >" + root + "/said 2>&1").c_str()); };
  ASSERT_EQ(boot(), 0) << read_file(folder.path() / "said");
  ASSERT_EQ(boot(), 0) << read_file(folder.path() / "said");
  EXPECT_EQ(read_file(folder.path() / "ran"), "shop r1 7\n") << "the second time there was nothing to do";
  EXPECT_EQ(read_file(folder.path() / "fl/apps/shop-production/release"), release + "\n");
  EXPECT_EQ(read_file(folder.path() / "srv/current/version"), "7");
  fs::remove_all(folder.path() / "fl");
  write_file(folder.path() / "bundle.tgz", "something else");
  EXPECT_NE(boot(), 0);
  EXPECT_THAT(read_file(folder.path() / "said"), HasSubstr("it was thrown away"));
}

std::vector<Rollout::Row> rows() {
  std::vector<Rollout::Row> list(3);
  for (std::size_t i = 0; i < list.size(); ++i) list[i].host.id = "web" + std::to_string(i + 1);
  list[0].host.release = list[1].host.release = "aaaa";
  list[0].at = list[1].at = At::done;
  list[2].at = At::gone;
  return list;
}

TEST(Ec2Record, KeepsHowTheHostsAreReachedAndNoSecret) {
  const auto with = parse_json(R"({"targets": {"hosts": ["web1", "web2"]}, "transport": "ssh", "env": {"TOKEN": {"$secret": "T"}}})");
  const auto record = record_from(with, "shop-production", "aaaa", false, rows());
  EXPECT_TRUE(is_release(record));
  EXPECT_EQ(text_at(record, "target"), "ec2:web1, web2");
  EXPECT_EQ(member(record, "hosts").size(), 2U) << "who has left is no part of it";
  EXPECT_THAT(dump(record), testing::Not(HasSubstr("TOKEN")));
}

TEST(Ec2Record, IsComparedWithWhatHostsSay) {
  const auto record =
      record_from(parse_json(R"({"targets": {"hosts": ["web1", "web2"]}, "transport": "ssh"})"), "shop-production", "aaaa", false, rows());
  const auto same = compare(record, {{"web1", "aaaa", ""}, {"web2", "aaaa", ""}});
  EXPECT_FALSE(flag_at(same, "drifted", true));
  EXPECT_EQ(text_at(same, "text"), "");
  const auto other = compare(record, {{"web1", "bbbb", ""}, {"web2", "", "it cannot be reached"}, {"web3", "", ""}});
  EXPECT_TRUE(flag_at(other, "drifted"));
  EXPECT_EQ(text_at(other, "text"), "web1 runs bbbb, web3 runs no release of fairlead; fairlead deployed aaaa; web2 could not be asked");
  EXPECT_FALSE(flag_at(compare(record, {{"web1", "aaaa", ""}, {"web2", "", "away"}}), "drifted", true)) << "silence is no difference";
  EXPECT_TRUE(flag_at(compare(record, {}), "drifted"));
}

Json group_json() {
  return parse_json(R"({"AutoScalingGroupName": "shop", "DesiredCapacity": 2, "HealthCheckGracePeriod": 90, "DefaultInstanceWarmup": 30,
    "LaunchTemplate": {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "shop", "Version": "3"}, "TargetGroupARNs": ["arn:tg/a", "arn:tg/b"],
    "TrafficSources": [{"Identifier": "arn:tg/b", "Type": "elbv2"}],
    "Instances": [
      {"InstanceId": "i-1", "AvailabilityZone": "a", "LifecycleState": "InService", "HealthStatus": "Healthy", "LaunchTemplate": {"Version": "4"}},
      {"InstanceId": "i-2", "AvailabilityZone": "b", "LifecycleState": "Terminating", "HealthStatus": "Unhealthy", "LaunchTemplate": {"Version": "3"}}]})");
}

TEST(Ec2Group, IsReadFromAwssDescription) {
  const auto group = group_from(group_json());
  EXPECT_EQ(group.template_id + " " + group.configured, "lt-1 3");
  EXPECT_THAT(group.target_groups, ElementsAre("arn:tg/a", "arn:tg/b"));
  EXPECT_EQ(group.warmup, std::chrono::seconds(30));
  EXPECT_FALSE(group.members[1].healthy);
  EXPECT_EQ(dump(desired_configuration(group, "4")), R"({"LaunchTemplate":{"LaunchTemplateId":"lt-1","Version":"4"}})");
  EXPECT_EQ(version_in(desired_configuration(group, "4")), "4");
  auto old = group_json();
  old.erase("LaunchTemplate");
  old["LaunchConfigurationName"] = "lc";
  EXPECT_THROW(group_from(old), Error);
}

TEST(Ec2Group, AMixedPolicyKeepsItsOverrides) {
  auto json = group_json();
  json.erase("LaunchTemplate");
  json["MixedInstancesPolicy"] =
      parse_json(R"({"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-2", "Version": "$Latest"},
    "Overrides": [{"InstanceType": "m7g.large"}]}, "InstancesDistribution": {"SpotAllocationStrategy": "price-capacity-optimized"}})");
  const auto group = group_from(json);
  const auto wanted = desired_configuration(group, "9");
  EXPECT_EQ(version_in(wanted), "9");
  EXPECT_THAT(dump(wanted), testing::AllOf(HasSubstr("m7g.large"), HasSubstr("price-capacity-optimized")));
}

TEST(Ec2Group, ALookTakesTheWorstOfAllTargetGroupsAndOnlyFreshFailures) {
  const auto refresh = parse_json(R"({"Status": "InProgress", "StatusReason": "waiting", "PercentageComplete": 50})");
  const auto activities = parse_json(R"([
    {"ActivityId": "new", "StatusCode": "Failed", "StatusMessage": "no such AMI"},
    {"ActivityId": "old", "StatusCode": "Failed", "StatusMessage": "long ago"},
    {"ActivityId": "good", "StatusCode": "Successful"}])");
  std::vector<aws::elb::TargetHealth> health(2);
  health[0].id = health[1].id = "i-1";
  health[0].state = "healthy";
  health[1].state = "unhealthy";
  health[1].description = "Health checks failed with these codes: [502]";
  const auto look = look_from(group_json(), refresh, activities, health, {"old"});
  EXPECT_EQ(look.status + " " + look.reason, "InProgress waiting");
  EXPECT_EQ(look.members[0].traffic, "unhealthy");
  EXPECT_EQ(look.members[0].reason, "Health checks failed with these codes: [502]");
  EXPECT_EQ(look.members[1].traffic, "unused") << "the group has target groups, and it is in none";
  EXPECT_EQ(look.failed_launches.size(), 1U);
  EXPECT_EQ(look.failed_launches.at("new"), "no such AMI");
}

/// A stand-in for ssh that passes on the first bytes of what it is given, as a connection does that is cut.
TEST(Ec2Ssh, AScriptOfWhichOnlyTheBeginningCameIsNotRun) {
  TempFolder folder;
  const auto root = folder.path().string();
  write_file(folder.path() / "ssh", "#!/bin/sh\nfor last; do :; done\nhead -c \"$(cat " + root + "/most)\" | sh -c \"$last\"\n");
  fs::permissions(folder.path() / "ssh", fs::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (root + ":" + path).c_str(), 1);
  asio::io_context io;
  const auto transport = make_ssh(io.get_executor(), {.user = {}, .config = {}, .control_folder = folder.path() / "control"});
  std::string out, problem;
  const auto ask = [&](std::size_t most) {
    write_file(folder.path() / "most", std::to_string(most));
    out = problem = "";
    const auto work = [&]() -> Awaitable<void> {
      Host host;
      host.id = "web1";
      try {
        const auto text = here("echo first >>" + root + "/ran\necho second >>" + root + "/ran");
        out = co_await transport->ask(host, "sh" + text + "fl_say done", deadline_in(std::chrono::seconds(30)));
      } catch (const Error& error) {
        problem = error.message();
      }
    };
    io.restart();
    spawn(io.get_executor(), "ask", work());
    io.run();
  };
  ask(host_functions().size() + 70);
  EXPECT_THAT(problem, HasSubstr("only a part of the script arrived"));
  EXPECT_FALSE(fs::exists(folder.path() / "ran"));
  ask(1 << 20);
  EXPECT_EQ(out, "fairlead done\n") << problem;
  EXPECT_EQ(read_file(folder.path() / "ran"), "first\nsecond\n");
  ::setenv("PATH", path.c_str(), 1);
}

/// A host: a folder in which calls of host.sh's functions run. `calls` may start others in the background.
struct HostFolder {
  TempFolder folder;
  std::string root = folder.path().string();
  int run(const std::string& calls) {
    write_file(folder.path() / "calls", host_functions() + "\n" + calls + "\n");
    return std::system(("FAIRLEAD_HOME=" + root + "/fl sh " + root + "/calls >" + root + "/said 2>&1").c_str());
  }
  std::string said() const { return read_file(folder.path() / "said"); }
  std::string start(const std::string& key, const std::string& call) {
    return "fl_start " + key + " 60" + here(host_functions() + "\nfl_run=$FL/runs/" + key + "\n" + call) + "fl_wait " + key +
           " 999999 0 20\n";  // not for its first words, but for its end
  }
  void make_release(const std::string& name) {
    fs::create_directories(folder.path() / "fl/apps/a/releases" / name);
    fs::create_directories(folder.path() / "fl/apps/a/releases" / (name + ".scripts"));
    write_file(folder.path() / "fl/apps/a/releases" / (name + ".scripts") / "activate", "echo $FL_RELEASE >>$FL_APP/trace\n");
  }
};

TEST(Ec2Host, ASwitchThatComesAfterTheWayBackIsNotRun) {
  HostFolder host;
  host.make_release("old");
  host.make_release("new");
  write_file(host.folder.path() / "fl/apps/a/release", "old\n");
  ASSERT_EQ(host.run("fl_stop over\n" + host.start("back", "fl_back a over")), 0) << host.said();
  ASSERT_EQ(host.run(host.start("over", "fl_activate a new")), 0) << host.said();  // Run Command delivers it late
  EXPECT_THAT(host.said(), HasSubstr("fairlead ended 143"));
  EXPECT_EQ(read_file(host.folder.path() / "fl/apps/a/release"), "old\n");
  EXPECT_FALSE(fs::exists(host.folder.path() / "fl/apps/a/trace")) << "it never left the old one: nothing is started again";
}

TEST(Ec2Host, WhatRunsIsStoppedWithAllItStartedWithoutPs) {
  HostFolder host;
  const auto child = host.root + "/child";
  const auto body = "sleep 300 & echo $! >" + child + ".part && mv " + child + ".part " + child + " && wait";
  ASSERT_EQ(host.run("fl_start k 60" + here(body) + "until [ -e " + child + " ]; do :; done\nps() { return 127; }\nfl_stop k\n" +
                     "fl_wait k 999999 0 20\nwhile kill -0 $(cat " + child + ") 2>/dev/null; do :; done"),
            0);
  EXPECT_THAT(host.said(), HasSubstr("fairlead ended 143"));
}

TEST(Ec2Host, AnUploadThatTwoCommandsUnpackIsUnpackedOnce) {
  HostFolder host;
  ASSERT_EQ(std::system(("cd " + host.root +
                         " && mkdir -p b fl/apps/a/releases && for i in $(seq 3000); do echo $i >b/$i; done && tar -czf b.tgz b")
                            .c_str()),
            0);
  const auto sum = sha256_hex(read_file(host.folder.path() / "b.tgz"));
  fs::copy_file(host.folder.path() / "b.tgz", host.folder.path() / "fl/apps/a/releases" / (sum + ".tgz.part"));
  const auto unpack = "fl_unpack a r " + sum;
  EXPECT_EQ(host.run("(" + unpack + ") & fl_one=$!\n(" + unpack + ") || exit 1\nwait $fl_one"), 0) << host.said().substr(0, 500);
  EXPECT_TRUE(fs::exists(host.folder.path() / "fl/apps/a/releases/r/b/3000"));
}

TEST(Ec2Host, WhatAnInstallLeftThatWasKilledIsOurs) {
  HostFolder host;
  const auto& root = host.root;
  ASSERT_EQ(
      std::system(("cd " + root + " && mkdir -p r1 r2 site fl/apps/a && echo 1 >r1/index && echo 2 >r2/index && echo 2 >r2/fresh").c_str()),
      0);
  const auto install = [&](const std::string& release, const std::string& last) {
    return "FL_APP=$FL/apps/a FL_FOLDER=" + root + "/" + release + "\nfl_install_check / " + root +
           "/site DISALLOW || exit 1\nfl_install_begin && fl_install / " + root + "/site DISALLOW && " + last;
  };
  ASSERT_EQ(host.run(install("r1", "fl_install_end")), 0) << host.said();
  ASSERT_NE(host.run(install("r2", "kill -KILL $$")), 0);
  ASSERT_EQ(host.run(install("r1", "fl_install_end")), 0) << host.said();
  EXPECT_FALSE(fs::exists(host.folder.path() / "site/fresh"));
  EXPECT_EQ(host.run(install("r2", "fl_install_end")), 0) << host.said();
  write_file(host.folder.path() / "r2/foreign", "2");
  write_file(host.folder.path() / "site/foreign", "somebody else's");
  EXPECT_NE(host.run(install("r2", "fl_install_end")), 0);
  EXPECT_THAT(host.said(), HasSubstr("site/foreign exists already"));
}

TEST(Ec2Ssh, WhoWaitsForARunThatWasNeverBegunIsToldAtOnce) {
  TempFolder folder;
  const auto root = folder.path().string();
  write_file(folder.path() / "body", host_functions() + "\nfl_wait nobody 0 100 20\n");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(std::system(("FAIRLEAD_HOME=" + root + "/fl sh " + root + "/body >" + root + "/said").c_str()), 0);
  EXPECT_EQ(read_file(folder.path() / "said"), "fairlead none - 0\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10)) << "it may wait twenty";
}

TEST(Ec2Gather, RequestsOfAMomentLeaveTogetherAndNoMoreThanAllowed) {
  asio::io_context io;
  std::vector<std::string> calls;
  Gather<std::string> gather(io.get_executor(), 3, [&calls](std::string key, std::vector<std::string> items) -> Awaitable<std::string> {
    calls.push_back(key + ":" + std::to_string(items.size()));
    if (key == "bad") throw Error(ErrorKind::unavailable, "away");
    co_return key + "!";
  });
  std::vector<std::string> answers;
  const auto ask = [&](std::string key, std::string item) -> Awaitable<void> {
    try {
      answers.push_back(co_await gather.join(key, item));
    } catch (const Error& error) {
      answers.push_back(error.message());
    }
  };
  for (int i = 0; i < 4; ++i) spawn(io.get_executor(), "ask", ask("good", std::to_string(i)));
  spawn(io.get_executor(), "ask", ask("bad", "x"));
  io.run();
  std::ranges::sort(calls);
  EXPECT_THAT(calls, ElementsAre("bad:1", "good:1", "good:3"));
  std::ranges::sort(answers);
  EXPECT_THAT(answers, ElementsAre("away", "good!", "good!", "good!", "good!"));
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
