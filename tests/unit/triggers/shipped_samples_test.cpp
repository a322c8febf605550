// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "fairlead/base/files.hpp"
#include "fairlead/triggers/match.hpp"
#include "fairlead/triggers/provider.hpp"
#include "fairlead/triggers/sample.hpp"

namespace fairlead::triggers {
namespace {

std::vector<std::filesystem::path> shipped() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(WEBHOOKS))
    if (entry.path().extension() == ".http") files.push_back(entry.path());
  return files;
}

TEST(ShippedSamples, each_is_a_delivery_that_starts_a_run_of_its_app) {
  AppIndex index({{.name = "shop-api", .repository = "git@github.com:acme/shop-api.git"},
                  {.name = "on-gitlab", .repository = "git@gitlab.com:acme/shop-api.git"},
                  {.name = "on-bitbucket", .repository = "git@bitbucket.org:acme/shop-api.git"},
                  {.name = "on-data-center", .repository = "ssh://git@bitbucket.example.com:7999/acme/shop-api.git"},
                  {.name = "on-gitea", .repository = "git@gitea.example.com:acme/shop-api.git"}});
  auto at = *parse_time("2026-11-20T03:04:05Z");
  auto files = shipped();
  EXPECT_EQ(files.size(), 7u);
  for (const auto& file : files) {
    auto sample = parse_sample(read_file(file), file.filename().string());
    auto folder = file.parent_path().filename().string();
    EXPECT_EQ(to_string(sample.provider), folder == "git" ? "http" : folder);
    sign_sample(sample, Secret("the secret of this test"), at, "fresh");
    EXPECT_TRUE(verify(sample.provider, sample.headers, sample.body, {Secret("the secret of this test")}, at)) << file;
    auto parsed = parse(sample.provider, sample.headers, sample.body, sample.app);
    ASSERT_EQ(parsed.deliveries.size(), 1u) << file << parsed.ignored;
    const auto& delivery = parsed.deliveries.front();
    EXPECT_EQ(delivery.ignored, "") << file;
    EXPECT_EQ(index.match(delivery).size(), 1u) << file;
    EXPECT_EQ(delivery.kind, folder == "http" ? Kind::http : Kind::push) << file;
  }
}

}  // namespace
}  // namespace fairlead::triggers
