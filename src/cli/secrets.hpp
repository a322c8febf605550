// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/secret_box.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::aws {
class Aws;
}

namespace fairlead::cli {

/// Where values of secrets come from. io thread.
///
/// A pipeline finds a name in its environment's scope, then its app's, then the server's; but names that `fairlead.yml` itself
/// uses (webhook secrets, tokens) are the server's own and are never given to a pipeline.
///
/// A value that is `ssm:/path` or `secretsmanager:arn` is a reference: it is looked up when it is needed, in the environment's account
/// (its `aws:` block), for `fairlead.yml` itself with the server's own credentials, and kept for a minute.
class Secrets {
 public:
  Secrets(store::Store&, store::SecretBox, std::shared_ptr<const pipeline::ServerConfig>, aws::Aws&, Clock = now);

  Awaitable<std::optional<Secret>> for_pipeline(std::string name, std::string app, std::string environment);
  /// Throws Error(not_found) saying how to set it.
  Awaitable<Secret> value(pipeline::SecretRef);
  /// A secret of the server's scope or of the app's, by name.
  Awaitable<std::optional<Secret>> named(std::vector<std::string> scopes, std::string name);
  const store::SecretBox& box() const { return box_; }

 private:
  struct Kept {
    Secret value;
    Time at{};
  };

  Awaitable<Secret> of_aws(aws::Scope, pipeline::SecretRef);

  store::Store& store_;
  store::SecretBox box_;
  std::shared_ptr<const pipeline::ServerConfig> config_;
  aws::Aws& aws_;
  Clock clock_;
  std::set<std::string> reserved_;
  std::map<std::pair<aws::Scope, std::string>, Kept> kept_;  ///< by place and reference
};

}  // namespace fairlead::cli
