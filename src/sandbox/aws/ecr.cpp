// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/context.hpp"

namespace fairlead::sandbox {

namespace {

constexpr const char* manifest_type = "application/vnd.docker.distribution.manifest.v2+json";

std::map<std::string, Json>& images_of(Context& c, const std::string& repository) { return c.region.things["image " + repository]; }

/// Repositories for programs that run here exist without being made.
bool is_made_up(const std::string& name) { return name.starts_with("process/") || name.starts_with("sim/"); }

Json repository_view(Context& c, const std::string& name) {
  return {{"repositoryArn", c.arn("ecr", "repository/" + name)},
          {"registryId", c.region.account},
          {"repositoryName", name},
          {"repositoryUri", c.region.account + ".dkr.ecr." + c.region.name + ".amazonaws.com/" + name},
          {"createdAt", epoch(c.now())},
          {"imageTagMutability", "MUTABLE"},
          {"imageScanningConfiguration", {{"scanOnPush", false}}},
          {"encryptionConfiguration", {{"encryptionType", "AES256"}}}};
}

void need_repository(Context& c, const std::string& name) {
  auto& all = c.region.things["repository"];
  if (!all.contains(name) && is_made_up(name)) all[name] = repository_view(c, name);
  if (all.contains(name)) return;
  throw Refusal{"RepositoryNotFoundException",
                "The repository with name '" + name + "' does not exist in the registry with id '" + c.region.account + "'"};
}

Json create(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  auto& all = c.region.things["repository"];
  c.key = name;
  if (all.contains(name))
    throw Refusal{"RepositoryAlreadyExistsException",
                  "The repository with name '" + name + "' already exists in the registry with id '" + c.region.account + "'"};
  Json view = repository_view(c, name);
  if (params.contains("imageTagMutability")) view["imageTagMutability"] = params["imageTagMutability"];
  all[name] = view;
  if (params.contains("tags")) c.region.tags[text_at(view, "repositoryArn")] = params["tags"];
  c.effect = text_at(view, "repositoryArn");
  return {{"repository", view}};
}

Json describe(Context& c, const Json& params) {
  const auto names = texts_of(params, "repositoryNames");
  for (const auto& name : names) need_repository(c, name);
  Json all = Json::array();
  for (const auto& [name, view] : c.region.things["repository"])
    if (names.empty() || std::ranges::find(names, name) != names.end()) all.push_back(view);
  return page(all, params, "repositories", 100);
}

Json remove(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  need_repository(c, name);
  if (!images_of(c, name).empty() && !flag_of(params, "force"))
    throw Refusal{"RepositoryNotEmptyException", "The repository with name '" + name + "' in registry with id '" + c.region.account +
                                                     "' cannot be deleted because it still contains images"};
  const Json view = c.region.things["repository"][name];
  c.region.things["repository"].erase(name);
  c.region.things.erase("image " + name);
  c.key = name, c.effect = "deleted";
  return {{"repository", view}};
}

/// The command that a manifest's annotation names: such an image is a local program, not a container.
std::string program_of(const std::string& manifest) {
  try {
    return text_at(member(parse_json(manifest), "annotations"), "dev.fairlead.process");
  } catch (const Error&) {
    return {};
  }
}

Json image_view(Context& c, const std::string& repository, const std::string& digest, const Json& image, const std::string& tag) {
  Json id{{"imageDigest", digest}};
  if (!tag.empty()) id["imageTag"] = tag;
  return {{"registryId", c.region.account},
          {"repositoryName", repository},
          {"imageId", id},
          {"imageManifest", image["manifest"]},
          {"imageManifestMediaType", image["mediaType"]}};
}

Json put(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName"), manifest = text_at(params, "imageManifest"), tag = text_at(params, "imageTag");
  need_repository(c, name);
  const auto digest = "sha256:" + sha256_hex(manifest);
  const auto given = text_at(params, "imageDigest");
  if (!given.empty() && given != digest)
    throw Refusal{"ImageDigestDoesNotMatchException", "The specified digest does not match the image manifest"};
  auto& images = images_of(c, name);
  for (auto& [other, image] : images) {
    auto tags = texts_of(image, "tags");
    if (std::ranges::find(tags, tag) == tags.end() || tag.empty()) continue;
    if (other == digest)
      throw Refusal{"ImageAlreadyExistsException",
                    "Image with digest '" + digest + "' and tag '" + tag + "' already exists in the repository"};
    if (text_at(c.region.things["repository"][name], "imageTagMutability") == "IMMUTABLE")
      throw Refusal{"ImageTagAlreadyExistsException", "The image tag '" + tag + "' already exists in the '" + name +
                                                          "' repository and cannot be overwritten because the tag is immutable."};
    std::erase(tags, tag);
    image["tags"] = tags;
  }
  auto [slot, fresh] = images.try_emplace(digest, Json{{"manifest", manifest},
                                                       {"mediaType", text_at(params, "imageManifestMediaType", manifest_type)},
                                                       {"tags", Json::array()},
                                                       {"pushedAt", epoch(c.now())},
                                                       {"size", manifest.size()},
                                                       {"process", program_of(manifest)}});
  if (!tag.empty()) slot->second["tags"].push_back(tag);
  c.key = name + ":" + tag, c.effect = digest;
  return {{"image", image_view(c, name, digest, slot->second, tag)}};
}

/// The digest of an image id, "" when there is none.
std::string digest_of(Context& c, const std::string& repository, const Json& id) {
  const auto tag = text_at(id, "imageTag"), wanted = text_at(id, "imageDigest");
  auto& images = images_of(c, repository);
  if (is_made_up(repository) && wanted.empty()) {
    const auto digest = "sha256:" + sha256_hex(repository + ":" + tag);
    images.try_emplace(
        digest,
        Json{
            {"manifest", "{}"}, {"mediaType", manifest_type}, {"tags", {tag}}, {"pushedAt", epoch(c.now())}, {"size", 2}, {"process", ""}});
    c.region.things["made-up-digest"][repository + "@" + digest] = {{"tag", tag}};
    return digest;
  }
  for (const auto& [digest, image] : images) {
    const auto tags = texts_of(image, "tags");
    if (digest == wanted || (wanted.empty() && std::ranges::find(tags, tag) != tags.end())) return digest;
  }
  return {};
}

Json batch_get(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  need_repository(c, name);
  Json out{{"images", Json::array()}, {"failures", Json::array()}};
  for (const auto& id : member(params, "imageIds")) {
    const auto digest = digest_of(c, name, id);
    if (digest.empty())
      out["failures"].push_back({{"imageId", id}, {"failureCode", "ImageNotFound"}, {"failureReason", "Requested image not found"}});
    else
      out["images"].push_back(image_view(c, name, digest, images_of(c, name)[digest], text_at(id, "imageTag")));
  }
  return out;
}

Json detail(Context& c, const std::string& repository, const std::string& digest, const Json& image) {
  Json one{{"registryId", c.region.account},    {"repositoryName", repository},       {"imageDigest", digest},
           {"imageSizeInBytes", image["size"]}, {"imagePushedAt", image["pushedAt"]}, {"imageManifestMediaType", image["mediaType"]}};
  if (!texts_of(image, "tags").empty()) one["imageTags"] = image["tags"];
  return one;
}

Json describe_images(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  need_repository(c, name);
  Json all = Json::array();
  const Json& ids = member(params, "imageIds");
  if (!ids.is_array() || ids.empty()) {
    for (const auto& [digest, image] : images_of(c, name)) all.push_back(detail(c, name, digest, image));
    return page(all, params, "imageDetails", 100);
  }
  for (const auto& id : ids) {
    const auto digest = digest_of(c, name, id);
    if (digest.empty())
      throw Refusal{"ImageNotFoundException", "The image with imageId {imageDigest:'" + text_at(id, "imageDigest", "null") +
                                                  "', imageTag:'" + text_at(id, "imageTag", "null") +
                                                  "'} does not exist within the repository with name '" + name +
                                                  "' in the registry with id '" + c.region.account + "'"};
    all.push_back(detail(c, name, digest, images_of(c, name)[digest]));
  }
  return {{"imageDetails", all}};
}

Json list(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  need_repository(c, name);
  Json all = Json::array();
  for (const auto& [digest, image] : images_of(c, name)) {
    for (const auto& tag : texts_of(image, "tags")) all.push_back({{"imageDigest", digest}, {"imageTag", tag}});
    if (texts_of(image, "tags").empty()) all.push_back({{"imageDigest", digest}});
  }
  return page(all, params, "imageIds", 100);
}

Json batch_delete(Context& c, const Json& params) {
  const auto name = text_at(params, "repositoryName");
  need_repository(c, name);
  Json out{{"imageIds", Json::array()}, {"failures", Json::array()}};
  for (const auto& id : member(params, "imageIds")) {
    const auto digest = digest_of(c, name, id);
    if (digest.empty()) {
      out["failures"].push_back({{"imageId", id}, {"failureCode", "ImageNotFound"}, {"failureReason", "Requested image not found"}});
      continue;
    }
    images_of(c, name).erase(digest);
    out["imageIds"].push_back({{"imageDigest", digest}});
    c.effect += digest;
  }
  c.key = name;
  return out;
}

Json token(Context& c, const Json&) {
  Json one{{"authorizationToken", base64("AWS:sandbox")},
           {"expiresAt", epoch(c.now() + std::chrono::hours(12))},
           {"proxyEndpoint", "https://" + c.region.account + ".dkr.ecr." + c.region.name + ".amazonaws.com"}};
  return {{"authorizationData", Json::array({one})}};
}

}  // namespace

void add_ecr(Table& table) {
  table["ecr.CreateRepository"] = {create, true, {}};
  table["ecr.DescribeRepositories"] = {describe, false, {}};
  table["ecr.DeleteRepository"] = {remove, true, {}};
  table["ecr.PutImage"] = {put, true, {}};
  table["ecr.BatchGetImage"] = {batch_get, false, {}};
  table["ecr.DescribeImages"] = {describe_images, false, {}};
  table["ecr.ListImages"] = {list, false, {}};
  table["ecr.BatchDeleteImage"] = {batch_delete, true, {}};
  table["ecr.GetAuthorizationToken"] = {token, false, {}};
}

}  // namespace fairlead::sandbox
