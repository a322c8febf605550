// SPDX-License-Identifier: Apache-2.0
#include "cli/find_config.hpp"

#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"

namespace fairlead::cli {

std::optional<std::filesystem::path> find_config() {
  std::error_code error;
  for (auto folder = std::filesystem::current_path(error); !folder.empty(); folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "fairlead.yml", error)) return folder / "fairlead.yml";
    if (folder == folder.root_path()) break;
  }
  return std::nullopt;
}

std::optional<std::filesystem::path> find_socket() {
  const auto config = find_config();
  if (!config) return std::nullopt;
  std::filesystem::path data = config->parent_path() / "data";
  try {
    data = data_folder(*load_config(*config), *config);
  } catch (const Error&) {
    // A broken file is the server's business; its socket is most likely where it was.
  }
  std::error_code error;
  if (!std::filesystem::exists(data / "fairlead.sock", error)) return std::nullopt;
  return data / "fairlead.sock";
}

std::shared_ptr<const pipeline::ServerConfig> load_config(const std::filesystem::path& file) {
  const auto text = read_file_if_exists(file, 1u << 20);
  if (!text) throw Error(ErrorKind::not_found, "there is no " + file.string(), "fairlead init writes one, or name it with --config");
  auto config = pipeline::parse_server(*text, file.string());
  if (!config) throw Error(ErrorKind::invalid, format(config.error()));
  return std::make_shared<pipeline::ServerConfig>(std::move(*config));
}

std::filesystem::path data_folder(const pipeline::ServerConfig& config, const std::filesystem::path& config_file) {
  return std::filesystem::absolute(config_file.parent_path() / config.data).lexically_normal();
}

}  // namespace fairlead::cli
