// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fairlead/base/secret.hpp"
#include "fairlead/base/time.hpp"
#include "fairlead/pipeline/problem.hpp"

namespace fairlead::pipeline {

/// `fairlead.yml`, typed. Plain values; paths are as written (relative to the file's folder).

/// A secret of the server file, not looked up: a literal, or where to find it.
struct SecretRef {
  enum class Kind { none, literal, secret, env, ssm, secretsmanager } kind = Kind::none;
  std::string name;  ///< `${{ secrets.NAME }}`, `${{ env.NAME }}`, `ssm:/path`, `secretsmanager:arn`
  Secret literal;
  explicit operator bool() const { return kind != Kind::none; }
};

struct TlsConfig {
  std::string certificate;  ///< path
  std::string key;          ///< path
};
struct ServerSection {
  std::string listen = "127.0.0.1:7070";
  std::string public_url;  ///< empty: http://<listen>
  std::optional<TlsConfig> tls;
  std::vector<std::string> trusted_proxies;  ///< addresses or CIDR
};
struct StoreConfig {
  enum class Kind { sqlite, postgresql } kind = Kind::sqlite;
  SecretRef url;  ///< of PostgreSQL
};
struct SlackConfig {
  enum class Transport { socket, http } transport = Transport::socket;
  SecretRef app_token;
  SecretRef bot_token;                     ///< of the one workspace; may be absent with `client_id`
  std::vector<SecretRef> signing_secrets;  ///< any of them is right, so that one can be rotated
  std::string channel;
  std::string api_url = "https://slack.com/api";
  std::string client_id;  ///< of the app, for installations in other workspaces; empty: none
  SecretRef client_secret;
};
struct WebhookConfig {
  std::vector<SecretRef> secrets;  ///< any of them is right, so that one can be rotated
  SecretRef api_token;
  std::string api_url;  ///< of a self-hosted Git host; empty: the public one
};
struct AppConfig {
  std::string name;
  std::string repository;
  std::string full_name;
  std::string pipeline = ".fairlead.yml";
  std::string branch = "main";
  std::string channel;
  std::string folder;
  std::vector<std::string> paths;
};

struct AwsConfig {
  std::string region;
  std::string role;
  std::string external_id;
  std::string profile;
  std::string endpoint;  ///< a local AWS (fairlead sandbox); empty: AWS
};
struct ApprovalGroup {
  std::vector<std::string> from;  ///< people (language.md)
  int count = 1;
};
enum class Exclusion { requester, pusher, commit_authors };
struct BreakGlass {
  std::vector<std::string> who;
  std::vector<std::string> notify;
};
struct ApprovalConfig {
  std::vector<ApprovalGroup> require;  ///< never empty
  bool self_allowed = false;
  std::set<Exclusion> exclude{Exclusion::requester, Exclusion::pusher};
  bool approve_needs_reason = false;
  bool reject_needs_reason = true;
  Duration expires = std::chrono::hours(24);
  std::vector<Duration> remind;
  std::optional<BreakGlass> break_glass;
};
enum class QueueMode { latest, every };
struct EnvironmentConfig {
  std::string name;
  std::optional<AwsConfig> aws;
  std::string ssh_config;              ///< path; empty: that of the server's user
  std::optional<std::vector<std::string>> ssh_hosts;  ///< globs of the hosts that pipelines may name; nullopt: any
  std::vector<std::string> branches;  ///< globs; empty: any
  std::optional<ApprovalConfig> approval;
  std::string calendar;  ///< empty: always open
  QueueMode queue = QueueMode::latest;
  Duration wait_timer{0};
  bool lock_after_rollback = true;
};

/// "mon-thu 10:00-17:00", "fri", "09:00-18:00". `to` ≤ `from` means until `to` of the next day.
struct WeekWindow {
  std::uint8_t days = 0x7f;  ///< bit 0 is Monday
  int from_minute = 0;
  int to_minute = 24 * 60;
};
/// "2026-12-26..2027-01-04" (both days included), "2026-12-31", or with times "2026-12-31T12:00..2027-01-01T06:00"
/// (the end excluded), all in the calendar's zone.
struct DateWindow {
  std::chrono::local_time<std::chrono::minutes> from;
  std::chrono::local_time<std::chrono::minutes> until;  ///< excluded
};
struct CalendarRule {
  std::string text;
  std::variant<WeekWindow, DateWindow> when;
};
struct CalendarConfig {
  std::string name;
  std::string zone = "UTC";
  std::vector<CalendarRule> allow;  ///< empty: always
  std::vector<CalendarRule> deny;
  std::vector<std::string> holidays;  ///< "jp", or the path of an iCalendar file
};
std::optional<CalendarRule> parse_calendar_rule(std::string_view);

struct ExecutorConfig {
  enum class Kind { local, ecs, codebuild, kubernetes } kind = Kind::local;
  enum class Sandbox { none, process, container } sandbox = Sandbox::process;
  std::string name;
  int slots = 2;
  std::string cluster;          ///< ecs
  std::string task_definition;  ///< ecs
  std::string project;          ///< codebuild
  std::string name_space;       ///< kubernetes
  std::string image;            ///< ecs, kubernetes, container
  std::string environment;      ///< whose AWS account it uses
};

enum class Role { viewer, deployer, admin };
std::string_view to_string(Role);

struct NotifyRule {
  std::vector<std::string> on;  ///< event types, globs: "run.failed", "deployment.*"
  std::vector<std::string> to;  ///< "#channel", "@user", "mailto:…", "sns:arn…", "https://…"
  std::vector<std::string> apps;          ///< empty: all
  std::vector<std::string> environments;  ///< empty: all
};
/// nullopt: for ever.
struct RetentionConfig {
  std::optional<Duration> logs = std::chrono::hours(24 * 90);
  std::optional<Duration> artifacts = std::chrono::hours(24 * 30);
  std::optional<Duration> workspaces = std::chrono::hours(24);
  std::optional<Duration> caches = std::chrono::hours(24 * 30);
  std::optional<Duration> runs;
};

struct ServerConfig {
  std::string file;
  ServerSection server;
  std::string data = "./data";
  StoreConfig store;
  std::optional<SlackConfig> slack;
  std::map<std::string, WebhookConfig> webhooks;  ///< by host: github, gitlab, bitbucket, gitea, codecommit, http
  std::map<std::string, AppConfig> apps;
  std::map<std::string, EnvironmentConfig> environments;
  std::map<std::string, CalendarConfig> calendars;
  std::map<std::string, ExecutorConfig> executors;  ///< has "local" always
  std::map<Role, std::vector<std::string>> roles;   ///< empty: only local: may act
  std::vector<NotifyRule> notify;
  RetentionConfig retention;
  bool compat_genova = false;
};

/// Reads, validates and decodes the server file, with its cross checks. All problems at once; no secret is looked up.
std::expected<ServerConfig, Problems> parse_server(std::string_view text, const std::string& filename);

/// One of the spellings of language.md ("user:…", "slack:@group", "*"), well-formed.
bool is_person(std::string_view);

}  // namespace fairlead::pipeline
