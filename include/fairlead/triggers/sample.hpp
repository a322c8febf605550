// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/triggers/delivery.hpp"

/// Stored deliveries for `fairlead webhook replay`: files such as webhooks/github/push.http.
namespace fairlead::triggers {

/// A request as a file: request line ("POST /hooks/github HTTP/1.1"), headers, an empty line, the body. Lines may end with
/// LF or CRLF; one line end after the body is not part of it. Headers that follow from the rest (Content-Length, Host) and
/// signatures are not stored.
struct Sample {
  Provider provider = Provider::github;
  std::string app;   ///< of /hooks/http/<app>
  std::string path;  ///< "/hooks/github"
  Headers headers;
  std::string body;
};

/// Throws Error(invalid) that names the line. `name` is for messages.
Sample parse_sample(std::string_view text, std::string_view name);

/// Adds the signature the host would send, and a fresh delivery id when `fresh_id` is not empty (also into the body as
/// `replayed`, where the same body under another id counts as a duplicate).
/// For http the timestamp is `now`.
void sign_sample(Sample&, const Secret&, Time now, std::string_view fresh_id = {});

/// What to enter at the host: address, content type, events and where the secret goes. `url` is the server's public address.
std::string webhook_help(Provider, std::string_view public_url, std::string_view app);

}  // namespace fairlead::triggers
