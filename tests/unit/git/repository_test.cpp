// SPDX-License-Identifier: Apache-2.0
#include "fairlead/git/repository.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/git/git_world.hpp"

namespace fairlead::git {
namespace {

using testing::ElementsAre;

struct GitRepository : testing::Test, MirrorWorld {};

TEST_F(GitRepository, names_are_resolved_to_commits) {
  const auto first = origin.commit("a", "1");
  origin.git({"tag", "-a", "v1", "-m", "one"});
  origin.git({"branch", "old"});
  const auto second = origin.commit("a", "2");
  fetch();
  const auto repo = repository();
  const auto tag_object = Sha(origin.git({"rev-parse", "refs/tags/v1"}));
  ASSERT_NE(tag_object, first);
  for (const auto& name :
       {std::string("v1"), std::string("refs/tags/v1"), std::string("old"), first.str(), first.str().substr(0, 8), tag_object.str()}) {
    const auto found = repo.resolve(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->sha, first) << name;
  }
  EXPECT_EQ(repo.resolve("main")->sha, second);
  EXPECT_EQ(repo.resolve("main")->ref, "refs/heads/main");
  EXPECT_EQ(repo.resolve("v1")->ref, "refs/tags/v1");
  EXPECT_EQ(repo.resolve(first.str())->ref, "");
}

TEST_F(GitRepository, a_name_is_text_and_no_expression) {
  origin.commit("a", "1");
  origin.commit("a", "2");
  fetch();
  const auto repo = repository();
  for (const auto* name : {"main~1", "main^", "HEAD", "@", "main@{0}", "", "../main", "refs/heads/../heads/main", ":/change", "main:a",
                           "0000000", "0000000000000000000000000000000000000000"})
    EXPECT_FALSE(repo.resolve(name)) << name;
}

TEST_F(GitRepository, a_branch_wins_over_a_tag_and_a_short_id) {
  const auto first = origin.commit("a", "1");
  origin.git({"tag", "same"});
  const auto second = origin.commit("a", "2");
  origin.git({"branch", "same"});
  origin.git({"update-ref", "refs/heads/" + first.str().substr(0, 7), second.str()});
  fetch();
  EXPECT_EQ(repository().resolve("same")->ref, "refs/heads/same");
  EXPECT_EQ(repository().resolve(first.str().substr(0, 7))->sha, second);
}

TEST_F(GitRepository, a_commit_tells_who_when_and_what) {
  const auto first = origin.commit("a", "1");
  origin.write("a", "2");
  const auto second = origin.commit("Über\n\nbody");
  fetch();
  const auto commit = repository().commit(second);
  EXPECT_EQ(commit.sha, second);
  EXPECT_EQ(commit.message, "Über\n\nbody\n");
  EXPECT_EQ(commit.author.name, "Dev");
  EXPECT_EQ(commit.committer.email, "dev@example.com");
  EXPECT_THAT(commit.parents, ElementsAre(first));
  EXPECT_EQ(format_time(commit.time).substr(0, 13), "2026-01-01T00");
  EXPECT_EQ(error_of([&] { repository().commit(Sha(std::string(40, 'a'))); }).kind(), ErrorKind::not_found);
}

TEST_F(GitRepository, files_are_read_at_a_commit) {
  const auto first = origin.commit("ci/pipe.yml", "one");
  std::filesystem::create_symlink("ci/pipe.yml", origin.folder() / "link");
  const auto second = origin.commit("ci/pipe.yml", "two");
  fetch();
  const auto repo = repository();
  EXPECT_EQ(repo.read_file(first, "ci/pipe.yml"), "one");
  EXPECT_EQ(repo.read_file(second, "ci/pipe.yml"), "two");
  for (const auto* path : {"none", "ci/none", "ci/pipe.yml/x", "", "/ci/pipe.yml", "ci//pipe.yml", "ci/../ci/pipe.yml", "./ci/pipe.yml"})
    EXPECT_FALSE(repo.read_file(second, path)) << path;
  EXPECT_EQ(error_of([&] { repo.read_file(second, "ci"); }).message(), "ci at " + second.str() + " is not a file but a folder");
  EXPECT_EQ(error_of([&] { repo.read_file(second, "link"); }).kind(), ErrorKind::invalid);
  EXPECT_EQ(error_of([&] { repo.read_file(second, "ci/pipe.yml", 2); }).kind(), ErrorKind::too_large);
}

TEST_F(GitRepository, refs_are_listed_newest_first_with_tags_peeled) {
  const auto first = origin.commit("a", "1");
  origin.git({"branch", "old"});
  origin.git({"tag", "-a", "v1", "-m", "one"});
  const auto second = origin.commit("a", "2");
  origin.git({"tag", "v2"});
  fetch();
  const auto branches = repository().branches();
  ASSERT_EQ(branches.size(), 2u);
  EXPECT_EQ(branches[0].name, "main");
  EXPECT_EQ(branches[0].subject, "change a");
  EXPECT_EQ(branches[1].name, "old");
  EXPECT_EQ(branches[1].sha, first);
  const auto tags = repository().tags();
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0].name, "v2");
  EXPECT_EQ(tags[1].sha, first);
  EXPECT_EQ(repository().tags(1).size(), 1u);
  EXPECT_EQ(tags[0].sha, second);
}

