// SPDX-License-Identifier: Apache-2.0
#include "cli/local_store.hpp"

#include "cli/client.hpp"
#include "cli/find_config.hpp"
#include "fairlead/base/process.hpp"

namespace fairlead::cli {

namespace {

Awaitable<bool> finished(Awaitable<void> work) {
  co_await std::move(work);
  co_return true;
}

}  // namespace

ServerPlace find_place(const std::string& config) {
  ServerPlace place;
  if (!config.empty()) {
    place.config_file = std::filesystem::absolute(config);
  } else if (const auto found = find_config()) {
    place.config_file = *found;
  } else {
    throw Error(ErrorKind::not_found, "there is no fairlead.yml here or above", "fairlead init writes one, or name it with --config");
  }
  place.config = load_config(place.config_file);
  place.data = data_folder(*place.config, place.config_file);
  return place;
}

bool is_running(const std::filesystem::path& data) {
  const auto socket = data / "fairlead.sock";
  if (!std::filesystem::exists(socket)) return false;
  Globals globals;
  globals.server = "unix:" + socket.string();
  try {
    Client client(globals);
    client.set_patience(std::chrono::seconds(5));
    client.text("/healthz");
    return true;
  } catch (const Error& error) {
    return error.kind() != ErrorKind::unavailable;
  }
}

Globals reaching(Globals globals, const std::filesystem::path& data) {
  const auto named = env_value("FAIRLEAD_SERVER");
  if (globals.server.empty() && !(named && !named->empty())) globals.server = "unix:" + (data / "fairlead.sock").string();
  return globals;
}

LocalStore::LocalStore(const std::filesystem::path& data) {
  if (!std::filesystem::exists(data / "fairlead.db")) {
    throw Error(ErrorKind::not_found, "there is no database in " + data.string(),
                "`fairlead serve` makes it, `fairlead restore` brings one back");
  }
  store::SqliteOptions options;
  options.folder = data;
  options.read_limit = std::chrono::hours(1);
  store_ = store::open_sqlite(io_.get_executor(), pool_, options);
}

LocalStore::~LocalStore() {
  store_->close();
  io_.restart();
  io_.run();
}

void LocalStore::wait(Awaitable<void> work) { wait_for(io_, finished(std::move(work))); }

}  // namespace fairlead::cli
