// SPDX-License-Identifier: Apache-2.0
#include "sandbox/context.hpp"

#include "fairlead/base/strings.hpp"

namespace fairlead::sandbox {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::provisioning: return "PROVISIONING";
    case Phase::pending: return "PENDING";
    case Phase::running: return "RUNNING";
    case Phase::deactivating: return "DEACTIVATING";
    case Phase::stopping: return "STOPPING";
    case Phase::deprovisioning: return "DEPROVISIONING";
    case Phase::stopped: return "STOPPED";
  }
  return "";
}

Region& World::State::region(const std::string& account, const std::string& name) {
  auto& region = regions[account + " " + name];
  region.account = account;
  region.name = name;
  return region;
}

std::string World::State::hex_id(int digits) {
  std::string id;
  while (static_cast<int>(id.size()) < digits) id += "0123456789abcdef"[random() % 16];
  return id;
}

std::string World::State::uuid() { return hex_id(8) + "-" + hex_id(4) + "-4" + hex_id(3) + "-a" + hex_id(3) + "-" + hex_id(12); }

std::string World::State::number_id(int digits) {
  std::string id(1, static_cast<char>('1' + random() % 9));
  while (static_cast<int>(id.size()) < digits) id += static_cast<char>('0' + random() % 10);
  return id;
}

std::string Context::arn(const std::string& service, const std::string& resource) const {
  return "arn:aws:" + service + ":" + region.name + ":" + region.account + ":" + resource;
}

void Context::in(Duration span, Timer::Kind kind, std::string subject, std::string detail, std::uint64_t turn) {
  world.in(span, Timer{kind, place(), std::move(subject), std::move(detail), turn});
}

double epoch(Time time) {
  const auto millis = to_micros(time) / 1000;
  return static_cast<double>(millis) / 1000.0;
}

std::int64_t number_of(const Json& from, std::string_view key, std::int64_t fallback) {
  const Json& value = member(from, key);
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return static_cast<std::int64_t>(value.get<double>());
  if (value.is_string()) return parse_int(value.get<std::string>()).value_or(fallback);
  return fallback;
}

bool flag_of(const Json& from, std::string_view key, bool fallback) {
  const Json& value = member(from, key);
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value.get<std::string>() == "true";
  return fallback;
}

std::vector<std::string> texts_of(const Json& from, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& value : member(from, key))
    if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

std::string last_part(std::string_view text) { return std::string(text.substr(text.rfind('/') + 1)); }

Json page(const Json& all, const Json& params, const std::string& name, std::size_t most, const std::string& token) {
  const auto given = text_at(params, token, text_at(params, "NextToken"));
  const auto from = static_cast<std::size_t>(parse_int(given).value_or(0));
  auto wanted = static_cast<std::int64_t>(most);
  for (const char* key : {"maxResults", "MaxResults", "MaxRecords"}) wanted = number_of(params, key, wanted);
  const auto size = std::min(most, static_cast<std::size_t>(std::max<std::int64_t>(wanted, 1)));
  Json out{{name, Json::array()}};
  for (std::size_t i = from; i < all.size() && i < from + size; ++i) out[name].push_back(all[i]);
  if (from + size < all.size()) out[token] = std::to_string(from + size);
  return out;
}

}  // namespace fairlead::sandbox
