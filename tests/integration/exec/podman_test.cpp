// SPDX-License-Identifier: Apache-2.0
// Jobs in real containers: podman, an image made of a static busybox, nothing from the network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "exec/container/job_container.hpp"
#include "exec/container/tool.hpp"
#include "exec/job/supervisor_link.hpp"
#include "fairlead/base/json.hpp"
#include "unit/exec/jobs.hpp"

namespace fairlead::exec {
namespace {

using engine::State;
using ::testing::HasSubstr;

constexpr const char* image = "localhost/fairlead-integration:1";
constexpr const char* busybox = "/bin/busybox";

/// What works as root without systemd and without cgroup v2, too.
constexpr const char* settings = R"([engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
[containers]
default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
)";

constexpr const char* recipe = R"(FROM scratch
COPY . /
ENV PATH=/bin GREETING=from-image
CMD ["sh", "-c", "mkdir -p /www; echo \"$DB_PASSWORD\" > /www/x; exec httpd -f -p 127.0.0.1:5432 -h /www"]
)";

class Podman : public ::testing::Test {
 protected:
  static inline std::string missing;
  static inline std::unique_ptr<TempFolder> folder;

  static void SetUpTestSuite() {
    folder = std::make_unique<TempFolder>();
    if (::access("/usr/bin/podman", X_OK) != 0)
      missing = "podman is not installed";
    else if (::access(busybox, X_OK) != 0)
      missing = "/bin/busybox (package busybox-static) is not installed";
    if (!missing.empty()) return;
    write_file(folder->path() / "containers.conf", settings);
    ::setenv("CONTAINERS_CONF", (folder->path() / "containers.conf").c_str(), 1);
    const auto root = folder->path() / "image";
    for (const auto* name : {"bin", "tmp", "etc"}) make_folders(root / name);
    std::filesystem::copy_file(busybox, root / "bin/busybox");
    for (const auto* name : {"sh", "cat", "echo", "sleep", "ls", "pwd", "env", "touch", "test", "httpd", "wget", "id", "mkdir", "ps"}) {
      std::filesystem::create_symlink("busybox", root / "bin" / name);
    }
    write_file(root / "etc/passwd", "root:x:0:0:root:/:/bin/sh\nnode:x:1000:1000:node:/:/bin/sh\n");
    write_file(root / "Dockerfile", recipe);
    const auto built = std::system(("podman build -q -t " + std::string(image) + " " + root.string() + " > /dev/null").c_str());
    if (built != 0) missing = "podman cannot build an image here";
  }
  static void TearDownTestSuite() { folder.reset(); }

  void SetUp() override {
    if (!missing.empty()) GTEST_SKIP() << missing;
    jobs_.parts().container_program = "podman";
    jobs_.plan.container = {{"image", image}, {"options", ""}, {"user", ""}, {"network", ""}};
  }

  bool any_left() {
    const ContainerTool tool("podman");
    const auto found =
        jobs_.wait(tool.run({"ps", "-aq", "--filter", "label=fairlead.job=" + container_name(jobs_.spec().key)}, std::chrono::seconds(30)));
    return !found.out.empty();
  }

  Jobs jobs_;
};

TEST_F(Podman, StepsShareTheContainerTheWorkspaceAndItsEnvironment) {
  const auto host = jobs_.open(jobs_.spec());
  const auto outcome = jobs_.run(
      *host, 0, "cat README; echo $GREETING; touch /made-by-step-0; echo n=1 > $FAIRLEAD_OUTPUT; echo x > $HOME/h; ps | head -2 || true");
  EXPECT_EQ(outcome.state, State::succeeded) << jobs_.log(0);
  EXPECT_EQ(outcome.outputs.at("n"), "1");
  EXPECT_THAT(jobs_.log(0), HasSubstr("hello\nfrom-image\n"));
  EXPECT_EQ(jobs_.run(*host, 1, "test -e /made-by-step-0").state, State::succeeded);
  EXPECT_FALSE(std::filesystem::exists("/made-by-step-0"));
  jobs_.close(*host);
  EXPECT_FALSE(any_left());
}

TEST_F(Podman, AStepGoesOnWhileTheServerIsAway) {
  {
    auto host = jobs_.open(jobs_.spec());
    jobs_.start([](engine::JobHost* job) -> Awaitable<void> {
      engine::ProcessSpec process;
      process.script = "echo begin; while ! test -e gate; do sleep 0.02; done; echo end";
      co_await job->run(process);
    }(host.get()));
    jobs_.wait([](std::filesystem::path log) -> Awaitable<void> {
      while (!std::filesystem::exists(log)) co_await sleep_for(std::chrono::milliseconds(5));
    }(jobs_.folder() / "0/log"));
    host.reset();
    jobs_.restart();
  }
  const auto host = jobs_.open(jobs_.spec());
  write_file(host->workspace() / "gate", "");
  EXPECT_EQ(jobs_.run(*host, 0, "echo never").state, State::succeeded);
  EXPECT_EQ(jobs_.log(0), "begin\nend\n");
  jobs_.close(*host);
}

TEST_F(Podman, AServiceIsReachedByItsName) {
  jobs_.plan.services = {{"db",
                          {{"image", image},
                           {"env", {{"DB_PASSWORD", {{"$secret", "PW"}}}}},
                           {"ready", "wget -q -O /dev/null http://127.0.0.1:5432/x"},
                           {"options", ""}}}};
  auto spec = jobs_.spec();
  spec.secrets.emplace("PW", Secret("pw-of-the-database"));
  const auto host = jobs_.open(spec);
  EXPECT_EQ(jobs_.run(*host, 0, "wget -q -O - http://db:5432/x").state, State::succeeded) << jobs_.log(0);
  EXPECT_THAT(jobs_.log(0), HasSubstr("service db is ready\n***\n"));
  jobs_.close(*host);
  EXPECT_FALSE(any_left());
}

TEST_F(Podman, AnotherUserMayWriteToTheWorkspace) {
  jobs_.plan.container["user"] = "node";
  const auto host = jobs_.open(jobs_.spec());
  EXPECT_EQ(jobs_.run(*host, 0, "id -u; echo x > new; echo y >> README; echo o=1 > $FAIRLEAD_OUTPUT").outputs.size(), 1u) << jobs_.log(0);
  EXPECT_THAT(jobs_.log(0), HasSubstr("1000\n"));
  jobs_.close(*host);
}

TEST_F(Podman, CancelEndsWhatRunsInIt) {
  const auto host = jobs_.open(jobs_.spec());
  jobs_.start([](engine::JobHost* job, std::filesystem::path log) -> Awaitable<void> {
    while (!std::filesystem::exists(log)) co_await sleep_for(std::chrono::milliseconds(5));
    job->cancel("enough");
  }(host.get(), jobs_.folder() / "0/log"));
  EXPECT_EQ(jobs_.run(*host, 0, "trap '' TERM; echo up; while :; do sleep 100; done").state, State::canceled);
  EXPECT_EQ(jobs_.run(*host, 1, "echo cleanup").state, State::succeeded);
  jobs_.close(*host);
}

TEST_F(Podman, AnImageThatIsNowhereIsSaid) {
  jobs_.plan.container["image"] = "localhost/fairlead-no-such-image:1";
  try {
    jobs_.open(jobs_.spec());
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("pulling the image localhost/fairlead-no-such-image:1: podman ended with exit 125"));
  }
}

}  // namespace
}  // namespace fairlead::exec
