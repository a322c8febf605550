// SPDX-License-Identifier: Apache-2.0
// What a job keeps and gets back: artifacts, caches, reports, hashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/keep/cache.hpp"
#include "exec/keep/closing.hpp"
#include "exec/keep/files.hpp"
#include "exec/keep/reports.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/exec/artifacts.hpp"
#include "unit/exec/jobs.hpp"

namespace fairlead::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void put(const std::filesystem::path& path, const std::string& content) {
  make_folders(path.parent_path());
  write_file(path, content);
}

TEST(MatchingFiles, AreAnchoredSortedAndWithoutGit) {
  const TempFolder folder;
  for (const auto* name : {"a.txt", "dist/b.js", "dist/deep/c.js", "dist/deep/c.map", ".git/config", "sub/.git/x"})
    put(folder.path() / name, "");
  EXPECT_THAT(matching_files(folder.path(), {"**"}), ElementsAre("a.txt", "dist/b.js", "dist/deep/c.js", "dist/deep/c.map", "sub/.git/x"));
  EXPECT_THAT(matching_files(folder.path(), {"dist/"}), ElementsAre("dist/b.js", "dist/deep/c.js", "dist/deep/c.map"));
  EXPECT_THAT(matching_files(folder.path(), {"./dist/**", "!**/*.map"}), ElementsAre("dist/b.js", "dist/deep/c.js"));
  EXPECT_THAT(matching_files(folder.path(), {"*.txt", "dist/*.js"}), ElementsAre("a.txt", "dist/b.js"));
  EXPECT_THAT(matching_files(folder.path(), {"../**", "/etc/*", "none"}), IsEmpty());
}

TEST(HashFiles, DependsOnNamesAndContentsOnly) {
  const TempFolder one, two;
  for (const auto* folder : {&one, &two}) {
    put(folder->path() / "b/lock", "2");
    put(folder->path() / "a/lock", "1");
  }
  const auto hash = hash_files(one.path(), {"**/lock"});
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash, hash_files(two.path(), {"**/lock"}));
  put(two.path() / "a/lock", "3");
  EXPECT_NE(hash, hash_files(two.path(), {"**/lock"}));
  EXPECT_EQ(hash_files(one.path(), {"nothing"}), "");
}

TEST(Artifacts, AreKeptAndRestoredInALaterJob) {
  Jobs jobs;
  jobs.plan.artifacts = {{"dist", {"dist/**"}}, {"nothing", {"none/**"}}};
  const auto host = jobs.open(jobs.spec());
  jobs.run(*host, 0, "mkdir -p dist/x; echo built > dist/x/app");
  const auto results = jobs.close(*host);
  EXPECT_THAT(results.artifacts, ElementsAre("dist"));
  EXPECT_THAT(results.warnings, ElementsAre(HasSubstr("nothing: no file matches")));
  const auto artifact = find_artifact(jobs.data(), RunId("run-1"), "unit", "dist");
  ASSERT_TRUE(artifact);
  EXPECT_EQ(artifact->files, 1);
  EXPECT_EQ(artifact->size, static_cast<std::int64_t>(std::filesystem::file_size(artifact->path)));
  EXPECT_EQ(find_artifact(jobs.data(), RunId("run-1"), "unit", "../../x"), std::nullopt);

  auto spec = jobs.spec();
  spec.key.job = "deploy (eu)";
  spec.artifacts_from = {{spec.key.run, "unit"}, {spec.key.run, "lint"}};
  jobs.plan.folder = "deploy";
  jobs.plan.artifacts.clear();
  spec.job = std::make_shared<pipeline::PlanJob>(jobs.plan);
  const auto later = jobs.open(spec);
  EXPECT_EQ(read_file(later->workspace() / "dist/x/app"), "built\n");
  const auto log = read_file(jobs.data() / "runs/run-1/deploy/0/log");
  EXPECT_THAT(log, HasSubstr("artifact dist of unit: 1 files"));
  EXPECT_THAT(log, HasSubstr("job lint kept no artifacts"));
}

TEST(Artifacts, ClosingAgainGivesTheRecordedResults) {
  Jobs jobs;
  jobs.plan.artifacts = {{"dist", {"dist"}}};
  jobs.plan.reports = {{"junit", {"*.xml"}}};
  {
    const auto host = jobs.open(jobs.spec());
    jobs.run(*host, 0, "echo 1 > dist; echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml");
    jobs.close(*host);
  }
  jobs.restart();
  const auto host = jobs.open(jobs.spec());
  const auto results = jobs.close(*host);
  EXPECT_THAT(results.artifacts, ElementsAre("dist"));
  EXPECT_EQ(results.reports->at("junit").at("tests"), 1);
}

