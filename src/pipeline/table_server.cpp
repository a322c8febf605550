// SPDX-License-Identifier: Apache-2.0
#include "pipeline/checks.hpp"
#include "pipeline/shape.hpp"

// `fairlead.yml`, key by key.
namespace fairlead::pipeline {
namespace {

Shape secret() {
  Shape shape = text();
  shape.secret = true;
  return shape;
}
Shape name() { return checked(check_not_empty, "api"); }
Shape id() { return checked(check_id, "production"); }
Shape people() { return texts(checked(check_person, "slack:@deployers")); }
Shape targets() { return texts(checked(check_notify_target, "\"#deploys\"")); }
Shape globs(std::string example) { return texts(checked(check_glob, std::move(example))); }

Shape server() {
  return object("server",
                {
                    Field{"listen", checked(check_listen, "127.0.0.1:7070"), "address"}.otherwise("127.0.0.1:7070"),
                    {"public-url", checked(check_url, "https://deploy.example.com"), "address in links and webhooks"},
                    {"tls", object("tls", {Field{"certificate", name(), "file, PEM"}.must(), Field{"key", name(), "file, PEM"}.must()}),
                     "serves HTTPS itself"},
                    {"trusted-proxies", texts(checked(check_network, "10.0.0.0/8")), "whose X-Forwarded-For counts"},
                });
}

Shape slack() {
  return object("slack",
                {
                    Field{"transport", choice({"socket", "http"}), "how Slack reaches the server"}.otherwise("socket"),
                    {"app-token", secret(), "for socket"},
                    {"bot-token", secret(), "for the Web API"},
                    {"signing-secret", texts(secret()), "for http; two while one is replaced"},
                    {"channel", text(), "where cards go when an app names no channel"},
                    Field{"api-url", checked(check_url, "https://slack-gov.com/api"), "Web API: GovSlack, or a fake in tests"}.otherwise(
                        "https://slack.com/api"),
                    {"client-id", checked(check_not_empty, "1234567890.1234567890"), "for http: lets other workspaces install the app"},
                    {"client-secret", secret(), "with client-id"},
                });
}

Shape webhooks() {
  const Shape host = object("webhook", {
                                           {"secret", texts(secret()), "signs deliveries; two while one is replaced"},
                                           {"api-token", secret(), "for statuses and failed deliveries"},
                                           {"api-url", checked(check_url, "https://git.example.com/api/v4"), "of a self-hosted Git host"},
                                       });
  std::vector<Field> hosts;
  for (const char* each : {"github", "gitlab", "bitbucket", "gitea", "codecommit", "http"})
    hosts.push_back({each, host, std::string("deliveries of ") + each});
  return object("webhooks", std::move(hosts));
}

Shape apps() {
  return map_of(object("app",
                       {
                           Field{"repository", checked(check_repository, "git@github.com:acme/shop-api.git"), "Git repository"}.must(),
                           {"full-name", checked(check_not_empty, "acme/shop"), "name at the Git host, when its addresses differ"},
                           Field{"pipeline", checked(check_inside, ".fairlead.yml"), "file in the repository"}.otherwise(".fairlead.yml"),
                           Field{"branch", name(), "branch that is started when none is named"}.otherwise("main"),
                           {"channel", text(), "Slack channel"},
                           {"folder", checked(check_inside, "services/api"), "part of the repository that is this app"},
                           {"paths", globs("services/api/**"), "only pushes that change these files"},
                       }),
                check_id);
}

Shape approval() {
  Shape group = object("approval-group", {
                                             Field{"from", people(), "who may approve"}.must(),
                                             Field{"count", number(1, 20), "how many of them"}.otherwise("1"),
                                         });
  const Shape reason = choice({"optional", "required"});
  return object("approval",
                {
                    Field{"require", either({list_of(group), group}), "groups that must all approve"}.otherwise("[{ from: \"*\" }]"),
                    Field{"self", choice({"deny", "allow"}), "whether one may approve one's own run"}.otherwise("deny"),
                    Field{"exclude", texts(choice({"requester", "pusher", "commit-authors"})), "who may not approve"}.otherwise(
                        "[requester, pusher]"),
                    {"reason",
                     object("reason", {Field{"approve", reason, "with an approval"}.otherwise("optional"),
                                       Field{"reject", reason, "with a rejection"}.otherwise("required")}),
                     "whether one is asked for"},
                    Field{"expires", duration(), "then the stage fails"}.otherwise("24h"),
                    {"remind", texts(duration()), "when those who may approve are reminded"},
                    {"break-glass",
                     object("break-glass",
                            {Field{"who", people(), "who may go ahead without approval"}.must(), {"notify", targets(), "who is told"}}),
                     "emergencies"},
                });
}

Shape environments() {
  const Shape aws = object("aws", {
                                      {"region", checked(check_region, "ap-northeast-1"), "region"},
                                      {"role", checked(check_arn, "arn:aws:iam::111122223333:role/fairlead"), "role that is assumed"},
                                      {"external-id", text(), "of the role's trust policy"},
                                      {"profile", text(), "of ~/.aws/config"},
                                      {"endpoint", checked(check_url, "http://127.0.0.1:4566"), "a local AWS, such as fairlead sandbox"},
                                  });
  return map_of(
      object("environment",
             {
                 {"aws", aws, "account and region"},
                 {"ssh",
                  object("ssh", {{"config", text(), "ssh_config for its hosts; default that of the server's user"},
                                 {"hosts", globs("web*"), "hosts that pipelines may name; default every one"}}),
                  "how its hosts are reached"},
                 {"branches", globs("release/*"), "branches that may be deployed; refs/tags/v* for tags"},
                 {"approval", approval().or_nothing(), "who must agree before a stage starts"},
                 {"calendar", id(), "when stages may start"},
                 Field{"queue", choice({"latest", "every"}), "waiting runs: only the latest, or every one in turn"}.otherwise("latest"),
                 Field{"wait-timer", duration(), "wait before a stage starts"}.otherwise("0s"),
                 Field{"lock-after-rollback", boolean(), "locks itself after a rollback"}.otherwise("true"),
             })
          .or_nothing(),
      check_id);
}

Shape calendars() {
  const Shape rules = texts(checked(check_calendar_rule, ""));
  return map_of(object("calendar",
                       {
                           Field{"zone", checked(check_zone, "Asia/Tokyo"), "time zone"}.otherwise("UTC"),
                           {"allow", rules, "open then; absent: always"},
                           {"deny", rules, "closed then"},
                           {"holidays", texts(name()), "closed on them: jp, or an .ics file"},
                       }),
                check_id);
}

Shape executors() {
  return map_of(
      object("executor",
             {
                 Field{"kind", choice({"local", "ecs", "codebuild", "kubernetes"}), "where steps run"}.otherwise("local"),
                 Field{"slots", number(1, 1000), "jobs at once; those that only ask others (ecs-deploy, http) do not count"}.otherwise("2"),
                 Field{"sandbox", choice({"none", "process", "container"}), "isolation of local steps"}.otherwise("process"),
                 {"cluster", name(), "for ecs"},
                 {"task-definition", name(), "for ecs"},
                 {"project", name(), "for codebuild"},
                 {"namespace", name(), "for kubernetes"},
                 {"image", name(), "for ecs, kubernetes and container"},
                 {"environment", id(), "whose AWS account is used"},
             })
          .or_nothing(),
      check_id);
}

Shape root() {
  const Shape keep = checked(check_duration_or_forever, "90d");
  Shape store = checked(check_store, "postgresql://fairlead@db.example.com/fairlead");
  store.secret = true;
  Shape rule = object("notify-rule", {
                                         Field{"on", globs("run.failed"), "event types"}.must(),
                                         Field{"to", targets(), "where it goes"}.must(),
                                         {"apps", texts(id()), "only of these apps"},
                                         {"environments", texts(id()), "only of these environments"},
                                     });
  Shape shape = object(
      "server-file",
      {
          {"server", server(), "listening and addresses"},
          Field{"data", name(), "folder of database, logs, artifacts, mirrors, workspaces"}.otherwise("./data"),
          Field{"store", store, "sqlite or postgresql://…"}.otherwise("sqlite"),
          {"slack", slack(), "Slack"},
          {"webhooks", webhooks(), "Git hosts that send deliveries"},
          {"apps", apps(), "what is deployed"},
          {"environments", environments(), "where to, and by which rules"},
          {"calendars", calendars(), "times"},
          {"executors", executors(), "where steps run"},
          {"roles",
           object("roles", {{"admin", people(), "may do everything"},
                            {"deployer", people(), "may start, approve, cancel"},
                            {"viewer", people(), "may look"}}),
           "who may do what; absent: only local: may act"},
          {"notify", list_of(rule), "messages about events"},
          {"retention",
           object("retention", {Field{"logs", keep, "logs"}.otherwise("90d"), Field{"artifacts", keep, "artifacts"}.otherwise("30d"),
                                Field{"workspaces", keep, "workspaces"}.otherwise("1d"), Field{"caches", keep, "caches"}.otherwise("30d"),
                                Field{"runs", keep, "history"}.otherwise("forever")}),
           "how long things are kept"},
          {"compat", texts(choice({"genova"})), "routes of other systems"},
      });
  shape.hints = {{"environment", "write environments:"},
                 {"app", "write apps:"},
                 {"stages", "stages belong into .fairlead.yml, in the repository"},
                 {"jobs", "jobs belong into .fairlead.yml, in the repository"}};
  return shape;
}

}  // namespace

const Shape& server_shape() {
  static const Shape shape = root();
  return shape;
}

}  // namespace fairlead::pipeline
