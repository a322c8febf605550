// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"

/// Signatures as of https://www.standardwebhooks.com: HMAC-SHA256 over "<id>.<timestamp>.<body>".
namespace fairlead::triggers {

/// "v1,<base64>". A secret "whsec_<base64>" is decoded; any other is used as it is. Throws Error(invalid) for an empty key.
std::string sign_standard(const Secret&, std::string_view id, std::string_view timestamp, std::string_view body);

/// Whether one of the space-separated `signatures` is right under one of `secrets` and `timestamp` (seconds) lies within
/// 300 s of `now`, before or after. A secret without the prefix that is base64 of 24 bytes or more is also tried decoded,
/// as the reference libraries do.
bool verify_standard(const std::vector<Secret>& secrets, std::string_view id, std::string_view timestamp, std::string_view signatures,
                     std::string_view body, Time now);

}  // namespace fairlead::triggers
