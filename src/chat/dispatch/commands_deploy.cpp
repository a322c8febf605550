// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// deploy, plan, diff, promote, rollback, redeploy.
namespace fairlead::chat {

namespace {

void add(Json& body, const char* name, const std::string& value) {
  if (!value.empty()) body[name] = value;
}

std::string what_of(const Command& command) {
  if (!command.run.empty()) return " as in " + escape(command.run);
  if (!command.image.empty()) return " from `" + escape(command.image) + "`";
  return command.ref.empty() ? "" : " at `" + escape(command.ref) + "`";
}

std::string because(const std::string& reason) { return reason.empty() ? "" : "\n> " + escape(replace_all(reason, "\n", " ")); }

/// "<@U1> deploys shop-api at `main` to production: shop-api#42"
Awaitable<Reply> started(Turn& turn, std::string verb, Command command, Json answer) {
  co_await remember_origin(turn, text_at(answer, "id"));
  co_return to_channel(sentence(turn.speaker.mention + " " + verb + " *" + escape(command.app) + "*" + what_of(command) + " " +
                                (verb == "rolls back" ? "in" : "to") + " *" + escape(command.environment) +
                                "*: " + run_link(turn.desk->parts.public_url, answer, command.app) + because(command.reason)));
}

/// The zone that a time of day is in, and why: said in the answer.
std::string zone_of(const Turn& turn, const Command& command) {
  if (!command.zone.empty()) return command.zone;
  if (command.at && !command.at->zone.empty()) return command.at->zone;
  if (!turn.speaker.zone.empty()) return turn.speaker.zone;
  const auto& config = *turn.desk->parts.config;
  const auto environment = config.environments.find(command.environment);
  if (environment == config.environments.end() || environment->second.calendar.empty()) return "UTC";
  const auto calendar = config.calendars.find(environment->second.calendar);
  return calendar == config.calendars.end() ? "UTC" : calendar->second.zone;
}

Awaitable<Reply> schedule(Turn& turn, Command command) {
  if (!command.run.empty() || !command.image.empty())
    throw Error(ErrorKind::usage, "a scheduled deploy takes a ref, not a run or an image", "name a branch or a tag: @v1.4");
  const auto zone = zone_of(turn, command);
  Json body{{"app", command.app}, {"environment", command.environment}};
  add(body, "ref", command.ref);
  add(body, "reason", command.reason);
  add(body, "calendar", command.calendar);
  if (command.at)
    body["at"] = format_time(instant_of(*command.at, turn.desk->parts.clock(), zone));
  else
    body["cron"] = command.cron, body["zone"] = zone;
  const Json made = co_await want(turn, "POST", path_of({"schedules"}), std::move(body));
  const auto next = parse_time(text_at(made, "next", text_at(made, "at")));
  const std::string when = command.at
                               ? (next ? date(*next) : text_at(made, "at")) + " (" + (command.at->in ? "" : "time in ") + escape(zone) + ")"
                               : "`" + escape(command.cron) + "` in " + escape(zone) + (next ? ", next " + date(*next) : "");
  const auto said = turn.speaker.mention + " scheduled *" + escape(command.app) + "*" + what_of(command) + " to *" +
                    escape(command.environment) + "*: " + when + because(command.reason) + "\n`unschedule " + escape(text_at(made, "id")) +
                    "` takes it back";
  co_return to_channel(sentence(said));
}

Json plan_query(const Command& command) {
  Json query = Json::object();
  add(query, "ref", command.ref);
  add(query, "run", command.run);
  add(query, "image", command.image);
  return query;
}

/// The plan, and a button that says the command for good.
Awaitable<Reply> confirm(Turn& turn, Command command) {
  const Json plan =
      co_await want(turn, "GET", path_of({"apps", command.app, "environments", command.environment, "plan"}), nullptr, plan_query(command));
  command.confirm = false;
  const auto text = to_text(command);
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) {
    auto message = plan_text(plan, context);
    const auto ask = choices("Ready to deploy " + command.app + " to " + command.environment + "?", {{"Deploy", text}}, context);
    for (const auto& block : ask.blocks) message.blocks.push_back(block);
    return message;
  }));
}

/// The run that has what an environment has now.
Awaitable<std::string> run_in(Turn& turn, std::string app, std::string environment) {
  const Json found = co_await want(turn, "GET", path_of({"apps", app}));
  for (const auto& place : member(found, "environments"))
    if (text_at(place, "environment") == environment && !text_at(place, "run").empty()) co_return text_at(place, "run");
  throw Error(ErrorKind::not_found, "nothing of " + app + " is deployed to " + environment, "`where " + app + "` shows what is where");
}

}  // namespace

Awaitable<Reply> deploy_command(Turn& turn, Command command) {
  if (command.confirm) co_return co_await confirm(turn, std::move(command));
  if (command.at || !command.cron.empty()) co_return co_await schedule(turn, std::move(command));
  Json body{{"app", command.app}, {"environment", command.environment}};
  add(body, "ref", command.ref);
  add(body, "run", command.run);
  add(body, "image", command.image);
  add(body, "reason", command.reason);
  auto answer = co_await want(turn, "POST", path_of({"deployments"}), std::move(body));
  co_return co_await started(turn, "deploys", std::move(command), std::move(answer));
}

Awaitable<Reply> plan_command(Turn& turn, Command command) {
  const Json plan =
      co_await want(turn, "GET", path_of({"apps", command.app, "environments", command.environment, "plan"}), nullptr, plan_query(command));
  co_return to_asker(co_await drawn(
      turn, [&](const CardContext& context) { return command.verb == Verb::diff ? diff_list(plan, context) : plan_text(plan, context); }));
}

Awaitable<Reply> promote_command(Turn& turn, Command command) {
  command.run = co_await run_in(turn, command.app, command.from);
  Json body{{"app", command.app}, {"environment", command.environment}, {"run", command.run}};
  add(body, "reason", command.reason);
  auto answer = co_await want(turn, "POST", path_of({"deployments"}), std::move(body));
  command.run.clear();
  auto verb = "promotes what is in " + escape(command.from) + " of";
  co_return co_await started(turn, std::move(verb), std::move(command), std::move(answer));
}

Awaitable<Reply> rollback_command(Turn& turn, Command command) {
  Json body = Json::object();
  add(body, "to", command.run);
  add(body, "reason", command.reason);
  auto answer =
      co_await want(turn, "POST", path_of({"apps", command.app, "environments", command.environment, "rollback"}), std::move(body));
  if (!command.run.empty())
    command.reason += (command.reason.empty() ? "to " : " (to ") + command.run + (command.reason.empty() ? "" : ")");
  command.run.clear();
  co_return co_await started(turn, "rolls back", std::move(command), std::move(answer));
}

Awaitable<Reply> redeploy_command(Turn& turn) {
  const Json rows = co_await want(turn, "GET", path_of({"runs"}), nullptr, {{"actor", turn.speaker.person.id}, {"limit", "50"}});
  for (const auto& row : rows) {
    const Json& environments = member(row, "environments");
    if (text_at(row, "trigger") != "command" || environments.empty() || !environments.back().is_string()) continue;
    Command again{.verb = Verb::deploy, .app = text_at(row, "app"), .environment = environments.back().get<std::string>()};
    again.ref = text_at(row, "ref");
    co_return co_await confirm(turn, std::move(again));
  }
  throw Error(ErrorKind::not_found, "you have deployed nothing yet that could be deployed once more", "`history` shows what others did");
}

}  // namespace fairlead::chat
