// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "fairlead/chat/slack.hpp"

namespace fairlead::store {
class SecretBox;
class Store;
}  // namespace fairlead::store

namespace fairlead::chat::slack {

struct InstallationsParts {
  store::Store* store = nullptr;
  const store::SecretBox* box = nullptr;
  net::HttpClient* http = nullptr;
  std::string base_url = default_base_url;
  std::string public_url;                           ///< of this server: "<public_url>/slack/oauth/callback" is the redirect
  std::string client_id;                            ///< empty: nobody may install
  std::function<Awaitable<Secret>()> client_secret;
  std::function<Awaitable<Secret>()> pasted_token;  ///< empty: there is no pasted one
  Clock clock = now;
};

/// Where the app is installed: the workspace of the pasted bot token, and those that installed it by OAuth v2. Tokens are sealed in the
/// store, renewed when they rotate, and forgotten when the app is uninstalled. Documents "chat.workspace" by workspace id. io thread.
class Installations {
 public:
  explicit Installations(InstallationsParts);
  ~Installations();
  Installations(const Installations&) = delete;
  Installations& operator=(const Installations&) = delete;

  /// Reads what is installed. Before that, only the pasted one is known.
  Awaitable<void> load();
  /// Which installation a payload is for; "": none.
  std::string workspace_of(const Json& payload) const;
  bool known(const std::string& workspace) const;
  std::vector<std::string> workspaces() const;
  /// A TokenOf.
  Awaitable<std::optional<Secret>> token(std::string workspace);
  /// Looks at an event before the dispatcher does: app_uninstalled and tokens_revoked end an installation.
  Awaitable<void> notice(std::string workspace, const Json& payload);

  /// GET /slack/oauth/start and /callback. The state is random, and must be in the browser's cookie, too: nobody can make somebody
  /// else's browser install an app here.
  Awaitable<net::Response> start(net::Request&);
  Awaitable<net::Response> callback(net::Request&);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::chat::slack
