// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

int user_list(const Globals& globals) {
  Client client(globals);
  Output output(globals);
  const Json users = client.get("/api/v1/users");
  output.document(users);
  std::vector<std::vector<std::string>> table{{"PERSON", "IDENTITY", "BY", "LINKED BY", "SINCE"}};
  for (const auto& user : users) {
    for (const auto& one : member(user, "identities"))
      table.push_back(
          {text_at(user, "id"), text_at(one, "identity"), text_at(one, "by"), text_at(one, "linked_by"), ago(member(one, "at"))});
  }
  output.table(table);
  if (users.empty()) output.line("no account is linked; say `link` in the chat, or `fairlead user link slack:U123 user:NAME`");
  return Exit::done;
}

int user_link(const Globals& globals, const std::string& identity_or_code, const std::string& person) {
  Client client(globals);
  Output output(globals);
  const Json link = person.empty() ? client.post("/api/v1/users/redeem", Json{{"code", identity_or_code}})
                                   : client.post("/api/v1/users/links", Json{{"identity", identity_or_code}, {"person", person}});
  const std::string identity = text_at(link, "identity");
  output.line(identity + " is " + text_at(link, "person") + " from now on");
  output.note("was it not you who asked for this? fairlead user unlink " + identity);
  output.document(link);
  return Exit::done;
}

int user_unlink(const Globals& globals, const std::string& identity) {
  Client client(globals);
  Output output(globals);
  client.remove("/api/v1/users/links/" + segment(identity));
  output.line(identity + " is nobody else's any more");
  output.document(Json{{"identity", identity}, {"done", "unlink"}});
  return Exit::done;
}

}  // namespace fairlead::cli
