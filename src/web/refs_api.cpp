// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"
#include "web/handlers.hpp"

/// Branches, tags and commits that a deploy can name, for pickers.
namespace fairlead::web {

namespace {

bool matches(const Json& ref, const char* key, const std::string& query) {
  return query.empty() || to_lower(text_at(ref, key)).contains(query) || to_lower(text_at(ref, "subject")).contains(query);
}

Json some_of(const Json& refs, const std::string& query, int limit) {
  Json kept = Json::array();
  for (const auto& ref : refs)
    if (static_cast<int>(kept.size()) < limit && matches(ref, "name", query)) kept.push_back(ref);
  return kept;
}

/// Of the last runs: what was built once is deployed fast.
Json commits_of(const std::vector<store::RunRow>& rows, const std::string& query, int limit) {
  Json kept = Json::array();
  std::set<std::string> seen;
  for (const auto& row : rows) {
    if (row.sha.empty() || static_cast<int>(kept.size()) >= limit || !seen.insert(row.sha).second) continue;
    const auto subject = "#" + std::to_string(row.number) + " " + replace_all(row.ref, "refs/heads/", "");
    Json commit{{"sha", row.sha}, {"subject", subject}, {"at", format_time(row.created_at)}};
    if (matches(commit, "sha", query)) kept.push_back(std::move(commit));
  }
  return kept;
}

}  // namespace

Awaitable<net::Response> list_refs(Call& call) {
  const auto& app = call.parameter("app");
  call.require_app(app);
  if (!call.services.config.apps.contains(app)) throw Error(ErrorKind::not_found, "there is no app \"" + app + "\"");
  const auto query = to_lower(call.query("query"));
  const int limit = call.limit(30);
  const Json known = call.services.parts.refs ? co_await call.services.parts.refs(app) : Json::object();
  const auto rows = co_await call.services.store().read([&app](store::View& view) {
    return view.runs({.app = app, .environment = {}, .state = {}, .actor = {}, .unfinished = false, .before = {}, .limit = 100});
  });
  co_return net::Response::json(200, Json{{"branches", some_of(member(known, "branches"), query, limit)},
                                          {"tags", some_of(member(known, "tags"), query, limit)},
                                          {"commits", commits_of(rows, query, limit)}});
}

}  // namespace fairlead::web
