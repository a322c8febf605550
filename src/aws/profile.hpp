// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "aws/endpoint.hpp"
#include "aws/ini.hpp"

namespace fairlead::aws {

/// The keys of one profile; ~/.aws/credentials wins over ~/.aws/config.
struct Profile {
  std::string name;
  IniSection keys;

  std::string get(const std::string& key) const;
  bool has(const std::string& key) const { return !get(key).empty(); }
};

/// Both files of the user, read anew each time: people renew credentials while we run.
class ProfileFiles {
 public:
  /// Paths from AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, else below HOME. Files that do not exist are empty.
  explicit ProfileFiles(const Env&);
  /// nullopt when neither file has it.
  std::optional<Profile> find(const std::string& name) const;
  /// Keys of [sso-session NAME]; empty when there is none.
  IniSection sso_session(const std::string& name) const;

 private:
  Ini config_;
  Ini credentials_;
};

/// AWS_PROFILE, AWS_DEFAULT_PROFILE, or "default".
std::string default_profile(const Env&);
std::string env_text(const Env&, const std::string& name);

}  // namespace fairlead::aws
