// SPDX-License-Identifier: Apache-2.0
#include "cli/refs.hpp"

#include <map>
#include <memory>
#include <set>

#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/git/refs.hpp"
#include "fairlead/git/types.hpp"

namespace fairlead::cli {

namespace {

constexpr auto disk_fresh = std::chrono::seconds(15);
constexpr auto remote_fresh = std::chrono::minutes(1);
constexpr std::size_t most = 1000;

struct Known {
  Json refs;  ///< null: nothing was read yet
  std::vector<git::RemoteRef> remote;
  Deadline read_after{}, ask_after{};
  bool busy = false;
};

Json local_json(const std::vector<git::Ref>& refs) {
  Json list = Json::array();
  for (const auto& ref : refs)
    list.push_back({{"name", ref.name}, {"sha", ref.sha.str()}, {"subject", ref.subject}, {"at", format_time(ref.time)}});
  return list;
}

/// Adds what the remote has and the mirror has not brought yet.
void add_remote(Json& refs, const std::vector<git::RemoteRef>& remote) {
  std::set<std::string> names;
  for (const char* kind : {"branches", "tags"})
    for (const auto& ref : refs[kind]) names.insert(kind + text_at(ref, "name"));
  for (const auto& ref : remote) {
    const auto branch = git::branch_of(ref.ref), tag = git::tag_of(ref.ref);
    if (!branch && !tag) continue;
    const char* kind = branch ? "branches" : "tags";
    const auto& name = branch ? *branch : *tag;
    if (refs[kind].size() >= most || !names.insert(kind + name).second) continue;
    refs[kind].push_back({{"name", name}, {"sha", ref.commit().str()}, {"subject", ""}});
  }
}

struct Cache {
  GitSource* source = nullptr;
  asio::any_io_executor executor;
  std::map<std::string, Known> apps;
};

Awaitable<void> read_disk(std::shared_ptr<Cache> cache, std::string app) {
  Json refs{{"branches", Json::array()}, {"tags", Json::array()}};
  try {
    auto& mirror = cache->source->mirror(app);
    const auto branches = co_await mirror.branches(most);
    const auto tags = co_await mirror.tags(most);
    refs = {{"branches", local_json(branches)}, {"tags", local_json(tags)}};
  } catch (const Error&) {
    // Nothing was fetched of this app yet: the remote is asked anyway.
  }
  auto& known = cache->apps[app];
  add_remote(refs, known.remote);
  known.refs = std::move(refs);
  known.read_after = deadline_in(disk_fresh);
}

Awaitable<void> refresh(std::shared_ptr<Cache> cache, std::string app) {
  std::string why;
  try {
    if (std::chrono::steady_clock::now() >= cache->apps[app].ask_after) {
      cache->apps[app].ask_after = deadline_in(remote_fresh);
      auto remote = co_await cache->source->list_refs(app);
      cache->apps[app].remote = std::move(remote.refs);
    }
  } catch (const Error& error) {
    why = error.message();
  }
  if (!why.empty()) log::info("refs.not-asked", {{"app", app}, {"why", why}});
  co_await read_disk(cache, app);
  cache->apps[app].busy = false;
}

Awaitable<Json> refs_of(std::shared_ptr<Cache> cache, std::string app) {
  if (cache->apps[app].refs.is_null()) co_await read_disk(cache, app);
  auto& known = cache->apps[app];
  const auto now = std::chrono::steady_clock::now();
  if (!known.busy && (now >= known.read_after || now >= known.ask_after)) {
    known.busy = true;
    spawn(cache->executor, "refs of " + app, refresh(cache, app), [cache, app](std::exception_ptr error) {
      cache->apps[app].busy = false;
      log::warn("refs.failed", {{"app", app}, {"why", describe(error)}});
    });
  }
  co_return known.refs;
}

}  // namespace

std::function<Awaitable<Json>(std::string app)> known_refs(asio::any_io_executor executor, GitSource& source) {
  auto cache = std::make_shared<Cache>(Cache{&source, std::move(executor), {}});
  return [cache](std::string app) { return refs_of(cache, std::move(app)); };
}

}  // namespace fairlead::cli
