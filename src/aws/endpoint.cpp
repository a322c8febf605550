// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.hpp"

#include "fairlead/base/error.hpp"

namespace fairlead::aws {
namespace {

std::string dns_suffix(const std::string& region) {
  if (region.starts_with("cn-")) return "amazonaws.com.cn";
  if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
  if (region.starts_with("us-iso-")) return "c2s.ic.gov";
  if (region.starts_with("eusc-")) return "amazonaws.eu";
  return "amazonaws.com";
}

/// IAM has one endpoint per partition.
Endpoint iam_endpoint(const std::string& region) {
  const auto partition = partition_of(region);
  if (partition == "aws-cn") return {"https", "iam.cn-north-1.amazonaws.com.cn", "", "cn-north-1"};
  if (partition == "aws-us-gov") return {"https", "iam.us-gov.amazonaws.com", "", "us-gov-west-1"};
  return {"https", "iam.amazonaws.com", "", "us-east-1"};
}

std::string value_in(const Env& env, const std::string& name) {
  const auto at = env.find(name);
  return at == env.end() ? std::string() : at->second;
}

std::string override_of(const Service& service, const Scope& scope, const Env& env) {
  if (!scope.endpoint.empty()) return scope.endpoint;
  if (auto own = value_in(env, "AWS_ENDPOINT_URL_" + std::string(service.sdk_id)); !own.empty()) return own;
  return value_in(env, "AWS_ENDPOINT_URL");
}

Endpoint parse(const std::string& url, std::string region) {
  Endpoint out{.signing_region = std::move(region), .overridden = true};
  const auto scheme_end = url.find("://");
  out.scheme = url.substr(0, scheme_end);
  if (scheme_end == std::string::npos || (out.scheme != "http" && out.scheme != "https"))
    throw Error(ErrorKind::invalid, "the AWS endpoint '" + url + "' is no http or https URL", "for example http://127.0.0.1:4566");
  const auto path = url.find('/', scheme_end + 3);
  out.host = url.substr(scheme_end + 3, path == std::string::npos ? path : path - scheme_end - 3);
  if (path != std::string::npos) out.base = url.substr(path);
  while (out.base.ends_with('/')) out.base.pop_back();
  // The HTTP client leaves the scheme's own port out of the Host header, which is signed.
  const std::string own_port = out.scheme == "https" ? ":443" : ":80";
  if (out.host.ends_with(own_port)) out.host.resize(out.host.size() - own_port.size());
  return out;
}

}  // namespace

std::string partition_of(const std::string& region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

Endpoint endpoint_of(const Service& service, const std::string& region, const Scope& scope, const Env& env) {
  const auto iam = iam_endpoint(region);
  if (const auto url = override_of(service, scope, env); !url.empty())
    return parse(url, service.name == "iam" ? iam.signing_region : region);
  if (service.name == "iam") return iam;
  return {"https", std::string(service.endpoint) + "." + region + "." + dns_suffix(region), "", region};
}

}  // namespace fairlead::aws
