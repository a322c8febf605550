// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aws/sources.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::aws {

/// Where credentials of a scope come from: its role over its profile or the default chain (environment, web identity, default
/// profile, container, instance). Asks anew each time; CredentialStore keeps what it finds. io thread.
class Chain {
 public:
  /// What it needs of the client around it.
  struct Needs {
    Http http;
    Env env;
    Clock clock;
    /// Credentials of another scope, cached: the base of a role.
    std::function<Awaitable<Credentials>(Scope)> base;
    /// AWS refused those of that scope, with this access key, as expired.
    std::function<void(Scope, std::string)> expired;
    /// An STS call in a scope's region with these credentials; nullopt: unsigned.
    std::function<Awaitable<Json>(Scope, std::optional<Credentials>, std::string operation, Json params)> sts;
  };
  explicit Chain(Needs needs) : needs_(std::move(needs)) {}

  /// Error(unauthorized) says where it looked and what to do.
  Awaitable<Credentials> fetch(Scope);

 private:
  Awaitable<Credentials> over_base(Scope scope);
  Awaitable<Credentials> assume(Scope scope, Credentials base);
  Awaitable<Credentials> web_identity(Scope scope, std::string role, std::string token_file, std::string session);
  Awaitable<Credentials> from_profile(Scope scope, Profile profile, int depth);
  Awaitable<Credentials> profile_role(Scope scope, Profile profile, int depth);
  Awaitable<Credentials> credential_source(std::string profile, std::string source);
  Awaitable<Credentials> default_chain(Scope scope);

  Needs needs_;
};

/// Parameters of AssumeRole. Pure. The session name is made valid: other characters become '-', 2 to 64 of them.
Json assume_role_params(const Scope&);
std::string session_name_of(const std::string& wanted);

}  // namespace fairlead::aws
