// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace fairlead {

/// A value that must not be printed or serialised: there is no stream operator, no JSON conversion, no comparison.
/// `reveal()` is the one door; every call site is an outside edge (environment of a step, MAC, HTTP header). Cleared on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() {
    // Over the whole capacity: a short text that was moved away is still in the string's own buffer.
    value_.resize(value_.capacity());
    volatile char* bytes = value_.data();
    for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
  }
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace fairlead
