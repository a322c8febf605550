// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sandbox/ecs/ecs.hpp"

namespace fairlead::sandbox::ecs {

namespace {

Json tag(Context& c, const Json& params) {
  const auto arn = text_at(params, "resourceArn");
  Json& tags = c.region.tags[arn];
  if (!tags.is_array()) tags = Json::array();
  for (const auto& given : member(params, "tags")) {
    auto same = std::ranges::find_if(tags, [&](const Json& one) { return text_at(one, "key") == text_at(given, "key"); });
    if (same == tags.end())
      tags.push_back(given);
    else
      *same = given;
  }
  c.key = arn, c.effect = "tagged";
  return Json::object();
}

Json untag(Context& c, const Json& params) {
  const auto arn = text_at(params, "resourceArn");
  const auto keys = texts_of(params, "tagKeys");
  Json kept = Json::array();
  for (const auto& one : tags_of(c, arn))
    if (std::ranges::find(keys, text_at(one, "key")) == keys.end()) kept.push_back(one);
  c.region.tags[arn] = kept;
  c.key = arn, c.effect = "untagged";
  return Json::object();
}

Json list(Context& c, const Json& params) { return {{"tags", tags_of(c, text_at(params, "resourceArn"))}}; }

}  // namespace

Json tags_of(Context& c, const std::string& arn) {
  const auto found = c.region.tags.find(arn);
  return found == c.region.tags.end() || !found->second.is_array() ? Json::array() : found->second;
}

bool wants_tags(const Json& params) {
  const auto include = texts_of(params, "include");
  return std::ranges::find(include, "TAGS") != include.end();
}

void add_tags(Table& table) {
  table["ecs.TagResource"] = {tag, true, "ecs.cluster-write"};
  table["ecs.UntagResource"] = {untag, true, "ecs.cluster-write"};
  table["ecs.ListTagsForResource"] = {list, false, "ecs.cluster-read"};
}

}  // namespace fairlead::sandbox::ecs
