// SPDX-License-Identifier: Apache-2.0
#include "pipeline/checks.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include "fairlead/base/strings.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "pipeline/path.hpp"

namespace fairlead::pipeline {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool only(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [&](char c) { return is_word(c) || more.contains(c); });
}

struct CronField {
  std::string_view name;
  int min;
  int max;
  std::string_view words;  ///< three letters each, the first is `min` (of weekdays: 0)
};
constexpr std::array<CronField, 5> cron_fields = {{{"minute", 0, 59, ""},
                                                   {"hour", 0, 23, ""},
                                                   {"day of month", 1, 31, ""},
                                                   {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
                                                   {"day of week", 0, 7, "sunmontuewedthufrisat"}}};

bool cron_number(std::string_view text, const CronField& field) {
  if (const auto number = parse_int(text)) return *number >= field.min && *number <= field.max;
  const std::string word = to_lower(text);
  const auto found = field.words.find(word);
  return word.size() == 3 && found != std::string_view::npos && found % 3 == 0;
}

bool cron_item(std::string_view item, const CronField& field) {
  if (const auto slash = item.find('/'); slash != std::string_view::npos) {
    const auto step = parse_int(item.substr(slash + 1));
    if (!step || *step < 1 || *step > field.max) return false;
    item = item.substr(0, slash);
  }
  if (item == "*" || (item == "?" && field.max != 59)) return true;
  const auto dash = item.find('-');
  if (dash == std::string_view::npos) return cron_number(item, field);
  return cron_number(item.substr(0, dash), field) && cron_number(item.substr(dash + 1), field);
}

}  // namespace

std::string check_not_empty(std::string_view text) { return trim(text).empty() ? "must not be empty" : ""; }

std::string check_id(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 64 && !std::isdigit(static_cast<unsigned char>(text[0])) && text[0] != '-' && only(text, "-");
  return good ? "" : "must be letters, digits, _ and -, begin with a letter, and have at most 64 characters";
}

std::string check_title(std::string_view text) {
  const bool control = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return trim(text).empty() || control || text.size() > 100 ? "must be one line of 1 to 100 characters" : "";
}

std::string check_env_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) || !only(text, ""))
    return "must be letters, digits and _, and may not begin with a digit";
  return text.starts_with("FAIRLEAD_") || text == "FAIRLEAD" ? "is reserved: FAIRLEAD… is set by the server" : "";
}

std::string check_secret_name(std::string_view text) {
  const bool good = !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) && only(text, "");
  return good ? "" : "must be the name of a secret (letters, digits and _)";
}

std::string check_cron(std::string_view text) {
  std::vector<std::string> fields;
  for (const auto& word : split(text, ' '))
    if (!word.empty()) fields.push_back(word);
  if (fields.size() != 5)
    return "a cron expression has five fields (minute hour day month weekday), this has " + std::to_string(fields.size());
  for (std::size_t i = 0; i < 5; ++i)
    for (const auto& item : split(fields[i], ','))
      if (!cron_item(item, cron_fields[i]))
        return "\"" + fields[i] + "\" is no " + std::string(cron_fields[i].name) + " (" + std::to_string(cron_fields[i].min) + " to " +
               std::to_string(cron_fields[i].max) + ")";
  return {};
}

std::string check_zone(std::string_view text) {
  constexpr auto wrong = "must be the name of a time zone";
  if (text.empty() || !only(text, "/+-")) return wrong;
  try {
    const auto& zones = date::get_tzdb().zones;
    if (std::ranges::any_of(zones, [&](const date::time_zone& zone) { return zone.name() == text; })) return "";
    std::vector<std::string> names;
    for (const auto& zone : zones) names.push_back(zone.name());
    const auto near = nearest(text, names);
    return wrong + (near ? " (" + *near + "?)" : std::string());
  } catch (const std::runtime_error&) {
    return "";  // a machine without the database: the server has it
  }
}

