// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/blocking.hpp"
#include "cli/globals.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::cli {

/// The server that belongs to a configuration file, whether it runs or not.
struct ServerPlace {
  std::filesystem::path config_file;
  std::shared_ptr<const pipeline::ServerConfig> config;
  std::filesystem::path data;
};
/// `config` empty: found upwards from here. Throws Error(not_found | invalid).
ServerPlace find_place(const std::string& config);
/// Whether a server answers on the socket of this data folder.
bool is_running(const std::filesystem::path& data);
/// Options to reach the server of this data folder by its socket; what the caller named wins.
Globals reaching(Globals, const std::filesystem::path& data);

/// The store of a server that is not running: opened as the server would, closed with this object.
class LocalStore {
 public:
  /// Throws Error(not_found) without a database, Error(refused) while a server has it, Error(invalid) for a corrupt one.
  explicit LocalStore(const std::filesystem::path& data);
  ~LocalStore();
  LocalStore(const LocalStore&) = delete;
  LocalStore& operator=(const LocalStore&) = delete;

  store::Store& operator*() { return *store_; }
  store::Store* operator->() { return store_.get(); }
  template <class T>
  T wait(Awaitable<T> work) {
    return wait_for(io_, std::move(work));
  }
  void wait(Awaitable<void>);

 private:
  asio::io_context io_{1};
  Pool pool_{1};
  std::unique_ptr<store::Store> store_;
};

}  // namespace fairlead::cli
