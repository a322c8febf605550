// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/triggers/delivery.hpp"

/// The edge towards each Git host as pure functions of the request: no clock, no I/O. Any thread.
namespace fairlead::triggers {

/// Whether the request is signed with one of `secrets` (several: rotation). False for a missing or empty signature, for an
/// empty list, and never true by an empty secret. Says nothing of which part was wrong; time depends on lengths only.
///   github, bitbucket: HMAC-SHA256 hex over the raw body (SHA-1 is never looked at); gitea, forgejo: the same without prefix;
///   gitlab: X-Gitlab-Token, or the Standard Webhooks headers where the host signs;
///   http: Standard Webhooks, timestamp within 300 s of `now` on both sides;
///   codecommit: false: its certificate has to be fetched first (sns.hpp, Receiver).
bool verify(Provider, const Headers&, std::string_view body, const std::vector<Secret>& secrets, Time now);

/// The sender's id of this delivery, the same when it sends it again; without one, "body:" and the SHA-256 of the body.
std::string delivery_id(Provider, const Headers&, std::string_view body);

/// True where the id is not covered by the signature, so that a captured body could come again under a new id: such a body
/// is accepted once (reliability E2).
bool body_is_identity(Provider);

/// Reads a verified request. Throws Error(invalid) when the body is not JSON (depth ≤ 64), or lacks what its event promises.
/// `app` is the path's, for Provider::http only.
Parsed parse(Provider, const Headers&, std::string_view body, std::string_view app = {});

/// What may be kept with a stored delivery: everything but signatures, tokens, cookies and authorisation.
Headers without_secrets(const Headers&);

}  // namespace fairlead::triggers
