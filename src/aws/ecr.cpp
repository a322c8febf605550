// SPDX-License-Identifier: Apache-2.0
#include "fairlead/aws/ecr.hpp"

#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws::ecr {
namespace {

bool is_part(std::string_view text, std::string_view extra) {
  const auto good = [extra](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos; };
  return !text.empty() && std::ranges::all_of(text, good);
}

/// "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com[.cn]".
void read_ecr_host(Image& image) {
  const auto labels = split(image.host, '.');
  if (labels.size() < 6 || labels[1] != "dkr" || !labels[2].starts_with("ecr") || labels[0].size() != 12 || !parse_int(labels[0])) return;
  image.registry = labels[0];
  image.region = labels[3];
}

}  // namespace

std::optional<Image> parse_image(const std::string& reference) {
  Image out;
  std::string rest = reference;
  if (const auto at = rest.find('@'); at != std::string::npos) {
    out.digest = rest.substr(at + 1);
    rest.resize(at);
    if (!out.digest.starts_with("sha256:") || out.digest.size() != 71 || !is_part(out.digest.substr(7), "")) return std::nullopt;
  }
  const auto slash = rest.find('/');
  if (slash != std::string::npos) {
    const auto first = rest.substr(0, slash);
    // As Docker decides it: a first part without dot, colon and "localhost" is a part of the repository.
    if (first.find_first_of(".:") != std::string::npos || first == "localhost") {
      out.host = first;
      rest.erase(0, slash + 1);
    }
  }
  if (const auto colon = rest.rfind(':'); colon != std::string::npos) {
    out.tag = rest.substr(colon + 1);
    rest.resize(colon);
    if (!is_part(to_lower(out.tag), "_.-") || out.tag.size() > 128) return std::nullopt;
  }
  if (!is_part(rest, "._-/")) return std::nullopt;
  out.repository = rest;
  read_ecr_host(out);
  return out;
}

Awaitable<Login> login(Aws& aws, Scope scope) {
  const auto answer = co_await aws.call(std::move(scope), "ecr:GetAuthorizationToken", Json::object());
  const auto& list = member(answer, "authorizationData");
  if (!list.is_array() || list.empty()) throw Error(ErrorKind::unavailable, "ecr:GetAuthorizationToken answered without a token");
  const auto& data = list.at(0);
  const auto plain = from_base64(text_at(data, "authorizationToken"));
  const auto colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos)
    throw Error(ErrorKind::unavailable, "ecr:GetAuthorizationToken answered with a token that cannot be read");
  Login out{.user = plain->substr(0, colon), .password = Secret(plain->substr(colon + 1))};
  const auto endpoint = text_at(data, "proxyEndpoint");
  const auto scheme = endpoint.find("://");
  out.host = scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3);
  out.expires = time_of(data, "expiresAt").value_or(now() + std::chrono::hours(12));
  co_return out;
}

Awaitable<std::optional<std::string>> digest_of(Aws& aws, Scope scope, std::string registry, std::string repository, std::string tag) {
  Json image{{"imageTag", tag}};
  Json params{{"repositoryName", repository}, {"imageIds", Json::array({std::move(image)})}};
  if (!registry.empty()) params["registryId"] = registry;
  std::optional<std::string> found;
  try {
    const auto answer = co_await aws.call(std::move(scope), "ecr:DescribeImages", std::move(params));
    const auto& details = member(answer, "imageDetails");
    if (details.is_array() && !details.empty()) found = text_at(details.at(0), "imageDigest");
  } catch (const AwsError& error) {
    if (error.failure() != Failure::not_found) throw;
  }
  co_return found;
}

namespace {

void take_architecture(std::vector<std::string>& found, std::string architecture) {
  if (architecture.empty() || architecture == "unknown") return;  // attestations are of an unknown platform
  if (std::ranges::find(found, architecture) == found.end()) found.push_back(std::move(architecture));
}

/// The configuration of a single image names its architecture; it lies in the registry as a blob.
Awaitable<std::string> architecture_of(Aws& aws, Scope scope, const Image& image, std::string config, Fetch fetch) {
  Json params{{"registryId", image.registry}, {"repositoryName", image.repository}, {"layerDigest", std::move(config)}};
  const Json answer = co_await aws.call(std::move(scope), "ecr:GetDownloadUrlForLayer", std::move(params));
  const std::string url = text_at(answer, "downloadUrl");
  if (url.empty()) co_return std::string();
  const std::string text = co_await fetch(url);
  const Json blob = Json::parse(text, nullptr, false);
  co_return blob.is_object() ? text_at(blob, "architecture") : std::string();
}

}  // namespace

Awaitable<Platforms> platforms_of(Aws& aws, Scope scope, Image image, std::string digest, Fetch fetch) {
  Platforms found;
  Json params{{"registryId", image.registry},
              {"repositoryName", image.repository},
              {"imageIds", Json::array({Json{{"imageDigest", digest}}})},
              {"acceptedMediaTypes",
               {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
                "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"}}};
  try {
    const Json answer = co_await aws.call(scope, "ecr:BatchGetImage", std::move(params));
    for (const Json& failure : member(answer, "failures")) found.missing |= text_at(failure, "failureCode") == "ImageNotFound";
    for (const Json& it : member(answer, "images")) {
      const Json manifest = Json::parse(text_at(it, "imageManifest", "{}"), nullptr, false);
      if (!manifest.is_object()) continue;
      for (const Json& variant : member(manifest, "manifests")) {
        take_architecture(found.architectures, text_at(member(variant, "platform"), "architecture"));
      }
      const std::string config = text_at(member(manifest, "config"), "digest");
      if (!fetch || config.empty() || !found.architectures.empty()) continue;
      take_architecture(found.architectures, co_await architecture_of(aws, scope, image, config, fetch));
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::canceled) throw;
    found.architectures.clear();
  }
  co_return found;
}

}  // namespace fairlead::aws::ecr
