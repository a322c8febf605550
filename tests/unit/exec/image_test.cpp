// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/image/commands.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "unit/exec/jobs.hpp"

namespace fairlead::exec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

constexpr const char* commit = "0123456789abcdef0123456789abcdef01234567";
const std::string digest = "sha256:" + std::string(64, 'a');

ImagePlace place() {
  ImagePlace at;
  at.host = "reg.example.com";
  at.local = "localhost/fairlead-1:0";
  at.commit = commit;
  return at;
}

ImageWish wish(Json with) {
  with["repository"] = "team/api";
  return read_image_wish(with, commit);
}

std::string refusal(Json with) {
  try {
    read_image_wish(with, commit);
  } catch (const Error& error) {
    return error.message();
  }
  return "taken";
}

TEST(ImageWish, HasTheDefaultsOfTheLanguage) {
  const auto found = wish(Json::object());
  EXPECT_EQ(found.file(), "Dockerfile");
  EXPECT_EQ(found.context, ".");
  EXPECT_THAT(found.tags, ElementsAre("0123456"));
  EXPECT_TRUE(found.push);
  EXPECT_TRUE(found.is_ecr());
  EXPECT_EQ(wish({{"context", "api/"}}).file(), "api/Dockerfile");
  EXPECT_EQ(wish({{"context", "api"}, {"dockerfile", "ci/Dockerfile"}}).file(), "ci/Dockerfile");
  EXPECT_EQ(wish({{"context", "-f"}}).context, "./-f");
}

TEST(ImageWish, RefusesWhatARegistryWouldRefuse) {
  EXPECT_THAT(refusal({{"repository", "Api"}}), HasSubstr("\"Api\" is not a name that a registry takes"));
  EXPECT_THAT(refusal({{"repository", "a//b"}}), HasSubstr("not a name"));
  EXPECT_THAT(refusal({{"repository", "ghcr.io/a/b"}}), HasSubstr("begins with a host"));
  EXPECT_THAT(refusal({{"repository", "a"}, {"tags", {"feature/x"}}}), HasSubstr("tag \"feature/x\""));
  EXPECT_THAT(refusal({{"repository", "a"}, {"tags", {"-x"}}}), HasSubstr("tag \"-x\""));
  EXPECT_THAT(refusal({{"repository", "a"}, {"registry", "https://x"}}), HasSubstr("neither ecr nor a host"));
  EXPECT_THAT(refusal({{"repository", "a"}, {"args", {{"T", {{"$secret", "TOKEN"}}}}}}), HasSubstr("would be stored in the image"));
  EXPECT_THAT(refusal({{"repository", "a"}, {"user", "me"}}), HasSubstr("belong together"));
  EXPECT_THAT(refusal({{"repository", "a"}, {"user", "me"}, {"password", "plain"}}), HasSubstr("the password is a secret"));
  EXPECT_EQ(refusal({{"repository", "a"}, {"user", "me"}, {"password", ""}}), "taken");
}

TEST(ImageCommands, PodmanBuildsUnderANameOfItsOwnAndPushesThat) {
  const auto it = wish({{"target", "app"},
                        {"args", {{"V", "1"}}},
                        {"secrets", {"NPM_TOKEN"}},
                        {"platforms", {"linux/amd64"}},
                        {"tags", {"v1", "latest"}},
                        {"cache-from", {"reg.example.com/team/api:latest"}}});
  auto at = place();
  at.source = "https://git.example.com/team/api";
  at.created = Time(std::chrono::seconds(1700000000));
  EXPECT_THAT(build_commands(ImageTool::podman, it, at),
              ElementsAre(ImageCommand{Words{"podman",
                                             "build",
                                             "--file",
                                             "Dockerfile",
                                             "--tag",
                                             "localhost/fairlead-1:0",
                                             "--tag",
                                             "reg.example.com/team/api:v1",
                                             "--tag",
                                             "reg.example.com/team/api:latest",
                                             "--platform",
                                             "linux/amd64",
                                             "--target",
                                             "app",
                                             "--build-arg",
                                             "V=1",
                                             "--secret",
                                             "id=NPM_TOKEN,env=NPM_TOKEN",
                                             "--label",
                                             "org.opencontainers.image.created=2023-11-14T22:13:20.000Z",
                                             "--label",
                                             std::string("org.opencontainers.image.revision=") + commit,
                                             "--label",
                                             "org.opencontainers.image.source=https://git.example.com/team/api",
                                             "--cache-from",
                                             "reg.example.com/team/api",
                                             "--cache-to",
                                             "reg.example.com/team/api",
                                             "."}}));
  EXPECT_THAT(push_commands(ImageTool::podman, it, at),
              ElementsAre(ImageCommand{Words{"podman", "push", "--digestfile", "@work/found", "localhost/fairlead-1:0",
                                             "docker://reg.example.com/team/api:v1"}},
                          ImageCommand{Words{"podman", "push", "--digestfile", "@work/found", "localhost/fairlead-1:0",
                                             "docker://reg.example.com/team/api:latest"}},
                          ImageCommand{Words{"podman", "untag", "localhost/fairlead-1:0"}, true, {}}));
}

