// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fairlead/base/secret.hpp"
#include "fairlead/engine/action.hpp"

namespace fairlead::exec {

/// `run`: a script in the job's shell.
std::shared_ptr<engine::Action> make_run_action();

/// How an image gets into a registry.
struct RegistryLogin {
  std::string host;    ///< "registry.example.com:5000", without scheme
  std::string user;    ///< empty: without a login of ours; the tool's own configuration counts
  Secret password;
  bool tls = true;     ///< false: plain HTTP
  std::string remark;  ///< for the step's log: "created repository shop-api"; or empty
};
struct EcrRequest {
  std::string environment;  ///< whose account and region; empty: the server's own
  std::string host;         ///< the host that the step names; empty: the account's own registry
  std::string region;       ///< the step's AWS_REGION; empty: the environment's
  std::string repository;
};
struct ImageParts {
  /// Prepares a push to ECR: the repository is there afterwards. Throws with AWS's words when it may not be used.
  std::function<Awaitable<RegistryLogin>(EcrRequest)> ecr;
};

/// `build-image`: podman or docker, as processes of the job. Throws Error(invalid) for inputs that no registry takes.
std::shared_ptr<engine::Action> make_build_image_action(ImageParts);

}  // namespace fairlead::exec