std::string check_url(std::string_view text) {
  const bool good = (text.starts_with("https://") && text.size() > 8) || (text.starts_with("http://") && text.size() > 7);
  return good && !text.contains(' ') ? "" : "must be an http:// or https:// address";
}

std::string check_inside(std::string_view text) {
  const auto parts = split(text, '/');
  const bool out = text.empty() || text.starts_with('/') || is_one_of("..", parts);
  return out ? "must be a relative path without .." : "";
}

std::string check_retry_on(std::string_view text) {
  if (text == "lost" || text == "timeout" || text == "failure") return {};
  if (text.starts_with("exit ")) {
    const auto code = parse_int(trim(text.substr(5)));
    if (code && *code >= 1 && *code <= 255) return {};
  }
  return "must be lost, timeout, failure or an exit code written as \"exit 75\"";
}

std::string check_on_failure(std::string_view text) {
  return text == "stop" || text == "rollback" || text == "retry" ? "" : "must be stop, rollback or \"retry: 1\"";
}

std::string check_glob(std::string_view text) {
  return text.empty() || text == "!" ? "must be a pattern" : text.size() > 500 ? "must have at most 500 characters" : "";
}

std::string check_person(std::string_view text) {
  return is_person(text)
             ? ""
             : "must name people: user:NAME, token:NAME, slack:U123, slack:@group, github:LOGIN, github:team:ORG/TEAM, local:USER or *";
}

std::string check_notify_target(std::string_view text) {
  const bool good = (text.starts_with('#') || text.starts_with('@')) ? text.size() > 1
                    : text.starts_with("mailto:")                    ? text.contains('@')
                    : text.starts_with("sns:")                       ? text.starts_with("sns:arn:")
                                                                     : check_url(text).empty();
  return good ? "" : "must be #channel, @person, mailto:ADDRESS, sns:ARN or an https:// address";
}

std::string check_calendar_rule(std::string_view text) {
  return parse_calendar_rule(text) ? "" : "must be days and times (\"mon-thu 10:00-17:00\", \"fri\") or dates (\"2026-12-26..2027-01-04\")";
}

std::string check_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : parse_int(text.substr(colon + 1));
  return port && *port >= 0 && *port <= 65535 && colon > 0 ? "" : "must be HOST:PORT";
}

std::string check_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  const bool characters = !address.empty() && std::ranges::all_of(address, [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) || c == '.' || c == ':';
  });
  const auto bits = slash == std::string_view::npos ? std::optional<long long>(0) : parse_int(text.substr(slash + 1));
  return characters && bits && *bits >= 0 && *bits <= 128 ? "" : "must be an address or a network";
}

std::string check_repository(std::string_view text) {
  const bool url = std::ranges::any_of(std::array{"https://", "http://", "ssh://", "git://", "file://"},
                                       [&](const char* scheme) { return text.starts_with(scheme); });
  const auto colon = text.find(':');
  const bool scp = !url && colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() && !text.substr(0, colon).contains('/');
  const bool safe = !text.starts_with('-') && std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
  return safe && (url || scp || text.starts_with('/'))
             ? ""
             : "must be the address of a Git repository (https, ssh, git@host:path, file:// or an absolute path)";
}

std::string check_duration_or_forever(std::string_view text) {
  return text == "forever" || parse_duration(text) ? "" : "must be a duration or \"forever\"";
}

std::string check_arn(std::string_view text) { return text.starts_with("arn:") && split(text, ':').size() >= 6 ? "" : "must be an ARN"; }

std::string check_region(std::string_view text) {
  const bool good = split(text, '-').size() >= 3 && only(text, "-") && to_lower(text) == text && !text.contains('_');
  return good ? "" : "must be an AWS region";
}

std::string check_store(std::string_view text) {
  const bool good = text == "sqlite" || text.starts_with("postgresql://") || text.starts_with("postgres://");
  return good ? "" : "must be sqlite or postgresql://USER@HOST/DATABASE";
}

}  // namespace fairlead::pipeline
