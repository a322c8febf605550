// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "cli/client.hpp"
#include "cli/commands.hpp"
#include "cli/local_store.hpp"
#include "cli/output.hpp"
#include "fairlead/base/fd.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"

namespace fairlead::cli {

namespace {

namespace fs = std::filesystem;

/// What a backup of the database leaves out, and why it matters.
Json left_out(const ServerPlace& place) {
  return Json::array({Json{{"path", (place.data / "secret.key").string()}, {"why", "without it no secret in the backup can be read"}},
                      Json{{"path", place.config_file.string()}, {"why", "apps, environments, who may approve"}},
                      Json{{"path", (place.data / "artifacts").string()}, {"why", "artifacts kept for download"}},
                      Json{{"path", (place.data / "runs").string()}, {"why", "logs of all steps"}}});
}

/// Copies a database file so that it is whole or absent at `target`.
void copy_durably(const fs::path& source, const fs::path& target) {
  const fs::path half = target.string() + ".part";
  fs::copy_file(source, half, fs::copy_options::overwrite_existing);
  fs::permissions(half, fs::perms::owner_read | fs::perms::owner_write);
  if (const Fd file(::open(half.c_str(), O_RDONLY | O_CLOEXEC)); !file || ::fsync(file.get()) != 0)
    throw errno_error("writing " + half.string());
  fs::rename(half, target);
  sync_folder(target.parent_path());
}

std::int64_t require_whole(const fs::path& source) {
  const TempFolder folder("fairlead-restore-");
  fs::copy_file(source, folder.path() / "fairlead.db");
  LocalStore copy(folder.path());
  const auto problems = copy.wait(copy->check());
  if (!problems.empty()) throw Error(ErrorKind::invalid, source.string() + " is damaged: " + problems.front());
  const auto report = copy.wait(copy->verify());
  if (!report.ok) throw Error(ErrorKind::invalid, source.string() + " is damaged: " + report.problem);
  return report.events;
}

/// Takes the present database out of the way, with what belongs to it, and tells where it is now.
fs::path put_aside(const fs::path& data) {
  const fs::path aside = data / ("fairlead.db.before-restore-" + std::to_string(to_micros(now()) / 1'000'000));
  for (const char* suffix : {"-wal", "-shm", ""}) {
    const fs::path file = data / ("fairlead.db" + std::string(suffix));
    if (fs::exists(file)) fs::rename(file, aside.string() + suffix);
  }
  return aside;
}

}  // namespace

int backup(const Globals& globals, const std::string& config, const std::string& target_text) {
  Output output(globals);
  const fs::path target = fs::absolute(target_text).lexically_normal();
  if (fs::exists(target))
    throw Error(ErrorKind::refused, target.string() + " exists already", "name a new file; a backup never overwrites another");
  if (!fs::is_directory(target.parent_path())) throw Error(ErrorKind::not_found, "there is no folder " + target.parent_path().string());
  const ServerPlace place = find_place(config);
  const bool running = is_running(place.data);
  if (running) {
    Client client(reaching(globals, place.data));
    client.set_patience(std::chrono::hours(1));
    client.post("/api/v1/store/backup", Json{{"path", target.string()}});
  } else {
    LocalStore store(place.data);
    store.wait(store->backup(target));
  }
  const Json also = left_out(place);
  output.line("wrote " + target.string() + (running ? " while the server runs" : ""));
  output.line("keep with it:");
  for (const auto& file : also) output.line("  " + text_at(file, "path") + "  " + text_at(file, "why"));
  output.document(Json{{"path", target.string()}, {"bytes", fs::file_size(target)}, {"keep_with_it", also}});
  return Exit::done;
}

int restore(const Globals& globals, const RestoreOptions& options) {
  Output output(globals);
  const fs::path source = fs::absolute(options.source).lexically_normal();
  if (!fs::is_regular_file(source)) throw Error(ErrorKind::not_found, "there is no file " + source.string());
  const ServerPlace place = find_place(options.config);
  const fs::path database = place.data / "fairlead.db";
  if (is_running(place.data))
    throw Error(ErrorKind::refused, "a server runs on " + place.data.string(), "stop it first: it would go on with the old database");
  const bool present = fs::exists(database);
  if (present && !options.force) {
    throw Error(ErrorKind::refused, "there is a database already: " + database.string(), "--force keeps it beside the restored one");
  }
  const auto events = require_whole(source);
  make_folders(place.data, 0700);
  const fs::path aside = present ? put_aside(place.data) : fs::path();
  copy_durably(source, database);
  output.line("restored " + std::to_string(events) + " events to " + database.string());
  if (present) output.line("the former database is " + aside.string());
  const bool key = fs::exists(place.data / "secret.key");
  if (!key) output.note("put the secret.key of the backup into " + place.data.string() + ", else its secrets have to be set again");
  output.document(Json{{"path", database.string()},
                       {"events", events},
                       {"before", present ? Json(aside.string()) : Json(nullptr)},
                       {"has_secret_key", key}});
  return Exit::done;
}

}  // namespace fairlead::cli
