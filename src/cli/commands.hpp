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
struct RollbackOptions {
  std::string app, environment, to, reason;
  WaitOptions wait;
};
struct VoteOptions {
  std::string run, stage, reason;
  bool break_glass = false;
};
struct RetryOptions {
  std::string run;
  bool all = false;
  WaitOptions wait;
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
int approve(const Globals&, const VoteOptions&);
int reject(const Globals&, const VoteOptions&);
int cancel(const Globals&, const std::string& run, const std::string& reason);
int retry(const Globals&, const RetryOptions&);
int status(const Globals&, const std::string& app, const std::string& environment);
int history(const Globals&, const HistoryOptions&);
int show(const Globals&, const std::string& run);
int logs(const Globals&, const LogOptions&);

struct LockOptions {
  std::string environment, app, span, reason;
};
struct FreezeOptions {
  std::string environment = "*", app, from, until, span, reason;
};
struct SecretOptions {
  std::string name, app, environment;
};
struct TokenOptions {
  std::string name, role = "deployer", expires, user;
  std::vector<std::string> apps, environments;
};

int schedule_list(const Globals&);
int schedule_next(const Globals&, int count);
int schedule_change(const Globals&, const std::string& id, const std::string& verb);  ///< remove, pause, resume
int lock(const Globals&, const LockOptions&);
int unlock(const Globals&, const LockOptions&);
int locks(const Globals&);
int freeze_add(const Globals&, const FreezeOptions&);
int freeze_list(const Globals&);
int freeze_remove(const Globals&, const std::string& id);
int secret_set(const Globals&, const SecretOptions&);  ///< the value comes from stdin or is asked for
int secret_list(const Globals&);
int secret_remove(const Globals&, const SecretOptions&);
int token_create(const Globals&, const TokenOptions&);
int token_list(const Globals&);
int token_revoke(const Globals&, const std::string& id);
int routes(const Globals&);

struct ReplayOptions {
  std::string path;    ///< sample file or folder
  std::string host;    ///< github, …; empty: the name of the folder
  std::string secret;  ///< name of the environment variable with the secret; empty: asked for or none
};
int webhook_url(const Globals&, const std::string& app);
int webhook_replay(const Globals&, const ReplayOptions&);

struct DoctorOptions {
  std::string config;
  bool rebuild = false;
};
int doctor(const Globals&, const DoctorOptions&);
int backup(const Globals&, const std::string& config, const std::string& target);
int restore(const Globals&, const std::string& config, const std::string& source);
int audit_verify(const Globals&, const std::string& config);
int audit_export(const Globals&);

int validate(const Globals&, const std::vector<std::string>& files);
int schema(const Globals&, const std::string& which);
int actions(const Globals&, const std::string& name);
int init(const Globals&, const std::string& folder);
int version(const Globals&);

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

/// `fairlead supervise DIR`: becomes the supervisor of a job.
int supervise(const std::string& folder);

}  // namespace fairlead::cli
