// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "fairlead/aws/aws.hpp"
#include "fairlead/base/secret.hpp"

namespace fairlead::aws::ecr {

/// "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/team/shop-api:v1@sha256:…", taken apart. `tag` and `digest` may be empty.
struct Image {
  std::string registry;    ///< account id; empty when the host is no ECR registry
  std::string region;
  std::string host;        ///< "" for Docker Hub's short names
  std::string repository;
  std::string tag;
  std::string digest;      ///< "sha256:…"
  bool is_ecr() const { return !registry.empty(); }
};
/// nullopt when the text is no image reference.
std::optional<Image> parse_image(const std::string& reference);

struct Login {
  std::string host;      ///< "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com"
  std::string user;      ///< "AWS"
  Secret password;
  Time expires;
};
Awaitable<Login> login(Aws&, Scope);

/// Digest of a tag in a repository of this account; nullopt when the image or the repository does not exist.
Awaitable<std::optional<std::string>> digest_of(Aws&, Scope, std::string registry, std::string repository, std::string tag);

}  // namespace fairlead::aws::ecr
