// SPDX-License-Identifier: Apache-2.0
#include "chat/console/views.hpp"

#include <algorithm>

#include "chat/console/elements.hpp"
#include "fairlead/base/crypto.hpp"
#include "fairlead/chat/web_api.hpp"

namespace fairlead::chat {

namespace {

constexpr auto trigger_life = std::chrono::seconds(30);
constexpr std::size_t most_triggers = 1000;
constexpr std::size_t most_stacks = 500;
constexpr std::size_t most_views = 3;

ApiError no(const char* method, const char* code, const char* detail = "") { return {ApiError::Kind::rejected, method, code, detail}; }

std::string new_id(const char* prefix) { return prefix + hex(random_bytes(10)); }

}  // namespace

std::string Views::trigger(const std::string& client, Deadline now) {
  if (triggers_.size() >= most_triggers) std::erase_if(triggers_, [now](const auto& one) { return one.second.until <= now; });
  if (triggers_.size() >= most_triggers) triggers_.clear();
  auto id = new_id("console.");
  triggers_.emplace(id, Trigger{client, now + trigger_life});
  return id;
}

std::string Views::take(const std::string& trigger, Deadline now, const char* method) {
  const auto found = triggers_.find(trigger);
  if (found == triggers_.end()) throw no(method, "exchanged_trigger_id", "the trigger is unknown or was used");
  auto client = found->second.client;
  const bool late = found->second.until <= now;
  triggers_.erase(found);
  if (late) throw no(method, "expired_trigger_id");
  return client;
}

Views::Stack& Views::stack(const std::string& client) {
  if (stacks_.size() >= most_stacks && !stacks_.contains(client)) stacks_.clear();
  auto& found = stacks_[client];
  found.revision = ++revisions_;
  return found;
}

Json Views::kept(const Stack& below, Json view) const {
  if (!view.is_object()) view = Json::object();
  if (!view.contains("blocks") || !view["blocks"].is_array()) view["blocks"] = Json::array();
  name_blocks(view["blocks"]);
  view["id"] = new_id("V");
  view["hash"] = new_id("");
  view["root_view_id"] = below.views.empty() ? view["id"] : below.views.front()["id"];
  view["previous_view_id"] = below.views.empty() ? Json(nullptr) : below.views.back()["id"];
  return view;
}

const Json& Views::open(const std::string& trigger, Json view, Deadline now) {
  auto& mine = stack(take(trigger, now, "views.open"));
  mine.views.clear();
  mine.views.push_back(kept(mine, std::move(view)));
  return mine.views.back();
}

const Json& Views::push(const std::string& trigger, Json view, Deadline now) {
  auto client = take(trigger, now, "views.push");
  if (stacks_[client].views.size() >= most_views) throw no("views.push", "push_limit_reached");
  push_on(client, std::move(view));
  return stacks_[client].views.back();
}

void Views::push_on(const std::string& client, Json view) {
  auto& mine = stack(client);
  if (mine.views.size() >= most_views) mine.views.pop_back();
  mine.views.push_back(kept(mine, std::move(view)));
}

const Json& Views::update(const std::string& view_id, const std::string& external_id, const std::string& hash, Json view) {
  for (auto& [client, mine] : stacks_)
    for (auto& old : mine.views) {
      if (view_id.empty() ? external_id.empty() || text_at(old, "external_id") != external_id : text_at(old, "id") != view_id) continue;
      if (!hash.empty() && text_at(old, "hash") != hash) throw no("views.update", "hash_conflict");
      auto changed = kept({}, std::move(view));
      for (const char* key : {"id", "root_view_id", "previous_view_id"}) changed[key] = old[key];
      old = std::move(changed);
      mine.revision = ++revisions_;
      return old;
    }
  throw no("views.update", "not_found", "the modal was closed");
}

void Views::close(const std::string& client, const std::string& view_id) {
  auto& views = stack(client).views;
  const auto found = std::ranges::find(views, view_id, [](const Json& view) { return text_at(view, "id"); });
  views.erase(found, views.end());
}

void Views::clear(const std::string& client) { stack(client).views.clear(); }

const Json& Views::find(const std::string& client, const std::string& view_id) const {
  static const Json none;
  const auto mine = stacks_.find(client);
  if (mine == stacks_.end()) return none;
  const auto found = std::ranges::find(mine->second.views, view_id, [](const Json& view) { return text_at(view, "id"); });
  return found == mine->second.views.end() ? none : *found;
}

std::string Views::client_of(const std::string& view_id) const {
  for (const auto& [client, mine] : stacks_)
    for (const auto& view : mine.views)
      if (text_at(view, "id") == view_id) return client;
  return {};
}

Json Views::shown(const std::string& client) const {
  const auto mine = stacks_.find(client);
  if (mine == stacks_.end()) return {{"revision", 0}, {"stack", Json::array()}};
  return {{"revision", mine->second.revision}, {"stack", mine->second.views}};
}

}  // namespace fairlead::chat
