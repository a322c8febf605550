// SPDX-License-Identifier: Apache-2.0
#include "exec/image/wish.hpp"

#include <algorithm>

#include "fairlead/base/error.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::exec {
namespace {

constexpr const char* lower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr const char* word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

bool consists_of(const std::string& text, const std::string& allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

std::vector<std::string> texts(const Json& with, const char* key) {
  const auto& value = member(with, key);
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> found;
  if (!value.is_array()) return found;
  for (const auto& item : value) found.push_back(item.is_string() ? item.get<std::string>() : dump(item));
  return found;
}

/// They become words of a command line, which everybody on the machine can read: a secret has no place there.
std::map<std::string, std::string> pairs(const Json& with, const std::string& key) {
  std::map<std::string, std::string> found;
  const auto& value = member(with, key);
  if (!value.is_object()) return found;
  for (const auto& [name, item] : value.items()) {
    if (item.is_object() && item.contains("$secret"))
      throw Error(ErrorKind::invalid, "build-image: " + key + "." + name + " is a secret, which would be stored in the image",
                  "name it under secrets: and mount it with RUN --mount=type=secret,id=" + text_at(item, "$secret"));
    if (name.empty() || name.find('=') != std::string::npos)
      throw Error(ErrorKind::invalid, "build-image: \"" + name + "\" in " + key + " is no name");
    found[name] = item.is_string() ? item.get<std::string>() : dump(item);
  }
  return found;
}

void check_repository(const std::string& name) {
  const auto parts = split(name, '/');
  if (parts.size() > 1 && (parts[0].find_first_of(".:") != std::string::npos || parts[0] == "localhost"))
    throw Error(ErrorKind::invalid, "build-image: repository \"" + name + "\" begins with a host",
                "give the host as registry: " + parts[0]);
  for (const auto& part : parts) {
    if (!consists_of(part, std::string(lower) + "._-") || !std::isalnum(static_cast<unsigned char>(part[0])))
      throw Error(ErrorKind::invalid, "build-image: repository \"" + name + "\" is not a name that a registry takes",
                  "use lower-case letters, digits, '.', '_', '-' and '/'");
  }
}

void check_tag(const std::string& tag) {
  if (consists_of(tag, std::string(word) + ".-") && tag.size() <= 128 && tag[0] != '.' && tag[0] != '-') return;
  throw Error(ErrorKind::invalid, "build-image: tag \"" + tag + "\" is not one that a registry takes",
              "at most 128 letters, digits, '_', '.' and '-'; for a branch use ${{ git.sha }} or join(split(git.branch, '/'), '-')");
}

void check_host(const std::string& host) {
  if (consists_of(host, std::string(word) + ".-:[]") && host[0] != '-') return;
  throw Error(ErrorKind::invalid, "build-image: registry \"" + host + "\" is neither ecr nor a host", "such as registry.example.com:5000");
}

}  // namespace

bool ImageWish::is_ecr() const { return registry == "ecr" || registry.find(".dkr.ecr") != std::string::npos; }

std::string ImageWish::file() const {
  if (!dockerfile.empty()) return dockerfile;
  return context == "." ? "Dockerfile" : context + "/Dockerfile";
}

ImageWish read_image_wish(const Json& with, const std::string& commit) {
  ImageWish wish;
  wish.repository = text_at(with, "repository");
  check_repository(wish.repository);
  wish.dockerfile = text_at(with, "dockerfile");
  wish.context = text_at(with, "context", ".");
  if (wish.context.empty()) wish.context = ".";
  if (wish.context[0] == '-') wish.context.insert(0, "./");
  while (wish.context.size() > 1 && wish.context.ends_with('/')) wish.context.pop_back();
  wish.target = text_at(with, "target");
  wish.args = pairs(with, "args");
  wish.labels = pairs(with, "labels");
  wish.secrets = texts(with, "secrets");
  wish.platforms = texts(with, "platforms");
  wish.tags = texts(with, "tags");
  if (wish.tags.empty()) wish.tags = {commit.substr(0, 7)};
  std::ranges::for_each(wish.tags, check_tag);
  wish.cache_from = texts(with, "cache-from");
  const auto& push = member(with, "push");
  wish.push = push.is_string() ? push.get<std::string>() == "true" : flag_at(with, "push", true);
  wish.registry = text_at(with, "registry", "ecr");
  check_host(wish.registry);
  wish.user = text_at(with, "user");
  const auto& password = member(with, "password");
  if (password.is_object() && password.contains("$secret")) wish.password_secret = text_at(password, "$secret");
  // Empty text is what a run of a fork has in place of a secret.
  if (wish.user.empty() != password.is_null() || (password.is_string() && !password.get<std::string>().empty()))
    throw Error(ErrorKind::invalid, "build-image: user and password belong together, and the password is a secret",
                "password: \"${{ secrets.REGISTRY_PASSWORD }}\"");
  return wish;
}

}  // namespace fairlead::exec
