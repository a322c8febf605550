// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/match.hpp"

#include <gtest/gtest.h>

namespace fairlead::triggers {
namespace {

std::vector<std::string> names(const AppIndex& index, const Delivery& delivery) {
  std::vector<std::string> all;
  for (const auto* app : index.match(delivery)) all.push_back(app->name);
  return all;
}

Delivery from(std::vector<std::string> urls, std::string full_name = "") {
  Delivery delivery;
  delivery.repository.urls = std::move(urls);
  delivery.repository.full_name = std::move(full_name);
  return delivery;
}

using Names = std::vector<std::string>;

TEST(Match, any_address_of_the_payload_finds_the_app_however_it_is_written) {
  AppIndex index({{.name = "shop", .repository = "git@github.com:acme/shop-api.git"},
                  {.name = "other", .repository = "https://github.com/acme/other"}});
  for (const char* url : {"https://github.com/acme/shop-api.git", "https://GitHub.com/acme/shop-api",
                          "ssh://git@github.com/acme/shop-api.git", "git@github.com:acme/shop-api.git"})
    EXPECT_EQ(names(index, from({"https://github.com/x/y", url})), (Names{"shop"})) << url;
  EXPECT_TRUE(names(index, from({"https://github.com/acme/shop-api-2", "https://gitlab.com/acme/shop-api", ""})).empty());
}

TEST(Match, several_apps_may_share_a_repository) {
  AppIndex index({{.name = "b", .repository = "file:///srv/git/mono.git"}, {.name = "a", .repository = "/srv/git/mono.git"}});
  EXPECT_EQ(names(index, from({"/srv/git/mono.git"})), (Names{"b", "a"}));
}

TEST(Match, a_full_name_matches_without_case_only_where_it_is_given) {
  AppIndex index({{.name = "named", .repository = "git@ssh.example.com:mirror.git", .full_name = "acme/Shop"},
                  {.name = "plain", .repository = "git@x.example.com:y.git"}});
  EXPECT_EQ(names(index, from({"https://git.example.com/acme/shop"}, "Acme/shop")), (Names{"named"}));
  EXPECT_TRUE(names(index, from({}, "")).empty());
}

TEST(Match, a_signed_http_request_is_for_the_app_of_its_path_alone) {
  AppIndex index({{.name = "shop", .repository = "/a"}, {.name = "shop2", .repository = "/a"}});
  auto delivery = from({"/a"});
  delivery.provider = Provider::http;
  delivery.app = "shop";
  EXPECT_EQ(names(index, delivery), (Names{"shop"}));
}

}  // namespace
}  // namespace fairlead::triggers