TEST(ImageCommands, PodmanMakesAListOfSeveralPlatforms) {
  auto at = place();
  at.tls = false;
  const auto it = wish({{"platforms", {"linux/amd64", "linux/arm64"}}});
  const auto build = build_commands(ImageTool::podman, it, at);
  ASSERT_EQ(build.size(), 2u);
  EXPECT_EQ(build[0], (ImageCommand{Words{"podman", "manifest", "rm", "localhost/fairlead-1:0"}, true, {}}));
  EXPECT_THAT(build[1].argv, ElementsAre("podman", "build", "--file", "Dockerfile", "--tls-verify=false", "--manifest",
                                         "localhost/fairlead-1:0", "--platform", "linux/amd64,linux/arm64", "--label",
                                         std::string("org.opencontainers.image.revision=") + commit, "."));
  EXPECT_THAT(push_commands(ImageTool::podman, it, at)[0].argv,
              ElementsAre("podman", "manifest", "push", "--all", "--tls-verify=false", "--digestfile", "@work/found",
                          "localhost/fairlead-1:0", "docker://reg.example.com/team/api:0123456"));
}

TEST(ImageCommands, BuildxLoadsOneImageAndPushesAList) {
  const auto one = wish({{"cache-from", {"reg.example.com/team/api:latest"}}});
  EXPECT_THAT(
      build_commands(ImageTool::buildx, one, place())[0].argv,
      ElementsAre("docker", "buildx", "build", "--file", "Dockerfile", "--tag", "localhost/fairlead-1:0", "--tag",
                  "reg.example.com/team/api:0123456", "--load", "--label", std::string("org.opencontainers.image.revision=") + commit,
                  "--cache-from", "type=registry,ref=reg.example.com/team/api:latest", "--cache-to", "type=inline", "."));
  EXPECT_THAT(push_commands(ImageTool::buildx, one, place()),
              ElementsAre(ImageCommand{Words{"docker", "tag", "localhost/fairlead-1:0", "reg.example.com/team/api:0123456"}},
                          ImageCommand{Words{"docker", "push", "reg.example.com/team/api:0123456"}},
                          ImageCommand{Words{"cat", "@work/said"}, false, "@work/found"},
                          ImageCommand{Words{"docker", "image", "inspect", "--format", "{{.Id}}", "localhost/fairlead-1:0",
                                             "reg.example.com/team/api:0123456"},
                                       false, "@work/found"},
                          ImageCommand{Words{"docker", "rmi", "--no-prune", "localhost/fairlead-1:0"}, true, {}}));
  const auto many = wish({{"platforms", {"linux/amd64", "linux/arm64"}}});
  EXPECT_THAT(build_commands(ImageTool::buildx, many, place())[0].argv,
              ElementsAre("docker", "buildx", "build", "--file", "Dockerfile", "--tag", "reg.example.com/team/api:0123456", "--push",
                          "--metadata-file", "@work/found", "--platform", "linux/amd64,linux/arm64", "--label",
                          std::string("org.opencontainers.image.revision=") + commit, "."));
  EXPECT_THAT(push_commands(ImageTool::buildx, many, place()), IsEmpty());
}

TEST(ImageCommands, DockerWithoutBuildxSaysWhatItCannot) {
  EXPECT_THROW(build_commands(ImageTool::docker, wish({{"secrets", {"A"}}}), place()), Error);
  EXPECT_THROW(build_commands(ImageTool::docker, wish({{"platforms", {"linux/amd64", "linux/arm64"}}}), place()), Error);
  EXPECT_EQ(build_commands(ImageTool::docker, wish(Json::object()), place())[0].argv[1], "build");
}

TEST(ImageCommands, NothingIsPushedThatStaysHere) {
  auto at = place();
  at.push = false;
  EXPECT_THAT(push_commands(ImageTool::podman, wish(Json::object()), at), IsEmpty());
  const auto own = wish({{"cache-from", {"reg.example.com/team/api"}}});
  EXPECT_THAT(build_commands(ImageTool::podman, own, at)[0].argv, Not(::testing::Contains("--cache-to")));
}

TEST(ImageCommands, ThePasswordComesByStandardInput) {
  auto at = place();
  EXPECT_THAT(login_commands(ImageTool::podman, at), IsEmpty());
  at.user = "AWS";
  at.tls = false;
  const auto login = login_commands(ImageTool::podman, at);
  EXPECT_THAT(login, ElementsAre(ImageCommand{
                         Words{"podman", "login", "--username", "AWS", "--password-stdin", "--tls-verify=false", "reg.example.com"}}));
  EXPECT_THAT(image_script(ImageTool::podman, login, {}), HasSubstr("'reg.example.com' < \"$work/password\"\n"));
}

