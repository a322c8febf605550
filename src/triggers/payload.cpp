// SPDX-License-Identifier: Apache-2.0
#include "triggers/payload.hpp"

#include <algorithm>

namespace fairlead::triggers {

bool is_zero_sha(std::string_view sha) {
  return (sha.size() == 40 || sha.size() == 64) && std::ranges::all_of(sha, [](char c) { return c == '0'; });
}

std::string commit_or_empty(std::string_view sha) { return is_zero_sha(sha) ? std::string() : std::string(sha); }

bool is_tag_ref(std::string_view ref) { return ref.starts_with("refs/tags/"); }

std::string id_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  return {};
}

void add_url(Repository& repository, const Json& object, std::string_view key) {
  auto url = text_at(object, key);
  if (!url.empty()) repository.urls.push_back(std::move(url));
}

Parsed ignored(std::string_view event, std::string reason) {
  return {.event = std::string(event), .deliveries = {}, .ignored = std::move(reason)};
}

void settle(Delivery& delivery) {
  delivery.kind = is_tag_ref(delivery.ref) ? Kind::tag : Kind::push;
  delivery.deleted = delivery.deleted || is_zero_sha(delivery.after);
  delivery.created = delivery.created || is_zero_sha(delivery.before);
  delivery.before = commit_or_empty(delivery.before);
  delivery.after = commit_or_empty(delivery.after);
}

}  // namespace fairlead::triggers
