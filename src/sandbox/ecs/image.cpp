// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/crypto.hpp"
#include "fairlead/base/strings.hpp"
#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

struct Name {
  std::string host, repository, tag, digest;
};

Name parse(const std::string& text) {
  Name name;
  std::string rest = text;
  if (const auto at = rest.find('@'); at != std::string::npos) {
    name.digest = rest.substr(at + 1);
    rest.resize(at);
  }
  const auto slash = rest.find('/');
  const auto first = rest.substr(0, slash);
  const bool host =
      slash != std::string::npos && (first.find('.') != std::string::npos || first.find(':') != std::string::npos || first == "localhost");
  if (host) {
    name.host = first;
    rest = rest.substr(slash + 1);
  }
  const auto colon = rest.rfind(':');
  if (colon != std::string::npos && rest.find('/', colon) == std::string::npos) {
    name.tag = rest.substr(colon + 1);
    rest.resize(colon);
  }
  name.repository = rest;
  return name;
}

/// process/ and sim/ images need no registry: their digest is made of their name, and remembered so that a digest finds its tag.
Image made_up(Context& c, const Name& name, const std::string& kind) {
  Image image;
  image.kind = kind;
  image.program = name.repository.substr(name.repository.find('/') + 1);
  auto& known = c.region.things["made-up-digest"];
  if (!name.digest.empty()) {
    const auto found = known.find(name.repository + "@" + name.digest);
    image.digest = name.digest;
    image.version = found == known.end() ? name.tag : text_at(found->second, "tag");
    if (!name.tag.empty()) image.version = name.tag;
    return image;
  }
  image.version = name.tag.empty() ? "latest" : name.tag;
  image.digest = "sha256:" + sha256_hex(name.repository + ":" + image.version);
  known[name.repository + "@" + image.digest] = {{"tag", image.version}};
  return image;
}

Image from_ecr(Context& c, const std::string& text, const Name& name) {
  Image image;
  image.kind = "container";
  image.version = name.tag.empty() ? "latest" : name.tag;
  const auto& images = c.region.things["image " + name.repository];
  const Json* found = nullptr;
  for (const auto& [digest, one] : images) {
    const auto tags = texts_of(one, "tags");
    const bool same = name.digest.empty() ? std::ranges::find(tags, image.version) != tags.end() : digest == name.digest;
    if (same) found = &one, image.digest = digest;
  }
  if (!c.region.things["repository"].contains(name.repository) || found == nullptr) {
    image.problem = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + text + ": " +
                    text + ": not found";
    return image;
  }
  if (name.tag.empty() && !texts_of(*found, "tags").empty()) image.version = texts_of(*found, "tags").front();
  if (const auto program = text_at(*found, "process"); !program.empty()) {
    image.kind = "process";
    image.program = program;
  }
  return image;
}

}  // namespace

Image resolve_image(Context& c, const std::string& text) {
  const Name name = parse(text);
  if (name.repository.starts_with("process/")) return made_up(c, name, "process");
  if (name.repository.starts_with("sim/")) return made_up(c, name, "sim");
  if (name.host.find(".dkr.ecr.") != std::string::npos) return from_ecr(c, text, name);
  Image image;
  image.kind = "container";
  image.version = name.tag;
  image.digest = name.digest;
  return image;
}

}  // namespace fairlead::sandbox::ecs
