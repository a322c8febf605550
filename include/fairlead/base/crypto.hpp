// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view);
std::string sha256_hex(std::string_view);
/// Raw 32 bytes as a string.
std::string hmac_sha256(std::string_view key, std::string_view message);
std::string hmac_sha256_hex(std::string_view key, std::string_view message);

/// Streaming SHA-256. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& update(std::string_view);
  /// Ends the computation; the object may not be used afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hex(std::string_view bytes);
std::string hex(const Digest&);
std::optional<std::string> from_hex(std::string_view);
std::string base64(std::string_view bytes);
std::string base64_url(std::string_view bytes);
/// Standard alphabet, padding required; nullopt otherwise.
std::optional<std::string> from_base64(std::string_view);

std::string random_bytes(std::size_t count);

/// Comparison of secrets and MACs: time depends on the lengths only.
bool equal_constant_time(std::string_view, std::string_view);

}  // namespace fairlead
