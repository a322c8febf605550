// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/json.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

/// One line of `fairlead doctor`.
struct Finding {
  enum class State { ok, warn, fail };
  State state = State::ok;
  std::string name;  ///< "disk"
  std::string text;  ///< what is the case
  std::string hint;  ///< what to do about it
};
std::string_view to_string(Finding::State);

/// What the store knows, asked from the running server or read from its folder.
struct StoreFacts {
  bool running = false;
  Json check = Json::object();    ///< {ok, problems}
  Json audit = Json::object();    ///< {ok, events, problem}
  Json secrets = Json::array();   ///< [{name, scope}]
  Json locks;                     ///< [Lock]; null: not asked
  Json server;                    ///< of /api/v1/server; null: not asked
  std::optional<Time> newest;     ///< time of the last event
};

// Pure.
std::vector<Finding> judge_store(const StoreFacts&, Time now);
std::vector<Finding> judge_secrets(const pipeline::ServerConfig&, const StoreFacts&);
std::vector<Finding> judge_locks(const StoreFacts&, Time now);
Finding judge_disk(std::int64_t free_bytes, std::int64_t total_bytes);

// Look at this host.
Finding look_at_data(const std::filesystem::path& data);
Finding look_at_key(const std::filesystem::path& data);
Finding look_at_disk(const std::filesystem::path& data);
std::vector<Finding> look_at_programs(const pipeline::ServerConfig&);

}  // namespace fairlead::cli
