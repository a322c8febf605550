// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/secret.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/secret_box.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::cli {

/// Where values of secrets come from. io thread.
///
/// A pipeline finds a name in its environment's scope, then its app's, then the server's; but names that `fairlead.yml` itself
/// uses (webhook secrets, tokens) are the server's own and are never given to a pipeline.
class Secrets {
 public:
  Secrets(store::Store&, store::SecretBox, std::shared_ptr<const pipeline::ServerConfig>);

  Awaitable<std::optional<Secret>> for_pipeline(std::string name, std::string app, std::string environment);
  /// Throws Error(not_found) saying how to set it.
  Awaitable<Secret> value(pipeline::SecretRef);
  /// A secret of the server's scope or of the app's, by name.
  Awaitable<std::optional<Secret>> named(std::vector<std::string> scopes, std::string name);
  const store::SecretBox& box() const { return box_; }

 private:
  store::Store& store_;
  store::SecretBox box_;
  std::set<std::string> reserved_;
};

}  // namespace fairlead::cli
