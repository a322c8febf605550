// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/reasons.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

void add(Json& body, const char* name, const std::string& value) {
  if (!value.empty()) body[name] = value;
}

std::string place_of(const Json& lock) {
  const std::string app = text_at(lock, "app");
  const std::string environment = text_at(lock, "environment");
  return (environment == "*" ? "every environment" : environment) + (app.empty() ? "" : " for " + app);
}

void print(Output& output, const Json& locks) {
  std::vector<std::vector<std::string>> table{{"ENVIRONMENT", "APP", "BY", "SINCE", "FROM", "UNTIL", "REASON", "ID"}};
  bool cut = false;
  for (const auto& lock : locks) {
    const std::string why = headline(text_at(lock, "reason"), 80);
    cut = cut || why != text_at(lock, "reason");
    table.push_back({text_at(lock, "environment"), text_at(lock, "app", "all"), text_at(lock, "owner"), ago(member(lock, "since")),
                     text_at(lock, "from", "-"), text_at(lock, "until", "taken away"), why, text_at(lock, "id")});
  }
  constexpr std::size_t reason = 6;
  output.table(std::move(table), reason);
  if (cut && !output.json()) output.note("--json has the reasons in full");
}

int show_all(const Globals& globals, const std::string& path, const std::string& nothing) {
  Client client(globals);
  Output output(globals);
  const Json found = client.get(path);
  output.document(found);
  print(output, found);
  if (found.empty()) output.line(nothing);
  return Exit::done;
}

}  // namespace

int lock(const Globals& globals, const LockOptions& options) {
  Client client(globals);
  Output output(globals);
  Json body{{"environment", options.environment}, {"reason", options.reason}};
  add(body, "app", options.app);
  add(body, "for", options.span);
  const Json taken = client.post("/api/v1/locks", body);
  output.line(place_of(taken) + " is locked until " + text_at(taken, "until", "`fairlead unlock`"));
  output.document(taken);
  return Exit::done;
}

int unlock(const Globals& globals, const LockOptions& options) {
  Client client(globals);
  Output output(globals);
  client.remove("/api/v1/locks/" + segment(options.environment) + (options.app.empty() ? "" : "?app=" + url_encode(options.app)));
  const Json done{
      {"environment", options.environment}, {"app", options.app.empty() ? Json(nullptr) : Json(options.app)}, {"done", "unlock"}};
  output.line(place_of(done) + " is unlocked");
  output.document(done);
  return Exit::done;
}

int locks(const Globals& globals) { return show_all(globals, "/api/v1/locks", "no locks"); }

int freeze_add(const Globals& globals, const FreezeOptions& options) {
  Client client(globals);
  Output output(globals);
  Json body{{"environment", options.environment}, {"reason", options.reason}};
  add(body, "app", options.app);
  add(body, "from", options.from);
  add(body, "until", options.until);
  add(body, "for", options.span);
  const Json taken = client.post("/api/v1/freezes", body);
  output.line(place_of(taken) + " is frozen from " + text_at(taken, "from", "now") + " until " +
              text_at(taken, "until", "`fairlead freeze remove " + text_at(taken, "id") + "`"));
  output.document(taken);
  return Exit::done;
}

int freeze_list(const Globals& globals) { return show_all(globals, "/api/v1/freezes", "no freezes"); }

int freeze_remove(const Globals& globals, const std::string& id) {
  Client client(globals);
  Output output(globals);
  client.remove("/api/v1/freezes/" + segment(id));
  output.line("freeze " + id + " is over");
  output.document(Json{{"id", id}, {"done", "remove"}});
  return Exit::done;
}

}  // namespace fairlead::cli
