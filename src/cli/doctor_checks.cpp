// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_checks.hpp"

#include <algorithm>
#include <set>

#include "fairlead/base/process.hpp"

namespace fairlead::cli {

namespace {

using State = Finding::State;
constexpr std::int64_t mebibyte = 1 << 20;
constexpr auto clock_tolerance = std::chrono::minutes(5);
constexpr auto old_lock = std::chrono::hours(24);

std::string size_text(std::int64_t bytes) {
  return bytes >= 1024 * mebibyte ? std::to_string(bytes / (1024 * mebibyte)) + " GiB" : std::to_string(bytes / mebibyte) + " MiB";
}

Finding judge_clock(const StoreFacts& facts, Time now) {
  const auto earliest = parse_time("2026-01-01T00:00:00Z");
  if (earliest && now < *earliest) return {State::fail, "clock", "it is " + format_time(now), "set the clock, and let NTP keep it"};
  if (facts.newest && *facts.newest > now + clock_tolerance) {
    return {State::fail, "clock", "the last event is from " + format_time(*facts.newest) + ", but it is " + format_time(now),
            "set the clock: schedules and expiries follow it"};
  }
  return {State::ok, "clock", format_time(now), ""};
}

struct Need {
  std::string what;
  pipeline::SecretRef ref;
};

std::vector<Need> secrets_of(const pipeline::ServerConfig& config) {
  std::vector<Need> needs;
  for (const auto& [host, webhook] : config.webhooks) {
    for (const auto& secret : webhook.secrets) needs.push_back({"webhooks." + host, secret});
    needs.push_back({"webhooks." + host + ".api-token", webhook.api_token});
  }
  needs.push_back({"store", config.store.url});
  if (config.slack) {
    needs.push_back({"slack.app-token", config.slack->app_token});
    needs.push_back({"slack.bot-token", config.slack->bot_token});
    needs.push_back({"slack.client-secret", config.slack->client_secret});
    for (const auto& secret : config.slack->signing_secrets) needs.push_back({"slack.signing-secret", secret});
  }
  std::erase_if(needs, [](const Need& need) { return !need.ref; });
  return needs;
}

std::optional<Finding> judge(const Need& need, const std::set<std::string>& known, bool running) {
  using Kind = pipeline::SecretRef::Kind;
  switch (need.ref.kind) {
    case Kind::none: return std::nullopt;
    case Kind::literal:
      return Finding{State::warn, "secrets", need.what + " is written in fairlead.yml",
                     "keep it in the store: fairlead secret set NAME, then ${{ secrets.NAME }}"};
    case Kind::env:
      if (env_value(need.ref.name)) return std::nullopt;
      return Finding{running ? State::warn : State::fail, "secrets",
                     need.what + " needs ${{ env." + need.ref.name + " }}, which is not set here",
                     "set it in the environment of the server"};
    case Kind::secret:
      if (known.contains(need.ref.name)) return std::nullopt;
      return Finding{State::fail, "secrets", need.what + " needs the secret " + need.ref.name + ", which is not set",
                     "fairlead secret set " + need.ref.name};
    case Kind::ssm:
    case Kind::secretsmanager: break;  // looked up when it is needed, with the server's credentials
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::ok: return "ok";
    case State::warn: return "warn";
    case State::fail: return "fail";
  }
  return "fail";
}

std::vector<Finding> judge_store(const StoreFacts& facts, Time now) {
  std::vector<Finding> findings;
  const Json& problems = member(facts.check, "problems");
  if (flag_at(facts.check, "ok")) {
    findings.push_back({State::ok, "database", "whole", ""});
  } else {
    const std::string first =
        problems.is_array() && !problems.empty() && problems.front().is_string() ? problems.front().get<std::string>() : "not checked";
    findings.push_back({State::fail, "database", "damaged: " + first, "stop the server and `fairlead restore` the last backup"});
  }
  const std::string events = std::to_string(number_at(facts.audit, "events"));
  if (flag_at(facts.audit, "ok")) {
    findings.push_back({State::ok, "log", events + " events, every hash follows", ""});
  } else {
    findings.push_back(
        {State::fail, "log", text_at(facts.audit, "problem"), "the log was altered; compare it with a backup: fairlead audit export"});
  }
  findings.push_back(judge_clock(facts, now));
  if (!facts.server.is_null() && !flag_at(facts.server, "accepting", true)) {
    findings.push_back({State::fail, "intake", text_at(facts.server, "reason"), "nothing new is accepted until then"});
  }
  if (const auto parked = number_at(member(facts.server, "runs"), "parked"); parked > 0) {
    findings.push_back({State::warn, "runs", std::to_string(parked) + " are parked, because the server ended at them three times",
                        "fairlead history --state waiting; retry or cancel them"});
  }
  return findings;
}

std::vector<Finding> judge_secrets(const pipeline::ServerConfig& config, const StoreFacts& facts) {
  std::set<std::string> known;
  for (const auto& secret : facts.secrets) {
    if (text_at(secret, "scope") == "server") known.insert(text_at(secret, "name"));
  }
  std::vector<Finding> findings;
  const auto needs = secrets_of(config);
  for (const auto& need : needs) {
    if (auto finding = judge(need, known, facts.running)) findings.push_back(std::move(*finding));
  }
  if (findings.empty())
    findings.push_back({State::ok, "secrets", needs.empty() ? "fairlead.yml needs none" : "all that fairlead.yml needs are set", ""});
  return findings;
}

std::vector<Finding> judge_locks(const StoreFacts& facts, Time now) {
  std::vector<Finding> findings;
  for (const auto& lock : facts.locks) {
    const auto since = parse_time(text_at(lock, "since"));
    const std::string environment = text_at(lock, "environment"), app = text_at(lock, "app");
    if (!since || now - *since < old_lock || !member(lock, "until").is_null()) continue;
    findings.push_back(
        {State::warn, "locks",
         environment + " is locked by " + text_at(lock, "owner") + " since " + text_at(lock, "since") + ": " + text_at(lock, "reason"),
         "if that is over: fairlead unlock " + environment + (app.empty() ? "" : " " + app)});
  }
  if (findings.empty() && !facts.locks.is_null()) findings.push_back({State::ok, "locks", "none older than a day without an end", ""});
  return findings;
}

Finding judge_disk(std::int64_t free_bytes, std::int64_t total_bytes) {
  const std::string text = size_text(free_bytes) + " of " + size_text(total_bytes) + " free";
  const bool near = free_bytes < 1024 * mebibyte && free_bytes < total_bytes / 20;
  if (free_bytes < 128 * mebibyte) return {State::fail, "disk", text, "make room: nothing new is accepted on a full disk"};
  if (near) return {State::fail, "disk", text + ", so new triggers are refused", "make room, or shorten `retention:`"};
  if (free_bytes < 2048 * mebibyte) return {State::warn, "disk", text, "make room soon, or shorten `retention:`"};
  return {State::ok, "disk", text, ""};
}

}  // namespace fairlead::cli
