// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/ec2/balancer.hpp"
#include "deploy/ec2/common.hpp"
#include "deploy/ec2/inputs.hpp"
#include "deploy/ec2/transport.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::deploy::ec2::test {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& json) {
  try {
    inputs_from(parse_json(json));
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

TEST(Ec2Inputs, CodeDeploysNamesArePaces) {
  const auto pace = [](const char* name) {
    return inputs_from({{"targets", {{"hosts", {"a"}}}}, {"transport", "ssh"}, {"strategy", name}}).settings.pace;
  };
  EXPECT_EQ(pace("OneAtATime").batch->at_most(10), 1);
  EXPECT_EQ(needed(pace("OneAtATime"), 10), 9);
  EXPECT_EQ(needed(pace("OneAtATime"), 1), 0) << "a single host can be deployed to";
  EXPECT_EQ(pace("HalfAtATime").min_healthy.at_least(9), 5);
  EXPECT_EQ(pace("AllAtOnce").min_healthy.at_least(9), 0);
  EXPECT_FALSE(pace("AllAtOnce").canary);
  EXPECT_TRUE(pace("rolling").canary);
}

TEST(Ec2Inputs, WhatCannotBeIsRefusedInWords) {
  EXPECT_THAT(refusal(R"({"targets": {}})"), HasSubstr("there is no target"));
  EXPECT_THAT(refusal(R"({"targets": {"hosts": ["web1"]}})"), HasSubstr("the transport is ssm"));
  EXPECT_THAT(refusal(R"({"targets": {"hosts": ["a"]}, "transport": "ssh", "min-healthy": "120%"})"), HasSubstr("min-healthy"));
  EXPECT_THAT(refusal(R"({"targets": {"hosts": ["a"]}, "transport": "ssh", "load-balancer": {"leave": "x"}})"),
              HasSubstr("belong together"));
  EXPECT_THAT(refusal(R"({"targets": {"auto-scaling-groups": ["a"]}, "strategy": "instance-refresh", "files": ["x"]})"),
              HasSubstr("files means nothing to an instance refresh"));
  const auto ssh = [](const std::string& more) { return refusal(R"({"targets": {"hosts": ["a"]}, "transport": "ssh", )" + more + "}"); };
  for (const char* folder : {"/", "//", "srv/shop", "/srv/../shop"})
    EXPECT_THAT(ssh("\"destination\": \"" + std::string(folder) + "\""), HasSubstr("no folder of a release's own")) << folder;
  EXPECT_THAT(ssh(R"("destination": "/srv/a", "appspec": "a.yml")"), HasSubstr("exclude each other"));
  EXPECT_THAT(ssh(R"("service": {}, "destination": "/srv/a")"), HasSubstr("nothing is started"));
  EXPECT_THAT(ssh(R"("service": {"unit": "a"})"), HasSubstr("nothing would lead the unit"));
  EXPECT_THAT(ssh(R"("bucket": "b")"), HasSubstr("bucket belongs to `transport: ssm`"));
  EXPECT_THAT(ssh(R"("bake": "1m")"), HasSubstr("nothing could be watched"));
  EXPECT_THAT(ssh(R"("load-balancer": {"target-groups": ["a"], "haproxy": {"socket": "/s", "backend": "b"}})"),
              HasSubstr("exclude each other"));
  EXPECT_THAT(refusal(R"({"targets": {"hosts": ["i-1", "web2"]}})"), HasSubstr("\"web2\" is no instance id"));
}

TEST(Ec2Inputs, AHostIsANameAndNothingElse) {
  for (const char* name : {"root@db1", "ssh://db1", "-oProxyCommand=x", "web1 db1"})
    EXPECT_THAT(refusal(R"({"transport":"ssh","targets":{"hosts":[")" + std::string(name) + R"("]}})"), HasSubstr("is no name of a host"));
  EXPECT_EQ(refusal(R"({"transport":"ssh","targets":{"hosts":["web1.example.com","10.0.0.1","fe80::1"]}})"), "none");
}

TEST(Ec2Inputs, AnEnvironmentMayNameItsHosts) {
  const auto in = inputs_from(parse_json(R"({"transport":"ssh","targets":{"hosts":["web1","db1.internal","web2"]}})"));
  Parts parts;
  EXPECT_NO_THROW(need_hosts_allowed(in, parts, "production"));
  std::optional<std::vector<std::string>> hosts;
  parts.ssh = [&hosts](const std::string&) { return Parts::Ssh{.config = {}, .hosts = hosts}; };
  EXPECT_NO_THROW(need_hosts_allowed(in, parts, "production")) << "nobody says: any";
  hosts.emplace();
  EXPECT_THROW(need_hosts_allowed(in, parts, "production"), Error) << "a list without hosts";
  hosts = {"web*", "!web2"};
  try {
    need_hosts_allowed(in, parts, "production");
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("environment production does not deploy to db1.internal, web2"));
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
  const auto tagged = inputs_from(parse_json(R"({"transport":"ssh","targets":{"tags":{"Name":"db"}}})"));
  EXPECT_THROW(need_hosts_allowed(tagged, parts, "production"), Error) << "an instance of any name";
  hosts = {"web*", "*.internal"};
  EXPECT_NO_THROW(need_hosts_allowed(in, parts, "production"));
}

TEST(Ec2Inputs, MaxHealthyIsAPercentageWithOrWithoutItsSign) {
  const auto of = [](const Json& value) {
    return inputs_from({{"targets", {{"auto-scaling-groups", {"g"}}}}, {"strategy", "instance-refresh"}, {"max-healthy", value}})
        .max_healthy;
  };
  EXPECT_EQ(of("110%"), 110);
  EXPECT_EQ(of(125), 125);
  EXPECT_THROW(of("90%"), Error);
  EXPECT_THROW(of(201), Error);
}

TEST(Ec2Inputs, ReadsEveryKindOfTarget) {
  const auto in = inputs_from(parse_json(R"({"targets": {"tags": {"app": "shop", "stage": ["a", "b"]}, "auto-scaling-groups": ["g"]},
      "batch": 2, "zonal": true, "max-hosts": 7, "env": {"A": "1"}, "load-balancer": {"target-groups": ["t"]}})"));
  EXPECT_EQ(in.tags.at("stage"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(in.groups, std::vector<std::string>{"g"});
  EXPECT_EQ(in.settings.pace.batch->value, 2);
  EXPECT_TRUE(in.settings.balanced);
  EXPECT_EQ(in.max_hosts, 7);
}

TEST(Ec2Haproxy, ReadsItsTable) {
  const std::string table =
      "# pxname,svname,scur,status,type,check_status,last_chk,addr,\napp,FRONTEND,1,OPEN,0,,,,\napp,web1,3,UP,2,L7OK,,10.0.0.1:80,\n"
      "app,web2,0,DRAIN,2,L7OK,,10.0.0.2:80,\napp,web3,0,DOWN 1/2,2,L7STS,HTTP status 503,10.0.0.3:80,\nother,x,0,UP,2,,,,\n";
  EXPECT_EQ(haproxy_backends(table), (std::vector<std::string>{"app", "other"}));
  const auto servers = parse_haproxy_stat(table, "app");
  ASSERT_EQ(servers.size(), 3U);
  EXPECT_EQ(servers[0].sessions, 3);
  EXPECT_EQ(traffic_of(servers[0]).kind, Traffic::Kind::serving);
  EXPECT_EQ(traffic_of(servers[1]).kind, Traffic::Kind::out);
  EXPECT_EQ(traffic_of(servers[2]).kind, Traffic::Kind::starting);
  EXPECT_THAT(traffic_of(servers[2]).reason, HasSubstr("503"));
}

TEST(Ec2Transport, WordsAreQuotedForTheShellAndAnswersAreRead) {
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(said("noise\nfairlead part 12\n", "part"), std::vector<std::string>{"12"});
  EXPECT_THROW(said("noise", "part"), Error);
  const auto text = here("a\nb");
  EXPECT_THAT(text, testing::StartsWith(" <<'FAIRLEAD_"));
  EXPECT_THAT(text, HasSubstr("\na\nb\nFAIRLEAD_"));
}

}  // namespace
}  // namespace fairlead::deploy::ec2::test
