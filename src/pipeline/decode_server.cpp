// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode.hpp"
#include "pipeline/server_file.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

/// Calls `use(name, value)` for each member of a map; an absent one has none.
template <class F>
void each_member(const Value* value, F use) {
  if (!value) return;
  for (const auto& member : value->members()) use(member.key, member.value);
}

/// The items of a list, or the one map that stands for a list of one.
std::vector<const Value*> entries(const Value* value) {
  std::vector<const Value*> out;
  if (value && value->is_map()) out.push_back(value);
  if (value)
    for (const auto& item : value->items()) out.push_back(&item);
  return out;
}

ServerSection decode_section(const Value& value) {
  ServerSection out;
  out.listen = text_of(value.find("listen"), out.listen);
  out.public_url = text_of(value.find("public-url"));
  while (out.public_url.ends_with('/')) out.public_url.pop_back();
  if (const Value* tls = value.find("tls")) out.tls = TlsConfig{text_of(tls->find("certificate")), text_of(tls->find("key"))};
  out.trusted_proxies = texts_of(value.find("trusted-proxies"));
  return out;
}

/// One, or a list of them.
std::vector<SecretRef> secrets_of(const Value* value) {
  std::vector<SecretRef> out;
  if (!value) return out;
  if (value->is_scalar()) out.push_back(secret_of(value));
  for (const auto& item : value->items()) out.push_back(secret_of(&item));
  return out;
}

SlackConfig decode_slack(const Value& value) {
  SlackConfig out;
  out.transport = text_of(value.find("transport")) == "http" ? SlackConfig::Transport::http : SlackConfig::Transport::socket;
  out.app_token = secret_of(value.find("app-token"));
  out.bot_token = secret_of(value.find("bot-token"));
  out.signing_secrets = secrets_of(value.find("signing-secret"));
  out.channel = text_of(value.find("channel"));
  out.api_url = text_of(value.find("api-url"), out.api_url);
  while (out.api_url.ends_with('/')) out.api_url.pop_back();
  out.client_id = text_of(value.find("client-id"));
  out.client_secret = secret_of(value.find("client-secret"));
  return out;
}

WebhookConfig decode_webhook(const Value& value) {
  WebhookConfig out;
  out.secrets = secrets_of(value.find("secret"));
  out.api_token = secret_of(value.find("api-token"));
  out.api_url = text_of(value.find("api-url"));
  return out;
}

AppConfig decode_app(const std::string& name, const Value& value) {
  AppConfig out;
  out.name = name;
  out.repository = text_of(value.find("repository"));
  out.full_name = text_of(value.find("full-name"));
  out.pipeline = text_of(value.find("pipeline"), out.pipeline);
  out.branch = text_of(value.find("branch"), out.branch);
  out.channel = text_of(value.find("channel"));
  out.folder = text_of(value.find("folder"));
  while (out.folder.ends_with('/')) out.folder.pop_back();
  out.paths = texts_of(value.find("paths"));
  return out;
}

ApprovalConfig decode_approval(const Value& value) {
  ApprovalConfig out;
  for (const Value* group : entries(value.find("require")))
    out.require.push_back({texts_of(group->find("from")), static_cast<int>(number_of(group->find("count")).value_or(1))});
  if (out.require.empty()) out.require.push_back({{"*"}, 1});
  out.self_allowed = text_of(value.find("self")) == "allow";
  if (const Value* exclude = value.find("exclude")) {
    out.exclude.clear();
    for (const auto& word : texts_of(exclude))
      out.exclude.insert(word == "requester" ? Exclusion::requester : word == "pusher" ? Exclusion::pusher : Exclusion::commit_authors);
  } else if (out.self_allowed) {
    out.exclude.clear();
  }
  if (const Value* reason = value.find("reason")) {
    out.approve_needs_reason = text_of(reason->find("approve")) == "required";
    out.reject_needs_reason = text_of(reason->find("reject"), "required") == "required";
  }
  out.expires = duration_of(value.find("expires")).value_or(out.expires);
  for (const auto& text : texts_of(value.find("remind")))
    if (const auto after = parse_duration(text)) out.remind.push_back(*after);
  if (const Value* glass = value.find("break-glass"))
    out.break_glass = BreakGlass{texts_of(glass->find("who")), texts_of(glass->find("notify"))};
  return out;
}

EnvironmentConfig decode_environment(const std::string& name, const Value& value) {
  EnvironmentConfig out;
  out.name = name;
  if (const Value* aws = value.find("aws"))
    out.aws = AwsConfig{text_of(aws->find("region")), text_of(aws->find("role")), text_of(aws->find("external-id")),
                        text_of(aws->find("profile")), text_of(aws->find("endpoint"))};
  if (const Value* ssh = value.find("ssh")) {
    out.ssh_config = text_of(ssh->find("config"));
    if (const Value* hosts = ssh->find("hosts")) out.ssh_hosts = texts_of(hosts);
  }
  out.branches = texts_of(value.find("branches"));
  if (const Value* approval = value.find("approval")) out.approval = decode_approval(*approval);
  out.calendar = text_of(value.find("calendar"));
  out.queue = text_of(value.find("queue")) == "every" ? QueueMode::every : QueueMode::latest;
  out.wait_timer = duration_of(value.find("wait-timer")).value_or(out.wait_timer);
  out.lock_after_rollback = bool_of(value.find("lock-after-rollback"), true);
  return out;
}

