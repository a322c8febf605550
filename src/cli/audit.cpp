// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/find_config.hpp"
#include "cli/local_store.hpp"
#include "cli/output.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::cli {

namespace {

/// The stopped server's folder, or nothing when the server has to be asked.
std::optional<ServerPlace> stopped_place(const Globals& globals, const std::string& config) {
  const auto named = env_value("FAIRLEAD_SERVER");
  if (!globals.server.empty() || (config.empty() && ((named && !named->empty()) || !find_config()))) return std::nullopt;
  auto place = find_place(config);
  if (is_running(place.data)) return std::nullopt;
  return place;
}

Globals globals_for(Globals globals, const std::string& config) {
  return config.empty() ? globals : reaching(globals, find_place(config).data);
}

void print(const store::Event& event) {
  const Json line{{"seq", event.seq},
                  {"stream", event.stream},
                  {"version", event.version},
                  {"type", event.type},
                  {"at", format_time(event.at)},
                  {"actor", event.actor},
                  {"payload", parse_json(event.payload, 256)},
                  {"hash", event.hash}};
  std::printf("%s\n", dump(line).c_str());
}

void export_local(LocalStore& store) {
  constexpr int piece = 500;
  std::int64_t after = 0;
  for (;;) {
    const auto events = store.wait(store->read([after](store::View& view) { return view.feed(after, piece); }));
    for (const auto& event : events) print(event);
    if (events.size() < piece) return;
    after = events.back().seq;
  }
}

Json verify_local(const std::filesystem::path& data) {
  try {
    LocalStore store(data);
    const auto found = store.wait(store->verify());
    return Json{{"ok", found.ok}, {"events", found.events}, {"problem", found.problem}};
  } catch (const Error& error) {
    // The newest events are verified before anything else is done with a store.
    if (error.kind() != ErrorKind::invalid) throw;
    return Json{{"ok", false}, {"events", nullptr}, {"problem", error.message()}};
  }
}

}  // namespace

int audit_verify(const Globals& globals, const std::string& config) {
  Output output(globals);
  Json report;
  if (const auto place = stopped_place(globals, config)) {
    report = verify_local(place->data);
  } else {
    Client client(globals_for(globals, config));
    client.set_patience(std::chrono::hours(1));
    report = client.post("/api/v1/audit/verify", Json::object());
  }
  const bool ok = flag_at(report, "ok");
  const std::string count = std::to_string(number_at(report, "events"));
  if (ok) output.line(count + " events, every hash follows");
  if (!ok) output.error("the log was altered after it was written: " + text_at(report, "problem"));
  output.document(report);
  return ok ? Exit::done : Exit::failed;
}

int audit_export(const Globals& globals, const std::string& config) {
  if (const auto place = stopped_place(globals, config)) {
    LocalStore store(place->data);
    export_local(store);
    return Exit::done;
  }
  Client client(globals_for(globals, config));
  client.stream("/api/v1/audit/export", [](std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); });
  return Exit::done;
}

}  // namespace fairlead::cli