TEST(CacheStore, IsWrittenOnceAndFoundByKeyOrPrefix) {
  const TempFolder data, base, home;
  const CacheStore store(data.path(), 1 << 30);
  const CacheRoots roots{base.path(), home.path()};
  put(home.path() / ".npm/x", "1");
  put(base.path() / "node_modules/y", "2");
  EXPECT_TRUE(store.save("shop", "npm-1", {"~/.npm", "node_modules"}, roots));
  put(home.path() / ".npm/x", "changed");
  EXPECT_FALSE(store.save("shop", "npm-1", {"~/.npm"}, roots));
  remove_tree(home.path() / ".npm");
  remove_tree(base.path() / "node_modules");
  EXPECT_EQ(store.find("shop", "npm-2", {}), std::nullopt);
  EXPECT_EQ(store.find("other", "npm-1", {"npm-"}), std::nullopt);
  const auto found = store.find("shop", "npm-2", {"yarn-", "npm-"});
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->exact);
  EXPECT_THAT(store.restore(*found, roots), IsEmpty());
  EXPECT_EQ(read_file(home.path() / ".npm/x"), "1");
  EXPECT_EQ(read_file(base.path() / "node_modules/y"), "2");
  EXPECT_TRUE(store.find("shop", "npm-1", {})->exact);
  EXPECT_THROW(store.save("shop", "bad", {"/etc"}, roots), Error);
  EXPECT_THROW(store.save("shop", "bad", {"../x"}, roots), Error);
}

TEST(CacheStore, TheLeastRecentlyUsedGoFirst) {
  const TempFolder data, base;
  const CacheRoots roots{base.path(), base.path()};
  std::string noise;
  for (int i = 0; i < 3000; ++i) noise += std::to_string(i * 7919 % 10007);
  put(base.path() / "x", noise);
  const CacheStore large(data.path(), 1 << 30);
  large.save("shop", "old", {"x"}, roots);
  large.save("shop", "used", {"x"}, roots);
  const auto old = large.find("shop", "old", {})->archive;
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(old));
  CacheStore(data.path(), size * 5 / 2).save("shop", "new", {"x"}, roots);
  EXPECT_FALSE(large.find("shop", "old", {}));
  EXPECT_TRUE(large.find("shop", "used", {}));
  EXPECT_TRUE(large.find("shop", "new", {}));
}

TEST(Cache, IsSavedBySuccessfulTrustedJobsOnly) {
  for (const auto& [succeeded, trusted, kept] : {std::tuple{true, true, true}, {false, true, false}, {true, false, false}}) {
    Jobs jobs;
    jobs.plan.cache = Json::array({{{"key", "k"}, {"paths", {"deps"}}, {"restore-keys", Json::array()}}});
    auto spec = jobs.spec();
    spec.trusted = trusted;
    const auto host = jobs.open(spec);
    jobs.run(*host, 0, "mkdir deps; echo 1 > deps/x");
    jobs.close(*host, succeeded);
    EXPECT_EQ(CacheStore(jobs.data(), 1 << 30).find("shop", "k", {}).has_value(), kept);
    spec.key.attempt = 2;
    const auto next = jobs.open(spec);
    EXPECT_EQ(std::filesystem::exists(next->workspace() / "deps/x"), kept);
  }
}

TEST(Reports, CountTestsAndKeepTheFailedOnes) {
  const TempFolder folder;
  put(folder.path() / "a.xml", R"(<testsuites><testsuite><testcase name="one" classname="C" time="0.5"/>
    <testcase name="two" classname="C" time="1.5"><failure message="expected hunter2hunter2">at line 3</failure></testcase>
    <testsuite><testcase name="three"><skipped/></testcase></testsuite></testsuite></testsuites>)");
  put(folder.path() / "b.xml", R"(<testsuite><testcase name="four"><error>boom</error></testcase></testsuite>)");
  put(folder.path() / "c.xml", "<html>");
  put(folder.path() / "d.xml", "<other/>");
  put(folder.path() / "cov/cobertura.xml", R"(<coverage line-rate="0.5" lines-covered="873" lines-valid="1000"/>)");
  const MaskPatterns patterns({"hunter2hunter2"});
  std::vector<std::string> remarks;
  const auto json = read_reports(folder.path(), {{"junit", {"*.xml"}}, {"coverage", {"cov/*.xml"}}}, patterns, remarks);
  EXPECT_EQ(json.at("junit").at("tests"), 4);
  EXPECT_EQ(json.at("junit").at("failed"), 2);
  EXPECT_EQ(json.at("junit").at("skipped"), 1);
  EXPECT_EQ(json.at("junit").at("cases").at(0).at("message"), "expected ***\nat line 3");
  EXPECT_EQ(json.at("junit").at("cases").at(1).at("name"), "four");
  EXPECT_EQ(json.at("coverage").at("lines"), 87.3);
  EXPECT_EQ(remarks.size(), 2u);
}

TEST(Reports, AHostileReportIsHarmless) {
  const TempFolder folder;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<testsuite>";
  put(folder.path() / "deep.xml", deep);
  std::string many = "<testsuite>";
  for (int i = 0; i < 5000; ++i) many += "<testcase name='x'><failure message='" + std::string(100, 'y') + "'/></testcase>";
  put(folder.path() / "many.xml", many + "</testsuite>");
  put(folder.path() / "bomb.xml",
      R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>)");
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "link.xml");
  std::vector<std::string> remarks;
  const auto json = read_reports(folder.path(), {{"junit", {"*.xml"}}}, MaskPatterns({}), remarks);
  EXPECT_EQ(json.at("junit").at("failed"), 5000);
  EXPECT_EQ(json.at("junit").at("cases").size(), 100u);
}

}  // namespace
}  // namespace fairlead::exec
