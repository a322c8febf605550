// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "unit/git/git_world.hpp"

namespace fairlead::git {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

struct GitFetch : testing::Test, MirrorWorld {};

TEST_F(GitFetch, everything_comes_and_what_is_gone_goes) {
  origin.commit("a", "1");
  origin.git({"branch", "gone"});
  origin.git({"tag", "v1"});
  EXPECT_TRUE(fetch().transferred);
  EXPECT_TRUE(repository().resolve("gone"));
  origin.git({"branch", "-D", "gone"});
  origin.git({"tag", "-d", "v1"});
  const auto tip = origin.commit("a", "2");
  fetch();
  EXPECT_FALSE(repository().resolve("gone"));
  EXPECT_FALSE(repository().resolve("v1"));
  EXPECT_EQ(repository().resolve("main")->sha, tip);
}

TEST_F(GitFetch, one_ref_is_enough_and_names_its_commit) {
  origin.commit("a", "1");
  fetch();
  const auto tip = origin.commit("a", "2");
  origin.git({"branch", "other"});
  const auto result = fetch({.ref = "refs/heads/main"});
  EXPECT_EQ(result.sha, tip);
  EXPECT_FALSE(repository().resolve("other"));
}

TEST_F(GitFetch, a_commit_that_is_here_needs_no_git) {
  const auto tip = origin.commit("a", "1");
  fetch();
  remove_tree(origin.folder());
  auto best = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = fetch({.ref = "refs/heads/main", .sha = tip});
    best = std::min(best, std::chrono::steady_clock::now() - start);
    EXPECT_FALSE(result.transferred);
    EXPECT_EQ(result.sha, tip);
  }
  EXPECT_LT(best, 20ms) << "the aim is below 1 ms on an idle machine";
}

TEST_F(GitFetch, a_repository_on_this_machine_that_has_not_moved_needs_no_git) {
  const auto tip = origin.commit("a", "1");
  origin.git({"tag", "-a", "v1", "-m", "one"});
  EXPECT_TRUE(fetch().transferred);
  EXPECT_FALSE(fetch().transferred);
  EXPECT_EQ(fetch({.ref = "refs/tags/v1"}).sha, tip);
  EXPECT_FALSE(fetch({.ref = "refs/heads/main"}).transferred);
  origin.git({"branch", "more"});
  EXPECT_FALSE(fetch({.ref = "refs/heads/main"}).transferred);
  EXPECT_TRUE(fetch().transferred);
  origin.git({"branch", "-D", "more"});
  EXPECT_TRUE(fetch().transferred);
  EXPECT_FALSE(repository().resolve("more"));
  const auto next = origin.commit("a", "2");
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, next);
}

TEST_F(GitFetch, an_annotated_tag_is_wanted_by_its_own_id_and_gives_the_commit) {
  const auto tip = origin.commit("a", "1");
  fetch();
  origin.git({"tag", "-a", "v1", "-m", "one"});
  const auto tag = Sha(origin.git({"rev-parse", "v1"}));
  EXPECT_EQ(fetch({.ref = "refs/tags/v1", .sha = tag}).sha, tip);
  EXPECT_FALSE(fetch({.ref = "refs/tags/v1", .sha = tag}).transferred);
}

TEST_F(GitFetch, a_commit_pushed_away_before_the_fetch_still_comes) {
  origin.commit("a", "1");
  fetch();
  const auto lost = origin.commit("a", "2");
  origin.git({"reset", "-q", "--hard", "HEAD~1"});
  const auto tip = origin.commit("a", "3");
  const auto result = fetch({.ref = "refs/heads/main", .sha = lost});
  EXPECT_EQ(result.sha, lost);
  EXPECT_EQ(repository().resolve("main")->sha, tip);
  EXPECT_EQ(repository().read_file(lost, "a"), "2");
}

TEST_F(GitFetch, a_commit_whose_branch_was_deleted_still_comes) {
  origin.commit("a", "1");
  fetch();
  origin.git({"checkout", "-q", "-b", "short-lived"});
  const auto lost = origin.commit("a", "2");
  origin.git({"checkout", "-q", "main"});
  origin.git({"branch", "-D", "short-lived"});
  EXPECT_EQ(fetch({.ref = "refs/heads/short-lived", .sha = lost}).sha, lost);
}

