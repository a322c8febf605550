// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

std::string texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const auto& one : list) texts.push_back(one.is_string() ? one.get<std::string>() : dump(one));
  return texts.empty() ? "all" : join(texts, ",");
}

}  // namespace

int token_create(const Globals& globals, const TokenOptions& options) {
  Client client(globals);
  Output output(globals);
  Json body{{"name", options.name}, {"role", options.role}};
  if (!options.user.empty()) body["user"] = options.user;
  if (!options.expires.empty()) body["expires"] = options.expires;
  if (!options.apps.empty()) body["apps"] = options.apps;
  if (!options.environments.empty()) body["environments"] = options.environments;
  const Json token = client.post("/api/v1/tokens", body);
  output.document(token);
  // The token alone on stdout, even with --quiet, so that it can be piped into a file; it is shown this once.
  if (!output.json()) std::printf("%s\n", text_at(token, "token").c_str());
  output.note(text_at(token, "name") + " is a " + text_at(token, "role") + " until " + text_at(token, "expires_at", "revoked") +
              "; this text is not shown again");
  return Exit::done;
}

int token_list(const Globals& globals) {
  Client client(globals);
  Output output(globals);
  const Json rows = client.get("/api/v1/tokens");
  output.document(rows);
  std::vector<std::vector<std::string>> table{{"NAME", "ROLE", "USER", "APPS", "ENVIRONMENTS", "EXPIRES", "LAST USED", "ID"}};
  for (const auto& row : rows) {
    table.push_back({text_at(row, "name"), text_at(row, "role"), text_at(row, "user", "-"), texts_of(member(row, "apps")),
                     texts_of(member(row, "environments")), text_at(row, "expires_at", "-"), ago(member(row, "last_used_at")),
                     text_at(row, "id")});
  }
  output.table(table);
  if (rows.empty()) output.line("no tokens; `fairlead token create NAME` makes one");
  return Exit::done;
}

int token_revoke(const Globals& globals, const std::string& id) {
  Client client(globals);
  Output output(globals);
  client.remove("/api/v1/tokens/" + segment(id));
  output.line(id + " is revoked");
  output.document(Json{{"id", id}, {"done", "revoke"}});
  return Exit::done;
}

}  // namespace fairlead::cli
