// SPDX-License-Identifier: Apache-2.0
#include "aws/profile.hpp"

#include "fairlead/base/files.hpp"

namespace fairlead::aws {
namespace {

Ini load(const Env& env, const std::string& variable, const std::string& file) {
  auto path = env_text(env, variable);
  if (path.empty()) path = env_text(env, "HOME") + "/.aws/" + file;
  if (path.starts_with("~/")) path = env_text(env, "HOME") + path.substr(1);
  return parse_ini(read_file_if_exists(path, 4u << 20).value_or(""));
}

const IniSection* section_in(const Ini& ini, const std::string& name) {
  const auto at = ini.find(name);
  return at == ini.end() ? nullptr : &at->second;
}

}  // namespace

std::string env_text(const Env& env, const std::string& name) {
  const auto at = env.find(name);
  return at == env.end() ? std::string() : at->second;
}

std::string Profile::get(const std::string& key) const {
  const auto at = keys.find(key);
  return at == keys.end() ? std::string() : at->second;
}

ProfileFiles::ProfileFiles(const Env& env)
    : config_(load(env, "AWS_CONFIG_FILE", "config")), credentials_(load(env, "AWS_SHARED_CREDENTIALS_FILE", "credentials")) {}

std::optional<Profile> ProfileFiles::find(const std::string& name) const {
  const auto* config = section_in(config_, "profile " + name);
  if (!config && name == "default") config = section_in(config_, "default");
  const auto* credentials = section_in(credentials_, name);
  if (!config && !credentials) return std::nullopt;
  Profile out{.name = name, .keys = config ? *config : IniSection()};
  if (credentials)
    for (const auto& [key, value] : *credentials) out.keys[key] = value;
  return out;
}

IniSection ProfileFiles::sso_session(const std::string& name) const {
  const auto* section = section_in(config_, "sso-session " + name);
  return section ? *section : IniSection();
}

std::string default_profile(const Env& env) {
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
    if (auto value = env_text(env, name); !value.empty()) return value;
  return "default";
}

}  // namespace fairlead::aws
