// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/payload.hpp"

#include "chat/slack/form.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat::slack {

namespace {

Json object_in(std::string_view text) {
  Json payload;
  try {
    payload = parse_json(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, "the payload is no JSON: " + error.message());
  }
  if (!payload.is_object()) throw Error(ErrorKind::usage, "the payload is no object");
  return payload;
}

/// A boolean in JSON payloads, text in slash commands.
bool says_true(const Json& payload, std::string_view key) { return flag_at(payload, key) || text_at(payload, key) == "true"; }

std::string first_text(std::initializer_list<std::string> candidates) {
  for (const auto& each : candidates)
    if (!each.empty()) return each;
  return {};
}

}  // namespace

Incoming::Kind kind_of_interactive(const Json& payload) {
  return text_at(payload, "type") == "block_suggestion" ? Incoming::Kind::options : Incoming::Kind::interaction;
}

Incoming read_request(std::string_view content_type, std::string_view body) {
  Incoming incoming;
  if (to_lower(content_type).starts_with("application/json")) {
    incoming.kind = Incoming::Kind::event;
    incoming.payload = object_in(body);
    return incoming;
  }
  Json fields = fields_of(body);
  if (fields.contains("payload")) {
    incoming.payload = object_in(text_at(fields, "payload"));
    incoming.kind = kind_of_interactive(incoming.payload);
    return incoming;
  }
  if (!fields.contains("command")) throw Error(ErrorKind::usage, "the body is neither a slash command nor an interaction nor an event");
  incoming.payload = std::move(fields);
  return incoming;
}

Installed installed_at(const Json& payload) {
  const auto& authorizations = member(payload, "authorizations");
  const Json& first = authorizations.is_array() && !authorizations.empty() ? authorizations.front() : member(payload, "");
  Installed where;
  where.team =
      first_text({text_at(payload, "context_team_id"), text_at(first, "team_id"), text_at(member(payload, "view"), "app_installed_team_id"),
                  text_at(member(payload, "team"), "id"), text_at(payload, "team_id"), text_at(member(payload, "user"), "team_id")});
  where.enterprise = first_text({text_at(payload, "context_enterprise_id"), text_at(first, "enterprise_id"),
                                 text_at(member(payload, "enterprise"), "id"), text_at(payload, "enterprise_id")});
  where.org_wide = says_true(payload, "is_enterprise_install") || flag_at(first, "is_enterprise_install");
  return where;
}

}  // namespace fairlead::chat::slack
