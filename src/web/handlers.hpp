// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "web/call.hpp"

/// The answers of the route table (table.cpp), by resource.
namespace fairlead::web {

// home.cpp, server_api.cpp, badge.cpp, metrics.cpp
Awaitable<net::Response> home(Call&);
Awaitable<net::Response> run_page(Call&);
Awaitable<net::Response> healthz(Call&);
Awaitable<net::Response> readyz(Call&);
Awaitable<net::Response> whoami(Call&);
Awaitable<net::Response> server_info(Call&);
Awaitable<net::Response> check_store(Call&);
Awaitable<net::Response> backup_store(Call&);
Awaitable<net::Response> openapi_document(Call&);
Awaitable<net::Response> receive_hook(Call&);
Awaitable<net::Response> receive_app_hook(Call&);
Awaitable<net::Response> receive_slack(Call&);
Awaitable<net::Response> slack_oauth(Call&);
Awaitable<net::Response> check_slack(Call&);
Awaitable<net::Response> badge(Call&);
Awaitable<net::Response> metrics(Call&);

// pages.cpp, chat_api.cpp
Awaitable<net::Response> chat_page(Call&);
Awaitable<net::Response> ui_asset(Call&);
Awaitable<net::Response> sign_in(Call&);
Awaitable<net::Response> sign_out(Call&);
Awaitable<net::Response> chat_command(Call&);
Awaitable<net::Response> chat_interaction(Call&);
Awaitable<net::Response> chat_options(Call&);
Awaitable<net::Response> chat_messages(Call&);
Awaitable<net::Response> chat_stream(Call&);

// places_api.cpp
Awaitable<net::Response> list_apps(Call&);
Awaitable<net::Response> get_app(Call&);
Awaitable<net::Response> list_environments(Call&);
Awaitable<net::Response> get_environment(Call&);
Awaitable<net::Response> list_deployments(Call&);
Awaitable<net::Response> get_deployment(Call&);

// refs_api.cpp
Awaitable<net::Response> list_refs(Call&);

// start_api.cpp
Awaitable<net::Response> start_run(Call&);
Awaitable<net::Response> deploy(Call&);
Awaitable<net::Response> roll_back(Call&);
Awaitable<net::Response> show_plan(Call&);

// runs_api.cpp
Awaitable<net::Response> list_runs(Call&);
Awaitable<net::Response> get_run(Call&);
Awaitable<net::Response> approve_run(Call&);
Awaitable<net::Response> reject_run(Call&);
Awaitable<net::Response> revoke_vote(Call&);
Awaitable<net::Response> cancel_run(Call&);
Awaitable<net::Response> retry_run(Call&);
Awaitable<net::Response> answer_run(Call&);

// log_api.cpp
Awaitable<net::Response> list_logs(Call&);
Awaitable<net::Response> get_log(Call&);

// artifacts_api.cpp
Awaitable<net::Response> list_artifacts(Call&);
Awaitable<net::Response> get_artifact(Call&);

// events_api.cpp
Awaitable<net::Response> follow_events(Call&);
Awaitable<net::Response> run_events(Call&);
Awaitable<net::Response> list_audit(Call&);
Awaitable<net::Response> export_audit(Call&);
Awaitable<net::Response> verify_audit(Call&);

// schedules_api.cpp
/// Makes the schedule, or answers with the one that a request with the same Idempotency-Key made.
Awaitable<net::Response> schedule(Call&, Json wanted);
Awaitable<net::Response> list_schedules(Call&);
Awaitable<net::Response> next_schedules(Call&);
Awaitable<net::Response> add_schedule(Call&);
Awaitable<net::Response> remove_schedule(Call&);
Awaitable<net::Response> pause_schedule(Call&);
Awaitable<net::Response> resume_schedule(Call&);

// locks_api.cpp
Awaitable<net::Response> list_locks(Call&);
Awaitable<net::Response> add_lock(Call&);
Awaitable<net::Response> remove_lock(Call&);
Awaitable<net::Response> list_freezes(Call&);
Awaitable<net::Response> add_freeze(Call&);
Awaitable<net::Response> remove_freeze(Call&);

// users_api.cpp
Awaitable<net::Response> list_users(Call&);
Awaitable<net::Response> link_user(Call&);
Awaitable<net::Response> redeem_code(Call&);
Awaitable<net::Response> unlink_user(Call&);

// tokens_api.cpp, secrets_api.cpp
Awaitable<net::Response> list_tokens(Call&);
Awaitable<net::Response> create_token(Call&);
Awaitable<net::Response> revoke_token(Call&);
Awaitable<net::Response> list_secrets(Call&);
Awaitable<net::Response> set_secret(Call&);
Awaitable<net::Response> remove_secret(Call&);

}  // namespace fairlead::web
