// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

/// The nearest fairlead.yml from here upwards.
std::optional<std::filesystem::path> find_config();
/// The socket of the server whose fairlead.yml is found upwards from here, when the file exists.
std::optional<std::filesystem::path> find_socket();

/// Reads and validates a server file. Throws Error(invalid) with all problems as the message, Error(not_found) without a file.
std::shared_ptr<const pipeline::ServerConfig> load_config(const std::filesystem::path&);
/// `data:` of the file, made absolute.
std::filesystem::path data_folder(const pipeline::ServerConfig&, const std::filesystem::path& config_file);

}  // namespace fairlead::cli