TEST(ImageResults, OnlyTheDigestOfThisImageCounts) {
  const auto id = "sha256:" + std::string(64, 'b') + "\n";
  const auto said = "The push refers to repository [x]\nv1: digest: " + digest + " size: 423\n";
  EXPECT_EQ(digest_in(digest), digest);
  EXPECT_EQ(digest_in(said + id + id), digest);
  EXPECT_EQ(digest_in(said + id + "sha256:" + std::string(64, 'c') + "\n"), std::nullopt) << "another build has moved the tag";
  EXPECT_EQ(digest_in(said + id + id + "v2: digest: sha256:" + std::string(64, 'd') + " size: 1\n"), std::nullopt);
  EXPECT_EQ(digest_in("{\n  \"containerimage.config.digest\": \"sha256:" + std::string(64, 'b') + "\",\n  \"containerimage.digest\": \"" +
                      digest + "\"\n}"),
            digest);
  EXPECT_EQ(digest_in("pushed\n" + id + id), std::nullopt) << "an id is no digest";
  EXPECT_EQ(digest_in("sha256:short"), std::nullopt);
  EXPECT_EQ(digest_in(""), std::nullopt);
}

TEST(ImageResults, TheTellingLineIsFound) {
  EXPECT_EQ(failure_words("Copying blob 1\nError: writing blob: denied: not authorized\n\nWriting manifest\n"),
            "Error: writing blob: denied: not authorized");
  EXPECT_EQ(failure_words("one\ntwo\n"), "two");
  EXPECT_EQ(failure_words(""), "");
}

/// The scripts under a real supervisor, with a stand-in for podman.
class ImageScript : public ::testing::Test {
 protected:
  engine::ProcessOutcome run(const std::string& script) {
    const auto host = jobs_.open(jobs_.spec());
    engine::ProcessSpec spec;
    spec.name = "push";
    spec.shell = "sh";
    spec.script = script;
    spec.env["PATH"] = tool_.path().string() + ":/usr/bin:/bin";
    spec.env["HERE"] = tool_.path().string();
    spec.env["TMPDIR"] = tool_.path().string();
    spec.secret_env["FAIRLEAD_REGISTRY_PASSWORD"] = Secret("opened-sesame");
    auto outcome = jobs_.run(*host, spec);
    jobs_.close(*host);
    return outcome;
  }
  void podman(const std::string& script) { write_file(tool_.path() / "podman", "#!/bin/sh\n" + script, 0755); }

  TempFolder tool_;
  Jobs jobs_;
};

TEST_F(ImageScript, LogsInPushesAndTellsTheDigest) {
  podman("case $1 in login) cat > \"$HERE/got\"; env > \"$HERE/env\";; push) shift 2; echo -n " + digest +
         " > \"$1\"; echo pushed; env >> \"$HERE/env\";; esac\n");
  auto at = place();
  at.user = "it's";
  const auto outcome = run(
      image_script(ImageTool::podman, login_commands(ImageTool::podman, at), push_commands(ImageTool::podman, wish(Json::object()), at)));
  EXPECT_EQ(outcome.state, engine::State::succeeded) << jobs_.log(0);
  EXPECT_EQ(digest_in(outcome.outputs.at("found")), digest);
  EXPECT_EQ(read_file(tool_.path() / "got"), "opened-sesame");
  EXPECT_THAT(read_file(tool_.path() / "env"), Not(HasSubstr("opened-sesame")));
  EXPECT_THAT(jobs_.log(0), HasSubstr("pushed"));
  for (const auto& entry : std::filesystem::directory_iterator(tool_.path()))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("fairlead-image"))) << "the private folder is left";
}

// genova W5: a push that the registry refused was logged as pushed.
TEST_F(ImageScript, APushThatIsRefusedFailsWithTheToolsWords) {
  podman("echo 'Copying blob'; echo 'Error: tag is immutable: denied' >&2; exit 125\n");
  const auto outcome = run(image_script(ImageTool::podman, {}, push_commands(ImageTool::podman, wish(Json::object()), place())));
  EXPECT_EQ(outcome.state, engine::State::failed);
  EXPECT_EQ(outcome.exit_code, 125);
  EXPECT_EQ(failure_words(outcome.outputs.at("said")), "Error: tag is immutable: denied");
}

TEST_F(ImageScript, FindsPodmanBeforeDocker) {
  podman("exit 0\n");
  write_file(tool_.path() / "docker", "#!/bin/sh\nexit 0\n", 0755);
  EXPECT_EQ(run(image_probe_script()).outputs.at("tool"), "podman");
}

}  // namespace
}  // namespace fairlead::exec
