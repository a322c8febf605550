// SPDX-License-Identifier: Apache-2.0
#include "store/chain.hpp"

#include "fairlead/base/crypto.hpp"

namespace fairlead::store {

namespace {

void field(std::string& row, std::string_view value) {
  row += std::to_string(value.size());
  row += ':';
  row += value;
}

}  // namespace

std::string event_hash(std::string_view previous, const Event& event) {
  std::string row;
  row.reserve(160 + event.payload.size());
  field(row, previous);
  field(row, std::to_string(event.seq));
  field(row, event.stream);
  field(row, std::to_string(event.version));
  field(row, event.type);
  field(row, std::to_string(to_micros(event.at)));
  field(row, event.actor);
  field(row, event.payload);
  const Digest digest = sha256(row);
  return {digest.begin(), digest.end()};
}

}  // namespace fairlead::store
