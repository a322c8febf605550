// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json_fwd.hpp"

namespace fairlead::exec {

/// The inputs of `build-image`, checked.
struct ImageWish {
  std::string repository;          ///< "team/shop-api", without host
  std::string dockerfile;          ///< as given; empty: the context's Dockerfile
  std::string context;
  std::string target;
  std::map<std::string, std::string> args, labels;
  std::vector<std::string> secrets;  ///< names
  std::vector<std::string> platforms, tags, cache_from;
  bool push = true;
  std::string registry;            ///< "ecr" or a host
  std::string user;                ///< of a registry that is not ECR
  std::optional<std::string> password_secret;  ///< name of the secret

  bool is_ecr() const;
  std::string file() const;        ///< path of the Dockerfile, relative to the working directory
};

/// `with` as the engine gives it; `commit` gives the default tag. Throws Error(invalid) with the value and what would do.
ImageWish read_image_wish(const Json& with, const std::string& commit);

}  // namespace fairlead::exec
