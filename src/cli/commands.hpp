// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/globals.hpp"

/// The commands, each as a value of its options and a function that returns the exit code. Errors leave as exceptions.
namespace fairlead::cli {

struct WaitOptions {
  bool wait = false;    ///< --wait: until the end, silently
  bool follow = false;  ///< --follow: with progress and logs
  long timeout = 0;     ///< --timeout: seconds, 0: none
};

struct StartOptions {
  std::string app, ref, reason;
  std::vector<std::string> inputs;  ///< k=v
  WaitOptions wait;
};
struct DeployOptions {
  std::string app, environment, ref, run, image, reason, at, cron, zone, calendar;
  bool dry_run = false;
  WaitOptions wait;
};
struct PromoteOptions {
  std::string app, from, to, reason;
  WaitOptions wait;
};
struct RollbackOptions {
  std::string app, environment, to, reason;
  WaitOptions wait;
};
struct VoteOptions {
  std::string run, stage, reason;
  bool break_glass = false;
  bool revoke = false;  ///< approve: take one's own approval back
};
struct RetryOptions {
  std::string run;
  bool all = false;
  WaitOptions wait;
};
struct AnswerOptions {
  std::string run, choice, job, reason;
};
struct HistoryOptions {
  std::string app, environment, state, before;
  int limit = 20;
};
struct LogOptions {
  std::string run, where;  ///< JOB or JOB/STEP
  bool follow = false;
};

int start(const Globals&, const StartOptions&);
int deploy(const Globals&, const DeployOptions&);
int rollback(const Globals&, const RollbackOptions&);
/// What a deploy would change, wait for and run; touches nothing.
int plan(const Globals&, const DeployOptions&);
/// Only the commits and files of it.
int diff(const Globals&, const DeployOptions&);
int promote(const Globals&, const PromoteOptions&);
int approve(const Globals&, const VoteOptions&);
int reject(const Globals&, const VoteOptions&);
int cancel(const Globals&, const std::string& run, const std::string& reason);
int retry(const Globals&, const RetryOptions&);
int answer(const Globals&, const AnswerOptions&);
int status(const Globals&, const std::string& app, const std::string& environment);
int history(const Globals&, const HistoryOptions&);
int show(const Globals&, const std::string& run);
int logs(const Globals&, const LogOptions&);

// schedule_commands.cpp
int schedule_list(const Globals&);
int schedule_next(const Globals&, int count);
int schedule_change(const Globals&, const std::string& id, const std::string& verb);  ///< remove, pause, resume

struct LockOptions {
  std::string environment, app, span, reason;
};
struct FreezeOptions {
  std::string environment = "*", app, from, until, span, reason;
};
// lock_commands.cpp
int lock(const Globals&, const LockOptions&);
int unlock(const Globals&, const LockOptions&);
int locks(const Globals&);
int freeze_add(const Globals&, const FreezeOptions&);
int freeze_list(const Globals&);
int freeze_remove(const Globals&, const std::string& id);

struct SecretOptions {
  std::string name, app, environment;
};
// secret_commands.cpp
int secret_set(const Globals&, const SecretOptions&);  ///< the value comes from stdin or is asked for, never from an argument
int secret_list(const Globals&);
int secret_remove(const Globals&, const SecretOptions&);

struct TokenOptions {
  std::string name, role = "viewer", expires, user;
  std::vector<std::string> apps, environments;
};
// user_commands.cpp
int user_list(const Globals&);
/// `person` empty: `identity_or_code` is a code that the chat gave.
int user_link(const Globals&, const std::string& identity_or_code, const std::string& person);
int user_unlink(const Globals&, const std::string& identity);

// token_commands.cpp
int token_create(const Globals&, const TokenOptions&);
int token_list(const Globals&);
int token_revoke(const Globals&, const std::string& id);

struct ReplayOptions {
  std::string path;         ///< sample file, or a folder of them
  std::string secret_file;  ///< the secret's only line; empty: $FAIRLEAD_WEBHOOK_SECRET, or asked for
  bool same_id = false;     ///< keep the delivery id of the sample
};
struct SendOptions {
  std::string app, ref, before, after, reason, secret_file;
};
// webhook_commands.cpp
int webhook_url(const Globals&, const std::string& app, const std::string& host);
int webhook_replay(const Globals&, const ReplayOptions&);
int webhook_send(const Globals&, const SendOptions&);

// slack_commands.cpp
int slack_manifest(const Globals&, const std::string& transport);  ///< socket, http; empty: the file's
int slack_check(const Globals&);

struct DoctorOptions {
  std::string config;  ///< empty: found upwards from here; so below
  bool rebuild = false;
};
struct RestoreOptions {
  std::string config, source;
  bool force = false;
};
int doctor(const Globals&, const DoctorOptions&);
int backup(const Globals&, const std::string& config, const std::string& target);
int restore(const Globals&, const RestoreOptions&);
int audit_verify(const Globals&, const std::string& config);
int audit_export(const Globals&, const std::string& config);

// describe.cpp, validate.cpp, init.cpp
int validate(const Globals&, const std::vector<std::string>& files);
int schema(const Globals&, const std::string& which);
int actions(const Globals&, const std::string& name);
int routes(const Globals&);
int version(const Globals&);
int init(const Globals&, const std::string& folder);

struct TryOptions {
  std::string file, stage;
  std::vector<std::string> set;  ///< k=v
};
int try_pipeline(const Globals&, const TryOptions&);

struct DemoOptions {
  bool automatic = false;
  bool keep = false;
};
int demo(const Globals&, const DemoOptions&);

struct SandboxOptions {
  std::string listen = "127.0.0.1:4566";
  std::string faults;  ///< file; empty: none
  double speed = 10;   ///< how much faster than AWS things take place
};
/// sandbox.cpp: the local AWS, until SIGTERM or SIGINT.
int sandbox_server(const Globals&, const SandboxOptions&);

/// `fairlead supervise DIR`: becomes the supervisor of a job.
int supervise(const std::vector<std::string>& arguments);

}  // namespace fairlead::cli
