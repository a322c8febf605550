// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

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

/// Text behind a presigned address.
using Fetch = std::function<Awaitable<std::string>(std::string url)>;

/// What an image was built for.
struct Platforms {
  bool missing = false;                    ///< there is no such image any more
  std::vector<std::string> architectures;  ///< "amd64", "arm64"; empty when it cannot be told
};
/// Of an index: those of its variants; of a single image: the one that its configuration names, read through `fetch` (may be empty:
/// then it cannot be told). Throws nothing that AWS answers: it is looked at to warn early.
Awaitable<Platforms> platforms_of(Aws&, Scope, Image, std::string digest, Fetch fetch);

}  // namespace fairlead::aws::ecr
