// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "fairlead/exec/masker.hpp"

namespace fairlead::exec {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t shortest_line = 8;
constexpr std::size_t mime_line = 57;  // bytes in one 76-character line of base64(1)

using Variants = std::set<std::string>;

void add(Variants& out, std::string variant) {
  if (variant.size() >= shortest_secret) out.insert(std::move(variant));
}

unsigned byte_at(std::string_view text, std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; }

std::string encode64(std::string_view text, std::string_view alphabet) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const unsigned bits = byte_at(text, i) << 16 | byte_at(text, i + 1) << 8 | byte_at(text, i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[bits >> shift & 63u];
  }
  out.resize((text.size() * 8 + 5) / 6);
  return out;
}

/// The characters that are the same whatever surrounds the text, when `before` bytes precede it.
std::string inner64(std::string_view text, std::size_t before, std::string_view alphabet) {
  const std::string all = encode64(std::string(before, '\0').append(text), alphabet);
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = (before + text.size()) * 8 / 6;
  return all.substr(first, last - first);
}

void add_base64(Variants& out, std::string_view text, int depth) {
  for (const auto alphabet : {standard, url_safe}) {
    for (std::size_t before = 0; before < 3; ++before) {
      const std::string inner = inner64(text, before, alphabet);
      // The last character of the unpadded form also tells bits of the secret: cover it at the end of a text.
      const std::string whole = encode64(std::string(before, '\0').append(text), alphabet);
      const std::string to_end = whole.substr((before * 8 + 5) / 6);
      const std::string padded = to_end + std::string((4 - whole.size() % 4) % 4, '=');
      for (const auto& form : {inner, to_end, padded}) add(out, form);
      if (depth > 1) {
        add_base64(out, inner, depth - 1);  // part of all the others, whatever surrounds the secret
        if (before == 0) add_base64(out, padded, depth - 1);
      }
    }
    if (depth > 1) {
      for (std::size_t at = 0; at + mime_line <= text.size(); at += mime_line) add(out, encode64(text.substr(at, mime_line), alphabet));
    }
  }
}

template <class Escape>
std::string escaped(std::string_view text, Escape escape) {
  std::string out;
  for (const char c : text) out += escape(c);
  return out;
}

std::string hex_of(char c, const char* digits) {
  const auto byte = static_cast<unsigned char>(c);
  return {digits[byte >> 4], digits[byte & 15]};
}

constexpr const char* lower = "0123456789abcdef";
constexpr const char* upper = "0123456789ABCDEF";

void add_percent(Variants& out, std::string_view text) {
  // What the usual encoders leave alone beside letters and digits: RFC 3986, encodeURIComponent, Python's quote, encodeURI.
  for (const std::string_view kept : {"-._~", "-._~!'()*", "-._~/", "-._~!'()*;/?:@&=+$,#", "-._*"}) {
    for (const char* digits : {lower, upper}) {
      for (const bool plus : {false, true}) {
        add(out, escaped(text, [&](char c) -> std::string {
              const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
              if (plain || kept.find(c) != std::string_view::npos) return {c};
              if (plus && c == ' ') return "+";
              return '%' + hex_of(c, digits);
            }));
      }
    }
  }
}

std::string json_short(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return {};
  }
}

void append_code_unit(std::string& out, unsigned unit, const char* digits) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15u];
}

/// Encoders that answer in ASCII write everything above it as UTF-16 escapes.
std::string json_ascii(std::string_view text, const char* digits) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte_at(text, i);
    const std::size_t length = lead < 0xc0 ? 1u : lead < 0xe0 ? 2u : lead < 0xf0 ? 3u : 4u;
    if (lead < 0x80) {
      const auto short_form = json_short(text[i]);
      if (!short_form.empty())
        out += short_form;
      else if (lead < 0x20)
        append_code_unit(out, lead, digits);
      else
        out += text[i];
      ++i;
      continue;
    }
    unsigned point = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) point = point << 6 | (byte_at(text, i + k) & 63u);
    if (point >= 0x10000) {
      append_code_unit(out, 0xd800 + ((point - 0x10000) >> 10), digits);
      append_code_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff), digits);
    } else {
      append_code_unit(out, point, digits);
    }
    i += length;
  }
  return out;
}

void add_json(Variants& out, std::string_view text) {
  for (const char* digits : {lower, upper}) {
    add(out, json_ascii(text, digits));
    for (const std::string_view also : {"", "/", "<>&", "<>&'"}) {
      add(out, escaped(text, [&](char c) -> std::string {
            if (const auto short_form = json_short(c); !short_form.empty()) return short_form;
            if (c == '/' && also == "/") return "\\/";
            if (static_cast<unsigned char>(c) < 0x20 || (c != '/' && also.find(c) != std::string_view::npos))
              return "\\u00" + hex_of(c, digits);
            return {c};
          }));
    }
  }
}

std::string shell_ansi(char c) {
  switch (c) {
    case '\n': return "\\n";
    case '\t': return "\\t";
    case '\r': return "\\r";
    case '\'': return "\\'";
    case '\\': return "\\\\";
    default: return {c};
  }
}

void add_shell(Variants& out, std::string_view text) {
  add(out, escaped(text, [](char c) -> std::string { return c == '\'' ? "'\\''" : std::string{c}; }));
  add(out, escaped(text, [](char c) -> std::string { return c == '\'' ? "'\"'\"'" : std::string{c}; }));
  add(out, escaped(text, [](char c) {
        return std::string_view("$`\"\\").find(c) == std::string_view::npos ? std::string{c} : std::string{'\\', c};
      }));
  add(out, escaped(text, [](char c) {  // printf %q
        return std::string_view(" \t!\"#$&'()*,;<>?[\\]^`{|}~").find(c) == std::string_view::npos ? std::string{c} : std::string{'\\', c};
      }));
  add(out, escaped(text, shell_ansi));
}

void add_plain_forms(Variants& out, std::string_view text) {
  add(out, std::string(text));
  add_percent(out, text);
  add_json(out, text);
  add_shell(out, text);
  for (const char* digits : {lower, upper}) add(out, escaped(text, [&](char c) { return hex_of(c, digits); }));
}

}  // namespace

std::vector<std::string> mask_variants(std::string_view secret) {
  // A file's last newline is not part of what people print.
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.remove_suffix(1);
  if (secret.size() < shortest_secret) return {};
  Variants out;
  add_plain_forms(out, secret);
  add_base64(out, secret, 2);
  if (secret.find('\n') != std::string_view::npos) {
    // base64 of the file itself, with its newline
    add_base64(out, std::string(secret) + '\n', 1);
    for (std::size_t at = 0; at <= secret.size();) {
      const std::size_t end = std::min(secret.find('\n', at), secret.size());
      auto line = secret.substr(at, end - at);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.size() >= shortest_line) add_plain_forms(out, line);
      at = end + 1;
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace fairlead::exec
