// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "aws/credentials.hpp"
#include "aws/profile.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/net/client.hpp"

/// The places credentials come from, one function each. nullopt: this place is not set up here; an Error: it is, and fails.
namespace fairlead::aws {

/// How requests leave: net's client, or a test's own.
using Http = std::function<Awaitable<net::HttpReply>(net::HttpRequest, Deadline)>;

namespace sources {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION.
std::optional<Credentials> from_environment(const Env&);
/// aws_access_key_id … of a profile.
std::optional<Credentials> from_keys(const Profile&);
/// credential_process of a profile.
Awaitable<Credentials> from_process(Env env, Profile profile);
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]: ECS tasks, EKS Pod Identity.
Awaitable<std::optional<Credentials>> from_container(Http http, Env env);
/// IMDSv2. nullopt also when nothing answers there: not an EC2 instance.
Awaitable<std::optional<Credentials>> from_instance(Http http, Env env);
/// The token that `aws sso login` left in ~/.aws/sso/cache, exchanged for credentials of the profile's account and role.
Awaitable<Credentials> from_sso(Http http, Env env, Profile profile, IniSection session, Time now);

/// What the container endpoint is asked; Error(refused) for a host other than loopback and AWS's own, because the answer to a
/// wrong one would be somebody else's idea of who we are, and the token would leak.
std::optional<net::HttpRequest> container_request(const Env&);
/// {AccessKeyId, SecretAccessKey, Token | SessionToken, Expiration}. Error(unauthorized) when a key is missing.
Credentials from_json(const Json&, std::string source);
/// File name of an SSO session's cached token: SHA-1 of its name or start URL.
std::string sso_cache_file(const std::string& key);

}  // namespace sources
}  // namespace fairlead::aws
