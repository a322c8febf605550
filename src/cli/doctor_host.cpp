// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "cli/doctor_checks.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::cli {

namespace {

using State = Finding::State;
namespace fs = std::filesystem;

std::optional<std::string> program(const std::string& name) {
  for (const auto& folder : split(env_value("PATH").value_or("/usr/local/bin:/usr/bin:/bin"), ':')) {
    const std::string path = folder + "/" + name;
    if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

bool uses_ssh(const pipeline::ServerConfig& config) {
  return std::ranges::any_of(config.apps, [](const auto& app) {
    const std::string& url = app.second.repository;
    return url.starts_with("ssh://") || (url.contains('@') && !url.contains("://"));
  });
}

}  // namespace

Finding look_at_data(const fs::path& data) {
  struct stat status{};
  if (::stat(data.c_str(), &status) != 0) return {State::ok, "data", data.string() + " does not exist yet; `fairlead serve` makes it", ""};
  if (!S_ISDIR(status.st_mode)) return {State::fail, "data", data.string() + " is no folder", "name another with `data:`"};
  if (::access(data.c_str(), R_OK | W_OK | X_OK) != 0) {
    return {State::fail, "data", "this user may not write in " + data.string(), "run the server and doctor as the user who owns it"};
  }
  if ((status.st_mode & 077) != 0) return {State::warn, "data", data.string() + " is open to other users", "chmod 700 " + data.string()};
  return {State::ok, "data", data.string(), ""};
}

Finding look_at_key(const fs::path& data) {
  const fs::path key = data / "secret.key";
  struct stat status{};
  if (::stat(key.c_str(), &status) != 0) {
    if (!fs::exists(data / "fairlead.db")) return {State::ok, "key", "`fairlead serve` makes " + key.string(), ""};
    return {State::fail, "key", "there is no " + key.string(), "bring it back from where backups are; else set every secret again"};
  }
  if ((status.st_mode & 077) != 0)
    return {State::fail, "key", key.string() + " may be read by others", "chmod 400 " + key.string() + ", and set the secrets again"};
  return {State::ok, "key", key.string() + "; keep a copy apart from the database", ""};
}

Finding look_at_disk(const fs::path& data) {
  const fs::path place = fs::exists(data) ? data : data.parent_path();
  struct statvfs disk{};
  if (::statvfs(place.c_str(), &disk) != 0) return {State::fail, "disk", "cannot look at " + place.string(), ""};
  const auto unit = static_cast<std::int64_t>(disk.f_frsize);
  return judge_disk(static_cast<std::int64_t>(disk.f_bavail) * unit, static_cast<std::int64_t>(disk.f_blocks) * unit);
}

std::vector<Finding> look_at_programs(const pipeline::ServerConfig& config) {
  std::vector<Finding> findings;
  const auto add = [&findings](const std::string& name, const std::string& missing, State worst, const std::string& hint) {
    if (const auto path = program(name)) {
      findings.push_back({State::ok, name, *path, ""});
    } else {
      findings.push_back({worst, name, missing, hint});
    }
  };
  add("git", "not found in PATH: nothing can be fetched", State::fail, "apt-get install git");
  if (uses_ssh(config)) add("ssh", "not found in PATH, but repositories are fetched by ssh", State::fail, "apt-get install openssh-client");
  add(!program("podman") && program("docker") ? "docker" : "podman", "neither podman nor docker in PATH: jobs with `container:` cannot run",
      State::warn, "apt-get install podman");
  return findings;
}

}  // namespace fairlead::cli
