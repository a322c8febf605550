// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "fairlead/base/error.hpp"
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

namespace {

void head(std::string& out, int major, std::uint64_t value) {
  const auto put = [&](int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  };
  const auto first = static_cast<unsigned>(major) << 5;
  if (value < 24) {
    out += static_cast<char>(first | static_cast<unsigned>(value));
  } else if (value <= 0xff) {
    out += static_cast<char>(first | 24), put(1);
  } else if (value <= 0xffff) {
    out += static_cast<char>(first | 25), put(2);
  } else if (value <= 0xffffffff) {
    out += static_cast<char>(first | 26), put(4);
  } else {
    out += static_cast<char>(first | 27), put(8);
  }
}

void number(std::string& out, double value) {
  out += '\xfb';
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 7; i >= 0; --i) out += static_cast<char>(bits >> (8 * i));
}

void write_value(std::string& out, const Json& value);

void write_object(std::string& out, const Json& value) {
  head(out, 5, value.size());
  for (const auto& [key, one] : value.items()) {
    head(out, 3, key.size());
    out += key;
    // Times are tag 1 (RFC 8949 §3.4.2); CloudWatch calls all of its times so.
    if (key.ends_with("Timestamp") && one.is_number()) head(out, 6, 1);
    write_value(out, one);
  }
}

void write_value(std::string& out, const Json& value) {
  if (value.is_object()) return write_object(out, value);
  if (value.is_array()) {
    head(out, 4, value.size());
    for (const auto& one : value) write_value(out, one);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    head(out, 3, text.size());
    out += text;
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? '\xf5' : '\xf4';
  } else if (value.is_number_float()) {
    number(out, value.get<double>());
  } else if (value.is_number_integer()) {
    const auto integer = value.get<std::int64_t>();
    if (integer < 0)
      head(out, 1, static_cast<std::uint64_t>(-1 - integer));
    else
      head(out, 0, static_cast<std::uint64_t>(integer));
  } else {
    out += '\xf6';
  }
}

}  // namespace

std::string to_cbor(const Json& value) {
  std::string out;
  write_value(out, value);
  return out;
}

Json from_cbor(const std::string& bytes) {
  if (bytes.empty()) return Json::object();
  Json value = Json::from_cbor(bytes, true, false, Json::cbor_tag_handler_t::ignore);
  if (value.is_discarded()) throw Error(ErrorKind::invalid, "the body is no CBOR");
  return value;
}

}  // namespace fairlead::sandbox::wire