TEST_F(GitFetch, a_commit_that_is_nowhere_is_not_found) {
  origin.commit("a", "1");
  const auto error = error_of([&] { fetch({.ref = "refs/heads/main", .sha = Sha(std::string(40, 'a'))}); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_THAT(error.message(), HasSubstr(std::string(40, 'a')));
}

TEST_F(GitFetch, a_branch_that_is_not_there_is_not_found_in_gits_words) {
  origin.commit("a", "1");
  fetch();
  const auto error = error_of([&] { fetch({.ref = "refs/heads/none"}); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_THAT(error.message(), HasSubstr("couldn't find remote ref refs/heads/none"));
}

TEST_F(GitFetch, a_branch_that_became_a_folder_of_branches_is_no_obstacle) {
  origin.commit("a", "1");
  origin.git({"branch", "x"});
  fetch();
  origin.git({"branch", "-D", "x"});
  origin.git({"branch", "x/y"});
  EXPECT_TRUE(fetch({.ref = "refs/heads/x/y"}).sha);
}

TEST_F(GitFetch, pull_request_refs_come_when_asked_for) {
  origin.commit("a", "1");
  origin.git({"checkout", "-q", "--detach"});
  const auto tip = origin.commit("b", "1");
  origin.git({"update-ref", "refs/pull/3/head", tip.str()});
  EXPECT_EQ(fetch({.ref = "refs/pull/3/head"}).sha, tip);
}

TEST_F(GitFetch, hostile_branch_names_are_text) {
  origin.commit("a", "1");
  for (const auto* name : {"`$(touch$IFS/pwned)`", "--upload-pack=touch-pwned", "-oProxyCommand=id", "a;b|c&d", "日本", "'quoted'\"x\""}) {
    origin.git({"update-ref", std::string("refs/heads/") + name, origin.head().str()});
    EXPECT_EQ(fetch({.ref = std::string("refs/heads/") + name}).sha, origin.head()) << name;
    EXPECT_EQ(repository().resolve(name)->ref, std::string("refs/heads/") + name);
  }
}

TEST_F(GitFetch, what_is_no_ref_or_url_never_reaches_git) {
  for (const auto* ref :
       {"main", "--upload-pack=id", "refs/heads/a b", "refs/heads/a:refs/heads/b", "+refs/heads/main", "refs/heads/*", "^refs/heads/x"})
    EXPECT_EQ(error_of([&] { fetch({.ref = ref}); }).kind(), ErrorKind::invalid) << ref;
  EXPECT_EQ(error_of([&] { fetch({.sha = Sha("--all")}); }).kind(), ErrorKind::invalid);
  for (const auto* url : {"ext::sh -c touch% pwned", "--upload-pack=id", "relative/path"}) {
    mirror.set_remote({url, {}});
    EXPECT_EQ(error_of([&] { fetch(); }).kind(), ErrorKind::invalid) << url;
  }
}

TEST_F(GitFetch, the_words_of_git_are_in_the_error) {
  mirror.set_remote({"file://" + data.path().string() + "/nowhere.git", {}});
  const auto error = error_of([&] { fetch(); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_THAT(error.message(), HasSubstr("does not appear to be a git repository"));
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(GitFetch, settings_and_hooks_of_the_mirror_start_nothing) {
  const auto pwned = data.path() / "pwned";
  origin.commit("a", "1");
  fetch();
  write_file(mirror.folder() / "hooks/reference-transaction", "#!/bin/sh\ntouch " + pwned.string() + "\n", 0755);
  std::filesystem::permissions(mirror.folder() / "hooks/reference-transaction", std::filesystem::perms(0755));
  origin.commit("a", "2");
  fetch();
  EXPECT_FALSE(std::filesystem::exists(pwned));
}

TEST_F(GitFetch, what_a_killed_git_left_behind_is_no_obstacle) {
  origin.commit("a", "1");
  fetch();
  const auto lock = mirror.folder() / "refs/heads/main.lock";
  const auto half = mirror.folder() / "objects/pack/tmp_pack_Ab12Cd";
  write_file(lock, "");
  auto tip = origin.commit("a", "2");
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip) << "found when git meets it";
  write_file(lock, "");
  write_file(half, "");
  tip = origin.commit("a", "3");
  mirror = Mirror(io.get_executor(), pool, mirror.folder(), {origin.url(), {}});
  EXPECT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip) << "found by the next server";
  EXPECT_FALSE(std::filesystem::exists(half));
}

TEST_F(GitFetch, callers_that_want_the_same_share_one_transfer) {
  const auto tip = origin.commit("a", "1");
  fetch();
  const auto next = origin.commit("a", "2");
  const auto packs = repository().packs();
  std::vector<std::future<FetchResult>> all;
  for (int i = 0; i < 20; ++i) {
    Want want{.ref = "refs/heads/main"};
    if (i % 2) want.sha = next;
    all.push_back(asio::co_spawn(io, mirror.fetch(std::move(want), deadline_in(30s)), asio::use_future));
  }
  io.restart();
  io.run();
  for (auto& one : all) EXPECT_EQ(one.get().sha, next);
  EXPECT_EQ(repository().packs(), packs + 1);
  EXPECT_NE(tip, next);
}

TEST_F(GitFetch, a_caller_that_gives_up_does_not_take_the_others_down) {
  origin.commit("a", "1");
  fetch();
  const auto next = origin.commit("a", "2");
  auto hasty = asio::co_spawn(io, mirror.fetch({.ref = "refs/heads/main"}, deadline_in(-1s)), asio::use_future);
  auto patient = asio::co_spawn(io, mirror.fetch({.ref = "refs/heads/main"}, deadline_in(30s)), asio::use_future);
  io.restart();
  io.run();
  EXPECT_THROW(hasty.get(), Error);
  EXPECT_EQ(patient.get().sha, next);
}

TEST_F(GitFetch, many_fetches_do_not_leave_many_packs) {
  origin.commit("a", "0");
  for (int i = 1; i <= 45; ++i) {
    const auto tip = origin.commit("a", std::to_string(i));
    ASSERT_EQ(fetch({.ref = "refs/heads/main"}).sha, tip);
  }
  io.restart();
  io.run();
  EXPECT_LT(repository().packs(), 40u);
  EXPECT_TRUE(repository().is_ancestor(repository().resolve("main")->sha, origin.head()));
}

TEST_F(GitFetch, the_remote_tells_its_refs_without_a_transfer) {
  const auto first = origin.commit("a", "1");
  origin.git({"tag", "-a", "v1", "-m", "one"});
  const auto second = origin.commit("a", "2");
  const auto remote = finish(io, mirror.ls_remote(deadline_in(30s)));
  EXPECT_EQ(remote.head, "refs/heads/main");
  ASSERT_EQ(remote.refs.size(), 2u);
  EXPECT_EQ(remote.refs[0].ref, "refs/heads/main");
  EXPECT_EQ(remote.refs[0].commit(), second);
  EXPECT_EQ(remote.refs[1].ref, "refs/tags/v1");
  EXPECT_NE(remote.refs[1].sha, first);
  EXPECT_EQ(remote.refs[1].commit(), first);
  EXPECT_FALSE(std::filesystem::exists(mirror.folder()));
}

TEST_F(GitFetch, the_mirror_reads_through_its_own_coroutines) {
  const auto tip = origin.commit("a", "1");
  fetch();
  EXPECT_TRUE(finish(io, mirror.has(tip)));
  EXPECT_EQ(finish(io, mirror.resolve("main"))->sha, tip);
  EXPECT_EQ(finish(io, mirror.read_file(tip, "a")), "1");
  EXPECT_EQ(finish(io, mirror.commit(tip)).sha, tip);
  EXPECT_EQ(finish(io, mirror.branches()).size(), 1u);
  EXPECT_EQ(finish(io, mirror.checkout(tip, data.path() / "work", {})).files, 1u);
  EXPECT_EQ(mirror.url(), origin.url());
}

}  // namespace
}  // namespace fairlead::git
