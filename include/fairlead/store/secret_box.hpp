// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::store {

/// What may be shown of a secret: never its value.
struct SecretInfo {
  std::string scope;
  std::string name;
  std::int64_t version = 0;  ///< grows with every set
  Time updated_at{};
};

/// Secrets at rest: XChaCha20-Poly1305, a fresh nonce per value, bound to its scope, name and version, so that a row
/// copied over another does not open. They are documents of kind "secret", key "<scope>/<NAME>"; scope is "server",
/// "app:<app>", "env:<environment>", or "chat" (tokens of workspaces: no pipeline ever sees them). The key file is kept apart from the
/// database. Any thread; stateless but for the key.
class SecretBox {
 public:
  /// Reads the 32-byte key; makes it (mode 0400) when absent. Throws Error(refused) when others may read it,
  /// Error(invalid) when it is not a key.
  static SecretBox open(const std::filesystem::path& key_file);

  /// Throws Error(usage) for a bad scope or name, and for a value shorter than 6 characters (masking it in logs would
  /// cut ordinary text) or longer than 64 KiB.
  void set(Tx&, std::string_view scope, std::string_view name, const Secret& value) const;
  /// nullopt when there is none. Throws Error(invalid) when it was sealed with another key or altered.
  std::optional<Secret> get(View&, std::string_view scope, std::string_view name) const;
  /// Names only; all scopes when `scope` is empty.
  std::vector<SecretInfo> list(View&, std::string_view scope = {}) const;
  bool remove(Tx&, std::string_view scope, std::string_view name) const;

 private:
  explicit SecretBox(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace fairlead::store
