// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/json.hpp"
#include "unit/chat/store_harness.hpp"

namespace fairlead::chat::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

engine::Person person(const std::string& id) {
  engine::Person made;
  made.id = id;
  return made;
}

ErrorKind kind_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::internal;
}

class LinksTest : public testing::Test {
 protected:
  engine::Person known(const std::string& id) { return harness_.run(links_.known(person(id))); }
  Link link(const std::string& identity, const std::string& owner) {
    return harness_.run(links_.link(identity, owner, "admin", "user:ops"));
  }
  Link redeem(const std::string& code, const std::string& id) { return harness_.run(links_.redeem(code, person(id))); }
  std::string code(const std::string& user) {
    return harness_.run(links_.code({.workspace = "slack", .home = "T1", .user = user, .name = ""}));
  }
  std::vector<std::string> events() {
    const auto all = harness_.run(harness_.store().read([](store::View& view) { return view.events("server"); }));
    std::vector<std::string> types;
    for (const auto& event : all) types.push_back(event.type);
    return types;
  }

  StoreHarness harness_;
  Links links_{harness_.store(), harness_.clock()};
};

TEST_F(LinksTest, MakeTwoAccountsOnePerson) {
  link("slack:U1", "user:lead@example.com");
  link("github:Octocat", "user:Lead@example.com");
  const auto from_slack = known("slack:U1");
  EXPECT_EQ(from_slack.id, "user:lead@example.com");
  EXPECT_THAT(from_slack.aliases, UnorderedElementsAre("slack:U1", "github:octocat"));
  const auto from_cli = known("user:lead@example.com");
  EXPECT_EQ(from_cli.aliases, from_slack.aliases);
  EXPECT_TRUE(from_cli.is("github:OctoCat"));
  EXPECT_THAT(events(), ElementsAre("user.linked", "user.linked"));
}

TEST_F(LinksTest, TakeNobodysIdentityAway) {
  link("slack:U1", "user:lead@example.com");
  EXPECT_EQ(kind_of([&] { link("slack:U1", "user:other@example.com"); }), ErrorKind::conflict);
  EXPECT_EQ(kind_of([&] { link("slack:@deployers", "user:other@example.com"); }), ErrorKind::usage);
  EXPECT_EQ(kind_of([&] { link("user:a", "user:A"); }), ErrorKind::usage);
  EXPECT_EQ(kind_of([&] { link("slack:U2", "local:root"); }), ErrorKind::usage);
  EXPECT_EQ(kind_of([&] { link("*", "user:a"); }), ErrorKind::usage);
}

TEST_F(LinksTest, FormNoChain) {
  link("slack:U1", "user:a");
  link("user:a", "user:b");
  EXPECT_EQ(known("slack:U1").id, "user:b");
  link("slack:U2", "user:a");
  EXPECT_EQ(known("slack:U2").id, "user:b");
}

TEST_F(LinksTest, ThatWereUndoneExcludeForEverAndGiveNoRight) {
  link("slack:U1", "user:lead@example.com");
  harness_.run(links_.unlink("slack:U1", "user:ops"));
  const auto account = known("slack:U1");
  EXPECT_EQ(account.id, "slack:U1");
  EXPECT_FALSE(account.is("user:lead@example.com"));
  EXPECT_THAT(account.excluded_as, UnorderedElementsAre("user:lead@example.com"));
  EXPECT_THAT(known("user:lead@example.com").excluded_as, UnorderedElementsAre("slack:U1"));
  EXPECT_EQ(kind_of([&] { harness_.run(links_.unlink("slack:U1", "user:ops")); }), ErrorKind::not_found);
}

TEST_F(LinksTest, FollowTheAddressThatSlackConfirmed) {
  harness_.run(links_.confirmed("slack:U1", "Lead@example.com"));
  harness_.run(links_.confirmed("slack:U1", "lead@example.com"));
  EXPECT_EQ(known("slack:U1").id, "user:lead@example.com");
  EXPECT_THAT(events(), ElementsAre("user.linked"));
  harness_.run(links_.confirmed("slack:U1", "new@example.com"));
  const auto moved = known("slack:U1");
  EXPECT_EQ(moved.id, "user:new@example.com");
  EXPECT_FALSE(moved.is("user:lead@example.com"));
  EXPECT_THAT(moved.excluded_as, UnorderedElementsAre("user:lead@example.com"));
  harness_.run(links_.confirmed("slack:U1", ""));
  EXPECT_EQ(known("slack:U1").id, "slack:U1");
}

TEST_F(LinksTest, OfAnAddressGiveWayToWhatAPersonSaid) {
  harness_.run(links_.confirmed("slack:U1", "lead@example.com"));
  redeem(code("U1"), "user:boss@example.com");
  EXPECT_EQ(known("slack:U1").id, "user:boss@example.com");
  harness_.run(links_.confirmed("slack:U1", "third@example.com"));
  EXPECT_EQ(known("slack:U1").id, "user:boss@example.com");
  EXPECT_THAT(known("slack:U1").excluded_as, UnorderedElementsAre("user:lead@example.com", "user:third@example.com"));
}

TEST_F(LinksTest, ByACodeWorkOnceAndForTenMinutes) {
  const auto first = code("U1");
  EXPECT_EQ(first.size(), 11U);
  EXPECT_EQ(redeem(first, "user:lead@example.com").identity, "slack:U1");
  EXPECT_EQ(kind_of([&] { redeem(first, "user:other@example.com"); }), ErrorKind::not_found);
  const auto late = code("U2");
  harness_.later(std::chrono::minutes(10));
  EXPECT_EQ(kind_of([&] { redeem(late, "user:lead@example.com"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_of([&] { redeem("AAAAA-BBBBB", "user:lead@example.com"); }), ErrorKind::not_found);
}

TEST_F(LinksTest, ByACodeAreForPeopleAlone) {
  const auto given = code("U1");
  EXPECT_EQ(kind_of([&] { redeem(given, "token:ci"); }), ErrorKind::refused);
  EXPECT_EQ(kind_of([&] { redeem(given, "local:root"); }), ErrorKind::refused);
  EXPECT_EQ(redeem(given, "user:lead@example.com").person, "user:lead@example.com");
}

TEST(WithLinks, LeavesAStrangerAlone) {
  const auto same = with_links(person("user:a"), {Link{.identity = "slack:U1", .person = "user:b", .seen = {"user:b"}}});
  EXPECT_EQ(same.id, "user:a");
  EXPECT_THAT(same.aliases, IsEmpty());
  EXPECT_THAT(same.excluded_as, IsEmpty());
}

}  // namespace
}  // namespace fairlead::chat::test
