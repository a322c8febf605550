// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/prompt.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

std::string scope_of(const SecretOptions& options) {
  if (!options.app.empty()) return "app:" + options.app;
  return options.environment.empty() ? "server" : "env:" + options.environment;
}

std::string query_of(const SecretOptions& options) {
  if (!options.app.empty()) return "?app=" + url_encode(options.app);
  return options.environment.empty() ? "" : "?environment=" + url_encode(options.environment);
}

void tell(Output& output, const SecretOptions& options, const std::string& verb) {
  output.line(options.name + " " + verb + " (scope " + scope_of(options) + ")");
  output.document(Json{{"name", options.name}, {"scope", scope_of(options)}, {"done", verb}});
}

}  // namespace

int secret_set(const Globals& globals, const SecretOptions& options) {
  Client client(globals);
  Output output(globals);
  const Secret value = read_secret("value of " + options.name);
  if (!is_valid_utf8(value.reveal())) {
    throw Error(ErrorKind::usage, "the value of " + options.name + " is not text", "encode it as base64 first, and decode it in the step");
  }
  Json body{{"value", value.reveal()}};
  if (!options.app.empty()) body["app"] = options.app;
  if (!options.environment.empty()) body["environment"] = options.environment;
  client.put("/api/v1/secrets/" + segment(options.name), body);
  tell(output, options, "set");
  return Exit::done;
}

int secret_list(const Globals& globals) {
  Client client(globals);
  Output output(globals);
  const Json rows = client.get("/api/v1/secrets");
  output.document(rows);
  std::vector<std::vector<std::string>> table{{"NAME", "SCOPE", "VERSION", "SET"}};
  for (const auto& row : rows) {
    table.push_back(
        {text_at(row, "name"), text_at(row, "scope"), std::to_string(number_at(row, "version")), ago(member(row, "updated_at"))});
  }
  output.table(table);
  if (rows.empty()) output.line("no secrets; `fairlead secret set NAME` sets one");
  return Exit::done;
}

int secret_remove(const Globals& globals, const SecretOptions& options) {
  Client client(globals);
  Output output(globals);
  client.remove("/api/v1/secrets/" + segment(options.name) + query_of(options));
  tell(output, options, "removed");
  return Exit::done;
}

}  // namespace fairlead::cli