TEST_F(GitRepository, ancestors_are_told) {
  const auto first = origin.commit("a", "1");
  const auto second = origin.commit("a", "2");
  fetch();
  EXPECT_TRUE(repository().is_ancestor(first, second));
  EXPECT_TRUE(repository().is_ancestor(first, first));
  EXPECT_FALSE(repository().is_ancestor(second, first));
  EXPECT_FALSE(repository().is_ancestor(Sha(std::string(40, 'a')), first));
}

TEST_F(GitRepository, an_empty_mirror_answers_that_nothing_is_there) {
  const auto repo = repository();
  EXPECT_FALSE(repo.resolve("main"));
  EXPECT_FALSE(repo.has(Sha(std::string(40, 'a'))));
  EXPECT_TRUE(repo.branches().empty());
  EXPECT_EQ(repo.packs(), 0u);
}

TEST_F(GitRepository, a_mirror_whose_making_was_cut_short_is_made_again) {
  make_folders(mirror.folder());
  write_file(mirror.folder() / "config.lock", "");
  write_file(mirror.folder() / "HEAD.lock", "");
  origin.commit("a", "1");
  fetch();
  EXPECT_TRUE(repository().resolve("main"));
}

TEST_F(GitRepository, what_an_earlier_server_was_making_is_removed) {
  auto other = mirror.folder();
  other += ".new-0-half";
  make_folders(other);
  origin.commit("a", "1");
  fetch();
  EXPECT_FALSE(std::filesystem::exists(other));
  const auto beside = std::filesystem::directory_iterator(mirror.folder().parent_path());
  for (const auto& entry : beside) EXPECT_FALSE(entry.path().string().contains(".new-")) << entry.path();
}

struct GitChanges : GitRepository {
  std::vector<std::string> paths(const std::string& before, const Sha& after, const std::string& ref = "refs/heads/main") {
    const auto changes = repository().changed_paths({before, after, ref, "main"});
    return changes ? changes->paths : std::vector<std::string>{"? " + changes.error()};
  }
};

TEST_F(GitChanges, a_push_changed_what_the_two_trees_differ_in) {
  origin.write("keep", "k");
  origin.write("gone", "g");
  origin.write("docs/old.md", "same content that moves");
  origin.write("mode.sh", "x");
  const auto before = origin.commit("before");
  std::filesystem::remove(origin.folder() / "gone");
  std::filesystem::rename(origin.folder() / "docs/old.md", origin.folder() / "new.md");
  std::filesystem::permissions(origin.folder() / "mode.sh", std::filesystem::perms::all);
  const auto after = origin.commit("after");
  fetch();
  EXPECT_THAT(paths(before.str(), after), ElementsAre("docs/old.md", "gone", "mode.sh", "new.md"));
  EXPECT_THAT(paths(after.str(), after), ElementsAre());
}

TEST_F(GitChanges, five_thousand_files_are_all_told) {
  const auto before = origin.commit("a", "1");
  const auto blob = origin.git({"rev-parse", "HEAD:a"});
  std::string entries;
  for (int i = 0; i < 5000; ++i) entries += "100644 blob " + blob + "\t" + std::to_string(i) + "\n";
  entries += "100644 blob " + blob + "\ta\n";
  const auto after = Sha(origin.git({"commit-tree", "-m", "many", "-p", before.str(), origin.git({"mktree"}, {}, entries)}));
  origin.git({"update-ref", "refs/heads/main", after.str()});
  fetch();
  EXPECT_EQ(paths(before.str(), after).size(), 5000u);
}

TEST_F(GitChanges, a_new_branch_is_compared_with_where_it_left_the_default_branch) {
  origin.commit("a", "1");
  origin.git({"checkout", "-q", "-b", "feature"});
  origin.commit("b", "1");
  const auto tip = origin.commit("c", "1");
  origin.git({"checkout", "-q", "main"});
  origin.commit("d", "1");
  fetch();
  const std::string zero(40, '0');
  EXPECT_THAT(paths(zero, tip, "refs/heads/feature"), ElementsAre("b", "c"));
  EXPECT_THAT(paths("", tip, "refs/heads/feature"), ElementsAre("b", "c"));
}

TEST_F(GitChanges, what_cannot_be_told_has_a_reason) {
  const auto first = origin.commit("a", "1");
  const auto second = origin.commit("a", "2");
  origin.git({"checkout", "-q", "--orphan", "other"});
  const auto alone = origin.commit("b", "1");
  fetch();
  const std::string zero(40, '0');
  EXPECT_THAT(paths(zero, second), ElementsAre("? it is the first push of the default branch"));
  EXPECT_THAT(paths(zero, first, "refs/heads/x"), ElementsAre("? the branch is new and has no commit that main lacks"));
  EXPECT_THAT(paths(zero, alone, "refs/heads/other"), ElementsAre("? the branch is new and shares no history with main"));
  EXPECT_THAT(paths(std::string(40, 'a'), second)[0], testing::HasSubstr("is not in the repository any more"));
  EXPECT_EQ(error_of([&] { paths(zero, Sha(std::string(40, 'b'))); }).kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace fairlead::git
