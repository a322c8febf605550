// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/shell/bytes.hpp"

namespace fairlead::sandbox::shell {

namespace {

constexpr std::size_t largest_blob = std::size_t{2} << 30;

net::Response bare(int status) {
  net::Response out;
  out.status = status;
  out.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  return out;
}

net::Response refused(int status, const std::string& code, const std::string& message) {
  auto out = net::Response::json(status, {{"errors", Json::array({{{"code", code}, {"message", message}}})}});
  out.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  return out;
}

/// "sha256:<64 hex>": nothing else may become a file name.
bool is_digest(const std::string& text) {
  return text.size() == 71 && text.starts_with("sha256:") &&
         std::ranges::all_of(text.substr(7), [](char x) { return (x >= '0' && x <= '9') || (x >= 'a' && x <= 'f'); });
}

std::filesystem::path blob_path(const std::filesystem::path& folder, const std::string& digest) { return folder / digest.substr(7); }

Answer ecr(World& world, Time now, const std::string& operation, Json params) {
  return world.call(Call{"ecr", operation, {}, "us-east-1", {}, std::move(params)}, now);
}

}  // namespace

net::Response Registry::blob(net::Request& request, const std::string& digest) {
  if (!is_digest(digest) || !std::filesystem::exists(blob_path(folder_.path(), digest)))
    return refused(404, "BLOB_UNKNOWN", "blob unknown to registry");
  auto out = bare(200);
  out.headers.add("Docker-Content-Digest", digest);
  out.headers.add("Content-Type", "application/octet-stream");
  out.body = read_file(blob_path(folder_.path(), digest), largest_blob);
  (void)request;  // HEAD has the same head; the server leaves the body out
  return out;
}

net::Response Registry::upload(net::Request& request, const std::string& name, const std::string& id) {
  const auto place = [&](const std::string& upload) { return "/v2/" + name + "/blobs/uploads/" + upload; };
  if (request.method == "POST") {
    const auto mounted = request.query.text("mount");
    if (is_digest(mounted) && std::filesystem::exists(blob_path(folder_.path(), mounted))) {
      auto out = bare(201);
      out.headers.add("Location", "/v2/" + name + "/blobs/" + mounted);
      out.headers.add("Docker-Content-Digest", mounted);
      return out;
    }
    const auto fresh = std::to_string(++uploads_);
    write_file(folder_.path() / ("upload-" + fresh), {});
    auto out = bare(202);
    out.headers.add("Location", place(fresh));
    out.headers.add("Docker-Upload-UUID", fresh);
    out.headers.add("Range", "0-0");
    return out;
  }
  const auto file = folder_.path() / ("upload-" + id);
  if (!parse_int(id) || !std::filesystem::exists(file)) return refused(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  std::ofstream(file, std::ios::binary | std::ios::app) << request.body;
  if (request.method == "PATCH") {
    auto out = bare(202);
    out.headers.add("Location", place(id));
    out.headers.add("Docker-Upload-UUID", id);
    out.headers.add("Range", "0-" + std::to_string(std::max<std::uintmax_t>(std::filesystem::file_size(file), 1) - 1));
    return out;
  }
  const auto digest = request.query.text("digest");
  if (!is_digest(digest) || "sha256:" + sha256_hex(read_file(file, largest_blob)) != digest)
    return refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  std::filesystem::rename(file, blob_path(folder_.path(), digest));
  auto out = bare(201);
  out.headers.add("Location", "/v2/" + name + "/blobs/" + digest);
  out.headers.add("Docker-Content-Digest", digest);
  return out;
}

net::Response Registry::manifest(World& world, Time now, net::Request& request, const std::string& name, const std::string& reference) {
  if (request.method == "PUT") {
    Json params{{"repositoryName", name},
                {"imageManifest", request.body},
                {"imageManifestMediaType", std::string(request.headers.get("Content-Type"))}};
    if (!is_digest(reference)) params["imageTag"] = reference;
    if (ecr(world, now, "DescribeRepositories", {{"repositoryNames", {name}}}).error == "RepositoryNotFoundException")
      ecr(world, now, "CreateRepository", {{"repositoryName", name}});
    const auto answer = ecr(world, now, "PutImage", params);
    if (!answer.ok() && answer.error != "ImageAlreadyExistsException") return refused(400, "MANIFEST_INVALID", answer.message);
    const auto digest = "sha256:" + sha256_hex(request.body);
    auto out = bare(201);
    out.headers.add("Location", "/v2/" + name + "/manifests/" + digest);
    out.headers.add("Docker-Content-Digest", digest);
    return out;
  }
  const Json id = is_digest(reference) ? Json{{"imageDigest", reference}} : Json{{"imageTag", reference}};
  const auto answer = ecr(world, now, "BatchGetImage", {{"repositoryName", name}, {"imageIds", Json::array({id})}});
  const Json& images = member(answer.body, "images");
  if (!answer.ok() || !images.is_array() || images.empty()) return refused(404, "MANIFEST_UNKNOWN", "manifest unknown");
  auto out = bare(200);
  out.headers.add("Content-Type", text_at(images[0], "imageManifestMediaType"));
  out.headers.add("Docker-Content-Digest", text_at(images[0]["imageId"], "imageDigest"));
  out.body = text_at(images[0], "imageManifest");
  return out;
}

std::optional<net::Response> Registry::answer(World& world, Time now, net::Request& request) {
  const auto& parts = request.segments;
  if (parts.empty() || parts.front() != "v2") return std::nullopt;
  if (parts.size() == 1) return bare(200);
  // "v2/<name with slashes>/blobs/uploads/<id>", "…/blobs/<digest>", "…/manifests/<reference>"; a new upload ends in a slash.
  std::vector<std::string> path(parts.begin() + 1, parts.end());
  std::erase(path, "");
  const auto named = [&](std::size_t rest) { return join({path.begin(), path.end() - static_cast<std::ptrdiff_t>(rest)}, "/"); };
  const auto count = path.size();
  try {
    if (count >= 3 && path[count - 2] == "blobs" && path[count - 1] == "uploads") return upload(request, named(2), {});
    if (count >= 4 && path[count - 3] == "blobs" && path[count - 2] == "uploads") return upload(request, named(3), path[count - 1]);
    if (count >= 3 && path[count - 2] == "blobs") return blob(request, path[count - 1]);
    if (count >= 3 && path[count - 2] == "manifests") return manifest(world, now, request, named(2), path[count - 1]);
  } catch (const Error& error) {
    return refused(500, "UNKNOWN", error.message());
  }
  return refused(404, "UNSUPPORTED", "there is no such place in the registry");
}

}  // namespace fairlead::sandbox::shell
