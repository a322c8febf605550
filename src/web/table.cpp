// SPDX-License-Identifier: Apache-2.0
#include "web/handlers.hpp"

/// The one table of routes: docs/interfaces of the HTTP API, who may call what, and what it costs.
namespace fairlead::web {

namespace {

using enum Access;

constexpr net::RouteLimits for_hooks{.body_bytes = 25u << 20, .reserved = true};
constexpr net::RouteLimits for_slack{.body_bytes = 1u << 20, .reserved = true};
constexpr net::RouteLimits for_health{.body_bytes = 1024, .reserved = true};

constexpr Parameter limit{"limit", "rows at most, up to 200"};
constexpr Parameter before{"before", "id of the last row seen"};
constexpr Parameter app{"app", "only this app"};
constexpr Parameter environment{"environment", "only this environment"};

constexpr std::string_view vote_body =
    R"({"type":"object","properties":{"stage":{"type":"string"},"reason":{"type":"string"},"plan_digest":{"type":"string"},"break_glass":{"type":"boolean"}}})";
constexpr std::string_view reason_body = R"({"type":"object","properties":{"reason":{"type":"string"}}})";
constexpr std::string_view answer_body =
    R"({"type":"object","required":["choice"],"properties":{"choice":{"type":"string"},"job":{"type":"string"},"reason":{"type":"string"}}})";
constexpr std::string_view start_body =
    R"({"type":"object","properties":{"ref":{"type":"string"},"inputs":{"type":"object"},"reason":{"type":"string"}}})";
constexpr std::string_view deploy_body =
    R"({"type":"object","required":["app","environment"],"properties":{"app":{"type":"string"},"environment":{"type":"string"},"ref":{"type":"string"},"run":{"type":"string"},"image":{"type":"string"},"reason":{"type":"string"},"inputs":{"type":"object"},"at":{"type":"string","format":"date-time"}}})";
constexpr std::string_view lock_body =
    R"({"type":"object","required":["environment","reason"],"properties":{"environment":{"type":"string"},"app":{"type":"string"},"reason":{"type":"string"},"until":{"type":"string","format":"date-time"},"for":{"type":"string"}}})";
constexpr std::string_view freeze_body =
    R"({"type":"object","required":["reason"],"properties":{"environment":{"type":"string","default":"*"},"app":{"type":"string"},"reason":{"type":"string"},"from":{"type":"string","format":"date-time"},"until":{"type":"string","format":"date-time"},"for":{"type":"string"}}})";
constexpr std::string_view schedule_body =
    R"({"type":"object","required":["app"],"properties":{"app":{"type":"string"},"environment":{"type":"string"},"ref":{"type":"string"},"reason":{"type":"string"},"inputs":{"type":"object"},"at":{"type":"string","format":"date-time"},"cron":{"type":"string"},"zone":{"type":"string"},"calendar":{"type":"string"},"late":{"type":"string"},"missed":{"enum":["skip","once","all"]}}})";
constexpr std::string_view token_body =
    R"({"type":"object","required":["name"],"properties":{"name":{"type":"string"},"user":{"type":"string"},"role":{"enum":["viewer","approver","deployer","admin"]},"apps":{"type":"array","items":{"type":"string"}},"environments":{"type":"array","items":{"type":"string"}},"expires":{"type":"string"}}})";
constexpr std::string_view secret_body =
    R"({"type":"object","required":["value"],"properties":{"value":{"type":"string"},"app":{"type":"string"},"environment":{"type":"string"}}})";

void add_open(Routes& table) {
  table.add<none>("GET", "/", &home, {.summary = "Where to go from here", .produces = "text/html"});
  table.add<none>("GET", "/runs/{run}", &run_page, {.summary = "How to look at a run", .produces = "text/html"});
  table.add<none>("GET", "/healthz", &healthz, {.summary = "The process answers", .produces = "text/plain"}, for_health);
  table.add<none>("GET", "/readyz", &readyz,
                  {.summary = "Triggers are taken and runs decided; 503 with the reason when not", .produces = "text/plain"}, for_health);
  table.add<none>("GET", "/badges/{app}/{environment}.svg", &badge,
                  {.summary = "State of an app in an environment as a picture", .produces = "image/svg+xml"});
  table.add<none>("GET", "/api/v1/openapi.json", &openapi_document, {.summary = "This document", .response = R"({"type":"object"})"});
  table.add<none>("POST", "/hooks/{provider}", &receive_hook,
                  {.summary = "Delivery of github, gitlab, bitbucket, gitea or codecommit; authenticated by its signature",
                   .request = R"({"type":"object"})",
                   .response = "Verdict",
                   .status = 202},
                  for_hooks);
  table.add<none>("POST", "/hooks/http/{app}", &receive_app_hook,
                  {.summary = "Signed delivery for one app (Standard Webhooks)",
                   .request = R"({"type":"object"})",
                   .response = "Verdict",
                   .status = 202},
                  for_hooks);
}

void add_chat(Routes& table) {
  constexpr Parameter client{"client", "which open page this is: what answers it goes nowhere else"};
  constexpr std::string_view object = R"({"type":"object"})";
  table.add<none>("GET", "/chat", &chat_page,
                  {.summary = "Chat-ops in the browser; the sign-in page without a session", .produces = "text/html"});
  table.add<none>("GET", "/ui/{file}", &ui_asset, {.summary = "Scripts and styles of the pages", .produces = "text/javascript"});
  table.add<none>("POST", "/sign-in", &sign_in,
                  {.summary = "Form field `token`: opens a browser session", .produces = "text/html", .status = 303}, {.body_bytes = 4096});
  table.add<viewer>("POST", "/sign-out", &sign_out, {.summary = "End the browser session", .status = 204}, {.body_bytes = 4096});
  table.add<viewer>("POST", "/api/v1/chat/commands", &chat_command,
                    {.summary = "Type a command",
                     .query = {client},
                     .request = R"({"type":"object","required":["text"],"properties":{"text":{"type":"string"}}})",
                     .response = object},
                    {.body_bytes = 64u << 10});
  table.add<viewer>(
      "POST", "/api/v1/chat/interactions", &chat_interaction,
      {.summary = "Press a button, choose, submit or close a modal", .query = {client}, .request = object, .response = object},
      {.body_bytes = 256u << 10});
  table.add<viewer>("POST", "/api/v1/chat/options", &chat_options,
                    {.summary = "Suggestions of a select menu", .query = {client}, .request = object, .response = object},
                    {.body_bytes = 64u << 10});
  table.add<viewer>("GET", "/api/v1/chat/messages", &chat_messages,
                    {.summary = "What the console shows now", .query = {client}, .response = object});
  table.add<viewer>("GET", "/api/v1/chat/stream", &chat_stream,
                    {.summary = "What changes in the console; Last-Event-ID resumes",
                     .query = {client, {"after", "cursor of /api/v1/chat/messages"}},
                     .produces = "text/event-stream"});
}

void add_slack(Routes& table) {
  for (const char* path : {"/slack", "/slack/commands", "/slack/interactions", "/slack/options", "/slack/events"})
    table.add<none>("POST", path, &receive_slack,
                    {.summary = "Slack over HTTP; authenticated by its signature", .produces = "application/json"}, for_slack);
  table.add<none>("GET", "/slack/oauth/{step}", &slack_oauth,
                  {.summary = "start: install the app in a workspace; callback: where Slack sends the browser then",
                   .query = {{"code", "callback: of this installation"}, {"state", "callback: must fit the browser's cookie"}},
                   .produces = "text/html"});
  table.add<admin>("POST", "/api/v1/slack/check", &check_slack,
                   {.summary = "Ask Slack about tokens, scopes, channels and the clock", .response = R"({"type":"array"})"});
}

void add_places(Routes& table) {
  table.add<viewer>("GET", "/metrics", &metrics, {.summary = "Figures in the Prometheus text format", .produces = "text/plain"});
  table.add<viewer>("GET", "/api/v1/whoami", &whoami,
                    {.summary = "Who the server takes the caller for", .response = R"({"type":"object"})"});
  table.add<viewer>("GET", "/api/v1/server", &server_info,
                    {.summary = "Version and load of the server", .response = R"({"type":"object"})"});
  table.add<viewer>("GET", "/api/v1/apps", &list_apps, {.summary = "Apps with what is where", .response = "[App]"});
  table.add<viewer>("GET", "/api/v1/apps/{app}", &get_app,
                    {.summary = "One app; with `drift`, what runs at that environment now beside what was deployed",
                     .query = {{"drift", "environment to look at"}},
                     .response = "App"});
  table.add<viewer>("GET", "/api/v1/apps/{app}/refs", &list_refs,
                    {.summary = "Branches, tags and commits that a deploy can name, as far as they are known; for pickers",
                     .query = {{"query", "part of the name or of the commit's subject"}, limit},
                     .response = R"({"type":"object"})"});
  table.add<viewer>("GET", "/api/v1/environments", &list_environments,
                    {.summary = "Environments with what is there, since when, by whom", .response = "[Environment]"});
  table.add<viewer>("GET", "/api/v1/environments/{environment}", &get_environment,
                    {.summary = "One environment", .response = "Environment"});
  table.add<viewer>("GET", "/api/v1/deployments", &list_deployments,
                    {.summary = "Deployments, newest first",
                     .query = {app, environment, {"state", "only in this state"}, limit, before},
                     .response = "[Deployment]"});
  table.add<viewer>("GET", "/api/v1/deployments/{id}", &get_deployment, {.summary = "One deployment", .response = "Deployment"});
}

void add_runs(Routes& table) {
  table.add<deployer>("POST", "/api/v1/apps/{app}/runs", &start_run,
                      {.summary = "Start a run; Idempotency-Key honoured", .request = start_body, .response = "Started", .status = 201});
  table.add<deployer>("POST", "/api/v1/deployments", &deploy,
                      {.summary = "Deploy one environment, now or at a time; Idempotency-Key honoured",
                       .request = deploy_body,
                       .response = "Started",
                       .status = 201});
  table.add<deployer>("POST", "/api/v1/apps/{app}/environments/{environment}/rollback", &roll_back,
                      {.summary = "Deploy again what succeeded before; Idempotency-Key honoured",
                       .request = R"({"type":"object","properties":{"to":{"type":"string"},"reason":{"type":"string"}}})",
                       .response = "Started",
                       .status = 201});
  table.add<viewer>("GET", "/api/v1/apps/{app}/environments/{environment}/plan", &show_plan,
                    {.summary = "What a deploy would change; touches nothing",
                     .query = {{"ref", "branch, tag or commit; default: the app's branch"},
                               {"run", "what this run built"},
                               {"image", "instead of a build: URI, or container=URI"}},
                     .response = R"({"type":"object"})"});
  table.add<viewer>("GET", "/api/v1/runs", &list_runs,
                    {.summary = "Runs, newest first",
                     .query = {app,
                               environment,
                               {"state", "only in this state"},
                               {"actor", "only started by"},
                               {"unfinished", "true: only runs that go on"},
                               limit,
                               before},
                     .response = "[RunRow]"});
  table.add<viewer>("GET", "/api/v1/runs/{run}", &get_run, {.summary = "One run: id, shop-api#42 or latest:shop-api", .response = "Run"});
  table.add<viewer>("GET", "/api/v1/runs/{run}/events", &run_events,
                    {.summary = "Its events; with Accept: text/event-stream as they come",
                     .query = {{"after", "version of the last event seen"}, limit},
                     .response = "[Event]"});
  table.add<approver>("POST", "/api/v1/runs/{run}/approve", &approve_run,
                      {.summary = "Approve a waiting stage", .request = vote_body, .response = "Outcome"});
  table.add<approver>("POST", "/api/v1/runs/{run}/reject", &reject_run,
                      {.summary = "Reject a waiting stage", .request = vote_body, .response = "Outcome"});
  table.add<approver>("POST", "/api/v1/runs/{run}/revoke", &revoke_vote,
                      {.summary = "Take back one's own approval, until the stage starts",
                       .request = R"({"type":"object","properties":{"stage":{"type":"string"}}})",
                       .response = "Outcome"});
  table.add<deployer>("POST", "/api/v1/runs/{run}/cancel", &cancel_run,
                      {.summary = "Cancel", .request = reason_body, .response = "Outcome", .status = 202});
  table.add<deployer>("POST", "/api/v1/runs/{run}/answer", &answer_run,
                      {.summary = "Answer what a running step asks (steps[].question)", .request = answer_body, .response = "Outcome"});
  table.add<deployer>("POST", "/api/v1/runs/{run}/retry", &retry_run,
                      {.summary = "Run the failed jobs again (all: every job of the failed stage)",
                       .request = R"({"type":"object","properties":{"all":{"type":"boolean"}}})",
                       .response = "Outcome",
                       .status = 202});
  table.add<viewer>("GET", "/api/v1/runs/{run}/logs", &list_logs, {.summary = "Which logs there are", .response = R"({"type":"object"})"});
  table.add<viewer>("GET", "/api/v1/runs/{run}/logs/{job}/{step}", &get_log,
                    {.summary = "Log of a step; Range honoured; follow=1 as server-sent events",
                     .query = {{"follow", "1: server-sent events until the step ends"},
                               {"attempt", "of the job; default: the latest"},
                               {"offset", "first byte to follow from"}},
                     .produces = "text/plain"});
  table.add<viewer>("GET", "/api/v1/runs/{run}/artifacts", &list_artifacts,
                    {.summary = "What the jobs of a run kept", .response = R"({"type":"array","items":{"type":"object"}})"});
  table.add<viewer>("GET", "/api/v1/runs/{run}/artifacts/{job}/{name}", &get_artifact,
                    {.summary = "Download an artifact (tar, zstd)", .produces = "application/zstd"});
  table.add<viewer>("GET", "/api/v1/events", &follow_events,
                    {.summary = "The log as server-sent events; Last-Event-ID resumes without a gap",
                     .query = {{"stream", "run:<id>, app:<name>, env:<name>, server; a trailing * is a prefix"},
                               {"type", "event type; a trailing * is a prefix"},
                               {"after", "sequence number to start after"}},
                     .produces = "text/event-stream"});
}

void add_planning(Routes& table) {
  table.add<viewer>("GET", "/api/v1/schedules", &list_schedules, {.summary = "Schedules, next first", .response = "[Schedule]"});
  table.add<viewer>("GET", "/api/v1/schedules/next", &next_schedules,
                    {.summary = "Next due times", .query = {limit}, .response = R"({"type":"array"})"});
  table.add<deployer>(
      "POST", "/api/v1/schedules", &add_schedule,
      {.summary = "Schedule a run or deploy; Idempotency-Key honoured", .request = schedule_body, .response = "Schedule", .status = 201});
  table.add<deployer>("DELETE", "/api/v1/schedules/{id}", &remove_schedule, {.summary = "Remove a schedule", .status = 204});
  table.add<deployer>("POST", "/api/v1/schedules/{id}/pause", &pause_schedule, {.summary = "Pause a schedule", .status = 204});
  table.add<deployer>("POST", "/api/v1/schedules/{id}/resume", &resume_schedule, {.summary = "Let a schedule go on", .status = 204});
  table.add<viewer>("GET", "/api/v1/locks", &list_locks, {.summary = "Locks that hold", .response = "[Lock]"});
  table.add<deployer>("POST", "/api/v1/locks", &add_lock,
                      {.summary = "Lock an environment", .request = lock_body, .response = "Lock", .status = 201});
  table.add<deployer>("DELETE", "/api/v1/locks/{environment}", &remove_lock,
                      {.summary = "Unlock an environment", .query = {app}, .status = 204});
  table.add<viewer>("GET", "/api/v1/freezes", &list_freezes, {.summary = "Freezes", .response = "[Lock]"});
  table.add<admin>("POST", "/api/v1/freezes", &add_freeze,
                   {.summary = "Freeze one or all environments", .request = freeze_body, .response = "Lock", .status = 201});
  table.add<admin>("DELETE", "/api/v1/freezes/{id}", &remove_freeze, {.summary = "End a freeze", .status = 204});
}

void add_users(Routes& table) {
  table.add<admin>("GET", "/api/v1/users", &list_users,
                   {.summary = "Persons with the identities linked to them", .response = R"({"type":"array","items":{"type":"object"}})"});
  table.add<admin>(
      "POST", "/api/v1/users/links", &link_user,
      {.summary = "Link an identity to a person",
       .request =
           R"({"type":"object","required":["identity","person"],"properties":{"identity":{"type":"string"},"person":{"type":"string"}}})",
       .response = R"({"type":"object"})",
       .status = 201});
  table.add<viewer>("POST", "/api/v1/users/redeem", &redeem_code,
                    {.summary = "Link the chat account that was given this one-time code to oneself",
                     .request = R"({"type":"object","required":["code"],"properties":{"code":{"type":"string"}}})",
                     .response = R"({"type":"object"})",
                     .status = 201});
  table.add<admin>("DELETE", "/api/v1/users/links/{identity}", &unlink_user, {.summary = "Undo a link", .status = 204});
}

void add_administration(Routes& table) {
  table.add<admin>("GET", "/api/v1/tokens", &list_tokens, {.summary = "API tokens, without their secrets", .response = "[Token]"});
  table.add<admin>(
      "POST", "/api/v1/tokens", &create_token,
      {.summary = "Create a token; its text is in this answer only", .request = token_body, .response = "Token", .status = 201});
  table.add<admin>("DELETE", "/api/v1/tokens/{id}", &revoke_token, {.summary = "Revoke a token by id or name", .status = 204});
  table.add<deployer>("GET", "/api/v1/secrets", &list_secrets,
                      {.summary = "Names of secrets; values are never shown", .response = R"({"type":"array"})"});
  table.add<admin>("PUT", "/api/v1/secrets/{name}", &set_secret, {.summary = "Set a secret", .request = secret_body, .status = 204},
                   {.body_bytes = 256u << 10});
  table.add<admin>("DELETE", "/api/v1/secrets/{name}", &remove_secret,
                   {.summary = "Remove a secret", .query = {app, environment}, .status = 204});
  table.add<admin>(
      "GET", "/api/v1/audit", &list_audit,
      {.summary = "The log, newest first",
       .query = {{"actor", "only caused by"}, {"stream", "trailing * is a prefix"}, {"type", "trailing * is a prefix"}, limit, before},
       .response = "[Event]"});
  table.add<admin>("GET", "/api/v1/audit/export", &export_audit,
                   {.summary = "The whole log, oldest first, one JSON object a line", .produces = "application/x-ndjson"});
  table.add<admin>("POST", "/api/v1/audit/verify", &verify_audit, {.summary = "Walk the hash chain", .response = R"({"type":"object"})"});
  table.add<admin>("POST", "/api/v1/store/check", &check_store,
                   {.summary = "Integrity of the database", .response = R"({"type":"object"})"});
  table.add<admin>("POST", "/api/v1/store/backup", &backup_store,
                   {.summary = "Consistent copy of the database to a file of the server's host",
                    .request = R"({"type":"object","required":["path"],"properties":{"path":{"type":"string"}}})",
                    .response = R"({"type":"object"})",
                    .status = 201});
}

Routes build() {
  Routes table;
  add_open(table);
  add_chat(table);
  add_slack(table);
  add_places(table);
  add_runs(table);
  add_planning(table);
  add_users(table);
  add_administration(table);
  return table;
}

}  // namespace

const Routes& routes() {
  static const Routes table = build();
  return table;
}

std::vector<RouteLine> route_lines() {
  std::vector<RouteLine> lines;
  for (const auto& route : routes().all())
    lines.push_back({route.method, route.pattern, std::string(to_string(route.access)), std::string(route.doc.summary)});
  return lines;
}

}  // namespace fairlead::web