std::vector<CalendarRule> decode_rules(const Value* value) {
  std::vector<CalendarRule> out;
  for (const auto& text : texts_of(value))
    if (auto rule = parse_calendar_rule(text)) out.push_back(std::move(*rule));
  return out;
}

CalendarConfig decode_calendar(const std::string& name, const Value& value) {
  return {name, text_of(value.find("zone"), "UTC"), decode_rules(value.find("allow")), decode_rules(value.find("deny")),
          texts_of(value.find("holidays"))};
}

ExecutorConfig decode_executor(const std::string& name, const Value& value) {
  ExecutorConfig out;
  out.name = name;
  const std::string kind = text_of(value.find("kind"), "local");
  out.kind = kind == "ecs"          ? ExecutorConfig::Kind::ecs
             : kind == "codebuild"  ? ExecutorConfig::Kind::codebuild
             : kind == "kubernetes" ? ExecutorConfig::Kind::kubernetes
                                    : ExecutorConfig::Kind::local;
  const std::string sandbox = text_of(value.find("sandbox"), "process");
  out.sandbox = sandbox == "none"        ? ExecutorConfig::Sandbox::none
                : sandbox == "container" ? ExecutorConfig::Sandbox::container
                                         : ExecutorConfig::Sandbox::process;
  out.slots = static_cast<int>(number_of(value.find("slots")).value_or(out.slots));
  out.cluster = text_of(value.find("cluster"));
  out.task_definition = text_of(value.find("task-definition"));
  out.project = text_of(value.find("project"));
  out.name_space = text_of(value.find("namespace"));
  out.image = text_of(value.find("image"));
  out.environment = text_of(value.find("environment"));
  return out;
}

void decode_keep(const Value* value, std::optional<Duration>& out) {
  if (!value) return;
  if (value->text() == "forever")
    out.reset();
  else if (const auto span = parse_duration(value->text()))
    out = *span;
}

RetentionConfig decode_retention(const Value& value) {
  RetentionConfig out;
  decode_keep(value.find("logs"), out.logs);
  decode_keep(value.find("artifacts"), out.artifacts);
  decode_keep(value.find("workspaces"), out.workspaces);
  decode_keep(value.find("caches"), out.caches);
  decode_keep(value.find("runs"), out.runs);
  return out;
}

StoreConfig decode_store(const Value* value) {
  if (text_of(value, "sqlite") == "sqlite") return {};
  return {StoreConfig::Kind::postgresql, secret_of(value)};
}

}  // namespace

ServerConfig decode_server(const Value& root, const std::string& filename) {
  ServerConfig out;
  out.file = filename;
  if (const Value* server = root.find("server")) out.server = decode_section(*server);
  out.data = text_of(root.find("data"), out.data);
  out.store = decode_store(root.find("store"));
  if (const Value* slack = root.find("slack")) out.slack = decode_slack(*slack);
  each_member(root.find("webhooks"),
              [&](const std::string& host, const Value& value) { out.webhooks.emplace(host, decode_webhook(value)); });
  each_member(root.find("apps"), [&](const std::string& name, const Value& value) { out.apps.emplace(name, decode_app(name, value)); });
  each_member(root.find("environments"),
              [&](const std::string& name, const Value& value) { out.environments.emplace(name, decode_environment(name, value)); });
  each_member(root.find("calendars"),
              [&](const std::string& name, const Value& value) { out.calendars.emplace(name, decode_calendar(name, value)); });
  each_member(root.find("executors"),
              [&](const std::string& name, const Value& value) { out.executors.emplace(name, decode_executor(name, value)); });
  if (!out.executors.contains("local")) out.executors["local"].name = "local";
  each_member(root.find("roles"), [&](const std::string& name, const Value& value) {
    out.roles[name == "admin" ? Role::admin : name == "deployer" ? Role::deployer : Role::viewer] = texts_of(&value);
  });
  for (const Value* rule : entries(root.find("notify")))
    out.notify.push_back(
        {texts_of(rule->find("on")), texts_of(rule->find("to")), texts_of(rule->find("apps")), texts_of(rule->find("environments"))});
  if (const Value* retention = root.find("retention")) out.retention = decode_retention(*retention);
  for (const auto& system : texts_of(root.find("compat"))) out.compat_genova = out.compat_genova || system == "genova";
  return out;
}

std::expected<ServerConfig, Problems> parse_server(std::string_view text, const std::string& filename) {
  Problems problems;
  const auto root = load_yaml(text, filename, problems);
  if (!root) return std::unexpected(std::move(problems));
  if (!root->is_null()) validate(*root, server_shape(), {}, filename, problems);
  ServerConfig config = decode_server(*root, filename);
  check_server(*root, config, problems);
  if (problems.empty()) return config;
  sort_by_place(problems);
  return std::unexpected(std::move(problems));
}

}  // namespace fairlead::pipeline
