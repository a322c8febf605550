// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/find_config.hpp"
#include "cli/local_store.hpp"
#include "cli/output.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/projection.hpp"
#include "fairlead/store/secret_box.hpp"

namespace fairlead::cli {

namespace {

using State = Finding::State;

StoreFacts ask(const Globals& globals) {
  Client client(globals);
  client.set_patience(std::chrono::hours(1));
  StoreFacts facts;
  facts.running = true;
  facts.server = client.get("/api/v1/server");
  facts.check = client.post("/api/v1/store/check", Json::object());
  facts.audit = client.post("/api/v1/audit/verify", Json::object());
  facts.secrets = client.get("/api/v1/secrets");
  facts.locks = client.get("/api/v1/locks");
  const Json last = client.get("/api/v1/audit?limit=1");
  if (!last.empty()) facts.newest = parse_time(text_at(last.front(), "at"));
  return facts;
}

StoreFacts read(const std::filesystem::path& data) {
  LocalStore store(data);
  StoreFacts facts;
  const auto problems = store.wait(store->check());
  facts.check = Json{{"ok", problems.empty()}, {"problems", problems}};
  const auto audit = store.wait(store->verify());
  facts.audit = Json{{"ok", audit.ok}, {"events", audit.events}, {"problem", audit.problem}};
  const auto box = store::SecretBox::open(data / "secret.key");
  const auto look = [&](store::View& view) {
    for (const auto& secret : box.list(view)) {
      facts.secrets.push_back(Json{{"name", secret.name}, {"scope", secret.scope}});
      box.get(view, secret.scope, secret.name);  // throws when the key is another
    }
    const auto last = view.feed(view.head() - 1, 1);
    return last.empty() ? std::optional<Time>() : last.front().at;
  };
  facts.newest = store.wait(store->read(look));
  return facts;
}

void add(std::vector<Finding>& findings, std::vector<Finding> more) { std::ranges::move(more, std::back_inserter(findings)); }

/// Everything that needs the store: from the server when one runs, else from the folder.
void look_at_store(std::vector<Finding>& findings, const Globals& globals, const ServerPlace& place) {
  const bool running = is_running(place.data);
  if (!running && !std::filesystem::exists(place.data / "fairlead.db")) {
    findings.push_back({State::warn, "server", "does not run, and has not run yet", "fairlead serve"});
    return;
  }
  try {
    const StoreFacts facts = running ? ask(reaching(globals, place.data)) : read(place.data);
    findings.push_back(running ? Finding{State::ok, "server", "answers, version " + text_at(facts.server, "version"), ""}
                               : Finding{State::warn, "server", "does not run", "fairlead serve"});
    add(findings, judge_store(facts, now()));
    add(findings, judge_secrets(*place.config, facts));
    add(findings, judge_locks(facts, now()));
  } catch (const Error& error) {
    findings.push_back({State::fail, running ? "server" : "database", error.message(), error.hint()});
  }
}

std::vector<Finding> examine(const Globals& globals, const std::string& config) {
  std::vector<Finding> findings;
  ServerPlace place;
  try {
    place = find_place(config);
  } catch (const Error& error) {
    return {{State::fail, "config", error.message(), error.hint()}};
  }
  findings.push_back({State::ok, "config",
                      fmt::format("{}, apps: {}, environments: {}", place.config_file.string(), place.config->apps.size(),
                                  place.config->environments.size()),
                      ""});
  findings.push_back(look_at_data(place.data));
  findings.push_back(look_at_key(place.data));
  findings.push_back(look_at_disk(place.data));
  add(findings, look_at_programs(*place.config));
  look_at_store(findings, globals, place);
  return findings;
}

int rebuild(const Globals& globals, const std::string& config) {
  Output output(globals);
  const ServerPlace place = find_place(config);
  if (is_running(place.data))
    throw Error(ErrorKind::refused, "a server runs on " + place.data.string(), "stop it first: it writes the same lists");
  LocalStore store(place.data);
  auto projection = std::make_shared<engine::Projection>();
  const auto events = store.wait(store->rebuild([projection](store::Tx& tx, const store::Event& event) { projection->apply(tx, event); }));
  output.line(fmt::format("made the lists anew from {} events: {} runs", events, projection->runs()));
  output.document(Json{{"events", events}, {"runs", projection->runs()}});
  return Exit::done;
}

}  // namespace

int doctor(const Globals& globals, const DoctorOptions& options) {
  if (options.rebuild) return rebuild(globals, options.config);
  Output output(globals);
  const auto findings = examine(globals, options.config);
  Json checks = Json::array();
  bool ok = true;
  for (const auto& finding : findings) {
    output.line(fmt::format("{:<5} {:<9} {}", to_string(finding.state), finding.name, finding.text));
    if (!finding.hint.empty()) output.line(fmt::format("{:<15} → {}", "", finding.hint));
    checks.push_back(Json{{"state", to_string(finding.state)}, {"name", finding.name}, {"text", finding.text}, {"hint", finding.hint}});
    ok = ok && finding.state != State::fail;
  }
  output.document(Json{{"ok", ok}, {"checks", checks}});
  return ok ? Exit::done : Exit::failed;
}

}  // namespace fairlead::cli
