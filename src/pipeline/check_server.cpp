// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "fairlead/base/strings.hpp"
#include "pipeline/decode.hpp"
#include "pipeline/path.hpp"
#include "pipeline/server_file.hpp"
#include "pipeline/shape.hpp"

namespace fairlead::pipeline {
namespace {

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> out;
  for (const auto& [name, value] : map) out.push_back(name);
  return out;
}

class ServerCheck {
 public:
  ServerCheck(const Value& root, const ServerConfig& config, Problems& problems) : root_(root), config_(config), problems_(problems) {}

  void run() {
    check_secrets(root_, server_shape(), "");
    check_slack();
    check_apps();
    check_environments();
    check_calendars();
    check_executors();
    check_notify();
  }

 private:
  /// The place of a path; the longest part of it that exists.
  const Value* find(const std::vector<std::string>& path) const {
    const Value* value = &root_;
    for (const auto& key : path) {
      const Value* next = value->find(key);
      if (!next) return value;
      value = next;
    }
    return value;
  }

  void report(const std::vector<std::string>& path, std::string message, std::string near = {}) {
    const Mark mark = find(path)->mark();
    std::string text;
    for (const auto& key : path) text = child_path(text, key);
    problems_.push_back({config_.file, mark.line, mark.column, std::move(text), std::move(message), std::move(near)});
  }

  void check_secrets(const Value& value, const Shape& shape, const std::string& path) {
    if (shape.secret && value.is_scalar() && !value.is_null()) {
      if (const auto problem = secret_problem(value.text()); !problem.empty())
        problems_.push_back({config_.file, value.mark().line, value.mark().column, path, problem, {}});
      return;
    }
    if (shape.type == Type::either) {
      if (const Shape* alternative = matching(value, shape)) check_secrets(value, *alternative, path);
      return;
    }
    if (value.is_scalar() && shape.element && !value.is_null()) return check_secrets(value, *shape.element, path);
    for (std::size_t i = 0; shape.element && i < value.items().size(); ++i)
      check_secrets(value.items()[i], *shape.element, child_path(path, i));
    for (const auto& member : value.members()) {
      const Field* field = shape.field(member.key);
      if (field)
        check_secrets(member.value, field->shape, child_path(path, member.key));
      else if (shape.element)
        check_secrets(member.value, *shape.element, child_path(path, member.key));
    }
  }

  void check_slack() {
    if (!config_.slack) return;
    const SlackConfig& slack = *config_.slack;
    const bool socket = slack.transport == SlackConfig::Transport::socket;
    if (socket && !slack.app_token) report({"slack"}, "transport: socket needs app-token");
    if (!socket && slack.signing_secrets.empty()) report({"slack"}, "transport: http needs signing-secret");
    for (const auto& secret : slack.signing_secrets)
      if (secret.kind == SecretRef::Kind::literal && secret.literal.empty())
        report({"slack", "signing-secret"}, "an empty signing secret lets anybody sign");
    if (!slack.bot_token && slack.client_id.empty()) report({"slack"}, "needs bot-token");
    if (slack.client_id.empty() != !slack.client_secret) report({"slack"}, "client-id and client-secret belong together");
    if (socket && !slack.client_id.empty())
      report({"slack", "client-id"}, "other workspaces can install the app with transport: http only (Slack's rule)");
  }

  void check_apps() {
    for (const auto& [name, app] : config_.apps)
      if (app.repository.contains('@') && app.repository.starts_with("http"))
        report({"apps", name, "repository"},
               "credentials do not belong into the address; use webhooks.<host>.api-token, ssh or a git credential helper");
  }

  void check_environments() {
    for (const auto& [name, environment] : config_.environments) {
      if (!environment.calendar.empty() && !config_.calendars.contains(environment.calendar))
        unknown({"environments", name, "calendar"}, "calendar", environment.calendar, names_of(config_.calendars));
      if (environment.approval) check_approval(name, *environment.approval);
    }
  }

  void check_approval(const std::string& name, const ApprovalConfig& approval) {
    for (const auto& remind : approval.remind)
      if (remind >= approval.expires)
        report({"environments", name, "approval", "remind"}, "a reminder after " + format_duration(remind) +
                                                                 " comes when the approval has expired (" +
                                                                 format_duration(approval.expires) + ")");
    if (approval.expires <= Duration::zero()) report({"environments", name, "approval", "expires"}, "must be longer than 0s");
    if (approval.self_allowed && approval.exclude.contains(Exclusion::requester))
      report({"environments", name, "approval", "self"}, "self: allow contradicts exclude: [requester]");
    for (const auto& group : approval.require) {
      const bool named = std::ranges::all_of(
          group.from, [](const std::string& person) { return person.starts_with("user:") || person.starts_with("token:"); });
      if (named && group.from.size() < static_cast<std::size_t>(group.count))
        report({"environments", name, "approval", "require"},
               "needs " + std::to_string(group.count) + " of " + std::to_string(group.from.size()) + " people: nobody could ever approve");
    }
  }

  void check_calendars() {
    for (const auto& [name, calendar] : config_.calendars)
      for (const auto& holiday : calendar.holidays)
        if (holiday != "jp" && !holiday.ends_with(".ics"))
          report({"calendars", name, "holidays"}, "\"" + holiday + "\" is no known country (jp) and no .ics file");
  }

  void check_executors() {
    for (const auto& [name, executor] : config_.executors) {
      if (executor.kind == ExecutorConfig::Kind::ecs && (executor.cluster.empty() || executor.task_definition.empty()))
        report({"executors", name}, "kind: ecs needs cluster and task-definition");
      if (executor.kind == ExecutorConfig::Kind::codebuild && executor.project.empty())
        report({"executors", name}, "kind: codebuild needs project");
      if (executor.kind == ExecutorConfig::Kind::kubernetes && executor.image.empty())
        report({"executors", name}, "kind: kubernetes needs image");
      if (name == "local" && executor.kind != ExecutorConfig::Kind::local)
        report({"executors", name}, "the executor named local is this machine");
      if (!executor.environment.empty() && !config_.environments.contains(executor.environment))
        unknown({"executors", name, "environment"}, "environment", executor.environment, names_of(config_.environments));
    }
  }

  void check_notify() {
    for (const auto& rule : config_.notify) {
      for (const auto& app : rule.apps)
        if (!config_.apps.contains(app)) unknown({"notify"}, "app", app, names_of(config_.apps));
      for (const auto& environment : rule.environments)
        if (!config_.environments.contains(environment)) unknown({"notify"}, "environment", environment, names_of(config_.environments));
    }
  }

  void unknown(const std::vector<std::string>& path, const std::string& what, const std::string& name,
               const std::vector<std::string>& known) {
    const auto near = nearest(name, known);
    report(path, "there is no " + what + " \"" + name + "\"" + (near || known.empty() ? "" : "; there are " + join(known, ", ")),
           near.value_or(""));
  }

  const Value& root_;
  const ServerConfig& config_;
  Problems& problems_;
};

}  // namespace

void check_server(const Value& root, const ServerConfig& config, Problems& problems) { ServerCheck(root, config, problems).run(); }

}  // namespace fairlead::pipeline
