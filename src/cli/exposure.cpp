// SPDX-License-Identifier: Apache-2.0
#include "cli/exposure.hpp"

#include "fairlead/net/address.hpp"

namespace fairlead::cli {

std::string plain_text_exposure(const std::string& listen, bool tls, const std::vector<std::string>& trusted_proxies) {
  if (tls || !trusted_proxies.empty()) return "";
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const net::AddressRanges loopback({"127.0.0.0/8", "::1/128"});
  if (host == "localhost" || loopback.contains(host)) return "";
  return "tokens and webhooks cross the network in plain text on " + listen +
         ": set server.tls, or listen on 127.0.0.1 behind a proxy with HTTPS, or name that proxy in server.trusted-proxies";
}

}  // namespace fairlead::cli
