// SPDX-License-Identifier: Apache-2.0
#include "triggers/seen_refs.hpp"

#include "fairlead/base/json.hpp"

namespace fairlead::triggers {
namespace {

constexpr std::string_view ref_kind = "seen-ref";
constexpr std::string_view noted_kind = "refs-noted";

std::string key_of(const std::string& app, const std::string& ref) { return app + " " + ref; }

SeenRef from_json(const std::string& text) {
  auto json = parse_json(text);
  return {
      .sha = text_at(json, "sha"), .before = text_at(json, "before"), .commit = text_at(json, "commit"), .by_poll = flag_at(json, "poll")};
}

}  // namespace

std::optional<SeenRef> seen_ref(store::View& view, const std::string& app, const std::string& ref) {
  auto doc = view.get(ref_kind, key_of(app, ref));
  if (!doc) return std::nullopt;
  return from_json(doc->body);
}

std::map<std::string, SeenRef> seen_refs(store::View& view, const std::string& app) {
  std::map<std::string, SeenRef> seen;
  auto prefix = key_of(app, "");
  for (const auto& doc : view.list(ref_kind, prefix)) seen.emplace(doc.key.substr(prefix.size()), from_json(doc.body));
  return seen;
}

void note_ref(store::Tx& tx, const std::string& app, const std::string& ref, const SeenRef& seen) {
  Json json{{"sha", seen.sha}};
  if (!seen.before.empty()) json["before"] = seen.before;
  if (!seen.commit.empty()) json["commit"] = seen.commit;
  if (seen.by_poll) json["poll"] = true;
  tx.put(ref_kind, key_of(app, ref), dump(json));
}

void forget_ref(store::Tx& tx, const std::string& app, const std::string& ref) { tx.erase(ref_kind, key_of(app, ref)); }

bool is_noted(store::View& view, const std::string& app) { return view.get(noted_kind, app).has_value(); }

void set_noted(store::Tx& tx, const std::string& app) { tx.put(noted_kind, app, "{}"); }

}  // namespace fairlead::triggers
