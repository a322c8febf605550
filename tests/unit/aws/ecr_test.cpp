// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/ecr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "fairlead/base/json.hpp"

namespace fairlead::aws::ecr {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A registry with one image.
class OneImage : public Aws {
 public:
  Json manifest;
  bool there = true, may_download = true;
  std::vector<std::string> asked;
  Awaitable<Json> call(Scope, std::string operation, Json params, CallOptions) override {
    asked.push_back(operation);
    if (operation == "ecr:GetDownloadUrlForLayer") {
      if (!may_download) throw AwsError(ErrorKind::refused, "denied", "", {.failure = Failure::denied});
      co_return Json{{"downloadUrl", "https://layers.example/" + text_at(params, "layerDigest")}};
    }
    if (!there) co_return Json{{"images", Json::array()}, {"failures", Json::array({{{"failureCode", "ImageNotFound"}}})}};
    co_return Json{{"images", Json::array({{{"imageManifest", dump(manifest)}}})}};
  }
};

class EcrPlatforms : public testing::Test {
 protected:
  Platforms ask(const std::string& blob, bool fetches = true) {
    Fetch fetch;
    if (fetches) fetch = [this, blob](std::string asked_for) { return fetched(*this, blob, std::move(asked_for)); };
    Platforms result;
    std::exception_ptr failed;
    auto keep = [](OneImage& from, Fetch with, Platforms& out) -> Awaitable<void> {
      const Image image{.registry = "111122223333", .region = "eu-west-1", .host = "", .repository = "shop", .tag = "", .digest = ""};
      out = co_await platforms_of(from, {}, image, "sha256:12", std::move(with));
    };
    asio::co_spawn(io, keep(aws, std::move(fetch), result), [&](std::exception_ptr e) { failed = std::move(e); });
    io.restart();
    io.run();
    if (failed) std::rethrow_exception(failed);
    return result;
  }
  static Awaitable<std::string> fetched(EcrPlatforms& test, std::string blob, std::string asked_for) {
    test.url = std::move(asked_for);
    co_return blob;
  }

  asio::io_context io;
  OneImage aws;
  std::string url;
};

TEST_F(EcrPlatforms, of_an_index_are_those_of_its_variants) {
  aws.manifest = parse_json(R"({"manifests":[{"platform":{"architecture":"amd64"}},{"platform":{"architecture":"unknown"}},
                                             {"platform":{"architecture":"arm64"}}]})");
  EXPECT_THAT(ask("").architectures, ElementsAre("amd64", "arm64"));
  EXPECT_THAT(aws.asked, ElementsAre("ecr:BatchGetImage")) << "an index says it itself";
}

TEST_F(EcrPlatforms, of_a_single_image_is_what_its_configuration_says) {
  aws.manifest = Json{{"config", {{"digest", "sha256:34"}}}};
  EXPECT_THAT(ask(R"({"architecture":"arm64","os":"linux"})").architectures, ElementsAre("arm64"));
  EXPECT_EQ(url, "https://layers.example/sha256:34");
}

TEST_F(EcrPlatforms, that_cannot_be_told_are_none) {
  aws.manifest = Json{{"config", {{"digest", "sha256:34"}}}};
  EXPECT_THAT(ask("no json").architectures, IsEmpty());
  EXPECT_THAT(ask(R"({"architecture":"arm64"})", false).architectures, IsEmpty());
  aws.may_download = false;
  const Platforms denied = ask("");
  EXPECT_THAT(denied.architectures, IsEmpty());
  EXPECT_FALSE(denied.missing);
}

TEST_F(EcrPlatforms, of_an_image_that_a_lifecycle_policy_removed_is_missing) {
  aws.there = false;
  EXPECT_TRUE(ask("").missing);
}

}  // namespace
}  // namespace fairlead::aws::ecr
