// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/json.hpp"
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char x : text) {
    switch (x) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#xD;"; break;
      default:
        // The other control bytes cannot be written in XML 1.0.
        if (static_cast<unsigned char>(x) >= 0x20 || x == '\n' || x == '\t') out += x;
    }
  }
  return out;
}

std::string to_xml(const Json& value, const std::string& list_element) {
  if (value.is_string()) return escape_xml(value.get<std::string>());
  if (value.is_null()) return {};
  std::string out;
  if (value.is_array()) {
    for (const auto& one : value) out += "<" + list_element + ">" + to_xml(one, list_element) + "</" + list_element + ">";
    return out;
  }
  if (!value.is_object()) return dump(value);
  for (const auto& [key, one] : value.items())
    if (!one.is_null()) out += "<" + key + ">" + to_xml(one, list_element) + "</" + key + ">";
  return out;
}

}  // namespace fairlead::sandbox::wire
