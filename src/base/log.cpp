// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <memory>

#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"

namespace fairlead::log {
namespace {

constexpr std::array<std::string_view, 4> names = {"debug ", "info  ", "warn  ", "error "};
constexpr std::array<spdlog::level::level_enum, 4> levels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                             spdlog::level::err};

/// Never destroyed: objects with static lifetime may still log while the process ends.
spdlog::logger& logger() {
  static spdlog::logger* const instance = [] {
    auto made = std::make_unique<spdlog::logger>("fairlead", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made.release();
  }();
  return *instance;
}

bool is_plain(std::string_view value) {
  if (value.empty() || !is_valid_utf8(value)) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto byte = static_cast<unsigned char>(value[i]);
    if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte == 0x7f) return false;
    // U+0080…U+009F steer some terminals.
    if (byte == 0xc2 && static_cast<unsigned char>(value[i + 1]) < 0xa0) return false;
  }
  return true;
}

void append_escaped(std::string& line, unsigned char byte) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (byte) {
    case '\n': line += "\\n"; break;
    case '\r': line += "\\r"; break;
    case '\t': line += "\\t"; break;
    case '"': line += "\\\""; break;
    case '\\': line += "\\\\"; break;
    default:
      line += "\\x";
      line += digits[byte >> 4];
      line += digits[byte & 15];
  }
}

void append_quoted(std::string& line, std::string_view value) {
  bool keeps_unicode = is_valid_utf8(value);
  line += '"';
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto byte = static_cast<unsigned char>(value[i]);
    bool steers = byte == 0xc2 && i + 1 < value.size() && static_cast<unsigned char>(value[i + 1]) < 0xa0;
    if (byte < ' ' || byte == '"' || byte == '\\' || byte == 0x7f || (byte > 0x7f && !keeps_unicode)) {
      append_escaped(line, byte);
    } else if (steers) {
      append_escaped(line, static_cast<unsigned char>(value[++i]));
    } else {
      line += value[i];
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level level) { logger().set_level(levels[static_cast<std::size_t>(level)]); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  auto index = static_cast<std::size_t>(level);
  if (!logger().should_log(levels[index])) return;
  std::string line = format_time(now());
  line += ' ';
  line += names[index];
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (is_plain(field.value)) {
      line += field.value;
    } else {
      append_quoted(line, field.value);
    }
  }
  logger().log(levels[index], spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace fairlead::log
