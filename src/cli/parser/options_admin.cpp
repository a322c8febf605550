// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/parser/command_line.hpp"

/// Commands that plan and protect, and give rights.
namespace fairlead::cli {

namespace {

using Run = std::function<int(const Globals&)>;

void add_schedule(CommandLine& line) {
  CLI::App& group = line.add("schedule", "What starts by itself; `deploy --at` and `--cron` make schedules", {purpose::plan, "", {}});
  line.add("list", "Schedules by next due time",
           {"", "fairlead schedule list", [](const Globals& globals) { return schedule_list(globals); }}, &group);

  auto count = std::make_shared<int>(20);
  CLI::App& next = line.add(
      "next", "The next due times of all schedules",
      {"", "fairlead schedule next --limit 5", [count](const Globals& globals) { return schedule_next(globals, *count); }}, &group);
  next.add_option("--limit", *count, "Rows, 1 to 200; default: 20")->type_name("N")->check(CLI::Range(1, 200));

  for (const auto& [verb, summary] :
       {std::pair{"remove", "Remove a schedule"}, {"pause", "Skip due times until `resume`"}, {"resume", "Let a paused schedule go on"}}) {
    auto id = std::make_shared<std::string>();
    const Run run = [id, name = std::string(verb)](const Globals& globals) { return schedule_change(globals, *id, name); };
    line.add(verb, summary, {"", "", run}, &group).add_option("ID", *id, "Of `fairlead schedule list`")->required();
  }
}

void add_locks(CommandLine& line) {
  auto taken = std::make_shared<LockOptions>();
  CLI::App& lock_command = line.add("lock", "Lock an environment: nothing is deployed there",
                                    {purpose::plan, "fairlead lock production --for 2h --reason \"migration runs\"",
                                     [taken](const Globals& globals) { return lock(globals, *taken); }});
  lock_command.add_option("ENV", taken->environment, "Environment of fairlead.yml")->required();
  lock_command.add_option("APP", taken->app, "Only for this app");
  lock_command.add_option("--for", taken->span, "How long; default: until `unlock`")->type_name("2h");
  lock_command.add_option("--reason", taken->reason, "Shown to whoever has to wait")->type_name("T")->required();

  auto given = std::make_shared<LockOptions>();
  CLI::App& unlock_command =
      line.add("unlock", "Unlock an environment",
               {purpose::plan, "fairlead unlock production", [given](const Globals& globals) { return unlock(globals, *given); }});
  unlock_command.add_option("ENV", given->environment, "Environment of fairlead.yml")->required();
  unlock_command.add_option("APP", given->app, "The lock of this app");
  unlock_command.add_option("--reason", given->reason, "")->group("");

  line.add("locks", "Who holds which lock", {purpose::plan, "fairlead locks", [](const Globals& globals) { return locks(globals); }});
}

void add_freeze(CommandLine& line) {
  CLI::App& group = line.add("freeze", "Freeze environments for a time, planned ahead", {purpose::plan, "", {}});
  auto options = std::make_shared<FreezeOptions>();
  CLI::App& more = line.add("add", "Freeze one or all environments",
                            {"", "fairlead freeze add --from 2026-12-24T00:00:00Z --until 2027-01-02T00:00:00Z --reason holidays",
                             [options](const Globals& globals) { return freeze_add(globals, *options); }},
                            &group);
  more.add_option("ENV", options->environment, "Environment of fairlead.yml; default: all of them");
  more.add_option("--app", options->app, "Only for this app")->type_name("A");
  more.add_option("--from", options->from, "First moment (RFC 3339); default: now")->type_name("TIME");
  auto* until = more.add_option("--until", options->until, "Last moment (RFC 3339)")->type_name("TIME");
  more.add_option("--for", options->span, "How long from now")->type_name("2d")->excludes(until);
  more.add_option("--reason", options->reason, "Shown to whoever has to wait")->type_name("T")->required();
  line.add("list", "Freezes that hold or will", {"", "fairlead freeze list", [](const Globals& globals) { return freeze_list(globals); }},
           &group);
  auto id = std::make_shared<std::string>();
  line.add("remove", "End a freeze", {"", "", [id](const Globals& globals) { return freeze_remove(globals, *id); }}, &group)
      .add_option("ID", *id, "Of `fairlead freeze list`")
      ->required();
}

void add_scope(CLI::App& command, SecretOptions& options) {
  command.add_option("NAME", options.name, "As in ${{ secrets.NAME }}")->required();
  auto* app = command.add_option("--app", options.app, "Of this app only")->type_name("A");
  command.add_option("--environment,--env", options.environment, "Of this environment only")->type_name("E")->excludes(app);
}

void add_secret(CommandLine& line) {
  CLI::App& group = line.add("secret", "Secrets; values go in and never come out", {purpose::care, "", {}});
  auto set = std::make_shared<SecretOptions>();
  add_scope(line.add("set", "Set a secret; the value is asked for, or piped in",
                     {"", "fairlead secret set NPM_TOKEN --app shop-api < token.txt",
                      [set](const Globals& globals) { return secret_set(globals, *set); }},
                     &group),
            *set);
  line.add("list", "Names, scopes and versions", {"", "fairlead secret list", [](const Globals& globals) { return secret_list(globals); }},
           &group);
  auto gone = std::make_shared<SecretOptions>();
  add_scope(line.add("remove", "Remove a secret",
                     {"", "fairlead secret remove NPM_TOKEN --app shop-api",
                      [gone](const Globals& globals) { return secret_remove(globals, *gone); }},
                     &group),
            *gone);
}

void add_token(CommandLine& line) {
  CLI::App& group = line.add("token", "API tokens", {purpose::care, "", {}});
  auto options = std::make_shared<TokenOptions>();
  CLI::App& create = line.add("create", "Make a token; its text is printed once",
                              {"", "fairlead token create ci --role deployer --app shop-api --expires 30d > token",
                               [options](const Globals& globals) { return token_create(globals, *options); }},
                              &group);
  create.add_option("NAME", options->name, "It acts as token:NAME")->required();
  create.add_option("--role", options->role, "viewer (default), approver, deployer or admin")->type_name("R");
  create.add_option("--user", options->user, "Act as this user instead")->type_name("user:NAME");
  create.add_option("--app", options->apps, "Only this app; may be repeated")->type_name("A")->allow_extra_args(false);
  create.add_option("--environment,--env", options->environments, "Only this environment; may be repeated")
      ->type_name("E")
      ->allow_extra_args(false);
  create.add_option("--expires", options->expires, "Default: 90d, at most two years")->type_name("30d");
  line.add("list", "Tokens without their texts", {"", "fairlead token list", [](const Globals& globals) { return token_list(globals); }},
           &group);
  auto id = std::make_shared<std::string>();
  line.add("revoke", "Revoke a token",
           {"", "fairlead token revoke ci", [id](const Globals& globals) { return token_revoke(globals, *id); }}, &group)
      .add_option("ID", *id, "Id or name")
      ->required();
}

void add_user(CommandLine& line) {
  CLI::App& group = line.add("user", "Accounts that are the same person", {purpose::care, "", {}});
  line.add("list", "Persons with the identities linked to them",
           {"", "fairlead user list", [](const Globals& globals) { return user_list(globals); }}, &group);
  struct LinkOptions {
    std::string identity, person;
  };
  auto made = std::make_shared<LinkOptions>();
  CLI::App& link = line.add("link", "Link a chat account: with the code it gave you, to yourself; with a person, as an admin",
                            {"", "fairlead user link slack:U123 user:lead@example.com",
                             [made](const Globals& globals) { return user_link(globals, made->identity, made->person); }},
                            &group);
  link.add_option("CODE|IDENTITY", made->identity, "The code, or slack:U123, github:LOGIN, user:OTHER-NAME")->required();
  link.add_option("PERSON", made->person, "user:NAME");
  auto undone = std::make_shared<std::string>();
  line.add("unlink", "Undo a link; who it was still may not approve their own runs with it",
           {"", "fairlead user unlink slack:U123", [undone](const Globals& globals) { return user_unlink(globals, *undone); }}, &group)
      .add_option("IDENTITY", *undone, "slack:U123, github:LOGIN, user:OTHER-NAME")
      ->required();
}

void add_webhook(CommandLine& line) {
  CLI::App& group = line.add("webhook", "Deliveries of Git hosts", {purpose::care, "", {}});
  struct UrlOptions {
    std::string app, host;
  };
  auto where = std::make_shared<UrlOptions>();
  CLI::App& url = line.add(
      "url", "What to enter at the Git host of an app",
      {"", "fairlead webhook url shop-api", [where](const Globals& globals) { return webhook_url(globals, where->app, where->host); }},
      &group);
  url.add_option("APP", where->app, "App of fairlead.yml")->required();
  url.add_option("--host", where->host, "Default: by the repository's address")
      ->type_name("H")
      ->check(CLI::IsMember({"github", "gitlab", "bitbucket", "gitea", "http"}));

  auto stored = std::make_shared<ReplayOptions>();
  CLI::App& replay = line.add("replay", "Send stored deliveries to the server, freshly signed",
                              {"", "fairlead webhook replay webhooks/github/push.http --secret-file hook.secret",
                               [stored](const Globals& globals) { return webhook_replay(globals, *stored); }},
                              &group);
  replay.add_option("FILE|DIR", stored->path, "A delivery as a file, or a folder of *.http")->required();
  replay.add_option("--secret-file", stored->secret_file, "The secret; default: $FAIRLEAD_WEBHOOK_SECRET, or asked for")->type_name("F");
  replay.add_flag("--same-id", stored->same_id, "Keep the delivery id: a second time it is a duplicate");

  auto own = std::make_shared<SendOptions>();
  CLI::App& send = line.add("send", "Tell the server about a push, as webhooks/git/post-receive does",
                            {"", "fairlead webhook send shop-api --ref refs/heads/main --secret-file hook.secret",
                             [own](const Globals& globals) { return webhook_send(globals, *own); }},
                            &group);
  send.add_option("APP", own->app, "App of fairlead.yml")->required();
  send.add_option("--ref", own->ref, "Branch, tag or full ref; default: the app's branch")->type_name("R");
  send.add_option("--before", own->before, "Commit before the push")->type_name("SHA");
  send.add_option("--after", own->after, "Commit after the push")->type_name("SHA");
  send.add_option("--reason", own->reason, "Shown with the run")->type_name("T");
  send.add_option("--secret-file", own->secret_file, "The secret; default: $FAIRLEAD_WEBHOOK_SECRET, or asked for")->type_name("F");
}

}  // namespace

void add_admin_commands(CommandLine& line) {
  add_schedule(line);
  add_locks(line);
  add_freeze(line);
  add_secret(line);
  add_token(line);
  add_user(line);
  add_webhook(line);
  line.add("routes", "The HTTP API and who may call what",
           {purpose::care, "fairlead routes", [](const Globals& globals) { return routes(globals); }});
}

}  // namespace fairlead::cli
