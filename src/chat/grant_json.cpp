// SPDX-License-Identifier: Apache-2.0
#include "chat/grant_json.hpp"

namespace fairlead::chat {

Json kept_json(const KeptGrant& kept) {
  Json uses = Json::array();
  for (const auto& use : kept.uses) {
    uses.push_back({{"click", use.click},
                    {"user", use.user},
                    {"at", to_micros(use.at)},
                    {"done", use.done},
                    {"refused", use.refused},
                    {"text", use.text}});
  }
  const Grant& grant = kept.grant;
  return {{"verb", grant.verb},
          {"args", grant.args},
          {"card", grant.card},
          {"audience", grant.audience},
          {"expires", json_time(grant.expires)},
          {"once", grant.once},
          {"revision", kept.revision},
          {"uses", uses}};
}

KeptGrant kept_from(const Json& json) {
  KeptGrant kept;
  kept.grant = {.verb = text_at(json, "verb"),
                .args = member(json, "args"),
                .card = text_at(json, "card"),
                .audience = text_at(json, "audience"),
                .expires = time_at(json, "expires"),
                .once = flag_at(json, "once", true)};
  kept.revision = static_cast<int>(number_at(json, "revision"));
  for (const auto& use : member(json, "uses")) {
    kept.uses.push_back({.click = text_at(use, "click"),
                         .user = text_at(use, "user"),
                         .at = time_at(use, "at").value_or(Time{}),
                         .done = flag_at(use, "done"),
                         .refused = flag_at(use, "refused"),
                         .text = text_at(use, "text")});
  }
  return kept;
}

}  // namespace fairlead::chat
