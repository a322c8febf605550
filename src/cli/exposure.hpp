// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace fairlead::cli {

/// Why `listen` (HOST:PORT) shows tokens and webhooks to a network in plain text, and what to do; empty when it does not: on loopback, with
/// TLS, or behind a proxy that is named.
std::string plain_text_exposure(const std::string& listen, bool tls, const std::vector<std::string>& trusted_proxies);

}  // namespace fairlead::cli
