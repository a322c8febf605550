// SPDX-License-Identifier: Apache-2.0
#include "fairlead/pipeline/actions.hpp"
#include "pipeline/checks.hpp"
#include "pipeline/shape.hpp"

// `.fairlead.yml`, key by key.
namespace fairlead::pipeline {
namespace {

constexpr auto yes = Expressions::yes;

Shape patterns(std::string example) { return texts(checked(check_glob, std::move(example))); }
Shape environment_variables() {
  Shape value = text(yes);
  value.secret = true;
  return map_of(std::move(value), check_env_name);
}

Shape filter(std::string title, std::string branches) {
  return object(std::move(title), {
                                      {"branches", patterns("release/*"), std::move(branches)},
                                      {"paths", patterns("src/**"), "only when one of these files changed; `!` takes files out again"},
                                      {"ignore-paths", patterns("docs/**"), "not when only these files changed"},
                                  });
}

Shape triggers() {
  Shape schedule = object(
      "schedule",
      {
          Field{"cron", checked(check_cron, "0 3 * * 1-5"), "minute hour day month weekday"}.must(),
          Field{"zone", checked(check_zone, "Asia/Tokyo"), "time zone of the cron expression"}.otherwise("UTC"),
          {"calendar", text(), "a calendar of the server: only on days it allows"},
          {"late", duration(), "give up when the start would be later than this"},
          Field{"missed", choice({"skip", "once", "all"}), "what happens with starts missed while the server was down"}.otherwise("skip"),
          {"inputs", map_of(text(), check_id), "values of inputs"},
      });
  Shape on = object(
      "triggers",
      {
          {"push", either({filter("push-trigger", "patterns of branch names").or_nothing(), boolean(), patterns("main")}),
           "a push to a branch"},
          {"tag", either({boolean(), patterns("v*").or_nothing()}), "a pushed tag"},
          {"pull-request",
           either({filter("pull-request-trigger", "patterns of the target branch").or_nothing(), boolean(), patterns("main")}),
           "a pull or merge request; runs the stages that have no environment"},
          {"schedule", either({list_of(schedule), schedule}), "times"},
          {"http",
           object("http-trigger", {Field{"secret", checked(check_secret_name, "NIGHTLY_HOOK"), "name of the secret that signs"}.must()}),
           "POST /hooks/http/<app> with a Standard Webhooks signature"},
          {"sqs", object("sqs-trigger", {Field{"queue", checked(check_not_empty, "deploy-requests"), "name of the queue"}.must()}),
           "messages of an SQS queue"},
          Field{"command", boolean(), "Slack, CLI, dashboard, API"}.otherwise("true"),
      });
  on.hints = {{"pull_request", "write pull-request"},
              {"cron", "write schedule: [{ cron: … }]"},
              {"tags", "write tag: [\"v*\"]"},
              {"branches", "write push: { branches: […] }"}};
  return either({on, texts(choice({"push", "tag", "pull-request", "command"}))});
}

Shape inputs() {
  return map_of(object("input",
                       {
                           {"description", text(), "shown in the form"},
                           Field{"required", boolean(), "whether it must be given"}.otherwise("false"),
                           Field{"type", choice({"string", "number", "boolean", "choice"}), "type of the value"}.otherwise("string"),
                           {"options", list_of(text()), "what may be chosen, for a choice"},
                           {"default", either({boolean(), text()}), "value when none is given"},
                       })
                    .or_nothing(),
                check_id);
}

Shape container() {
  return either({text(yes), object("container", {
                                                    Field{"image", text(yes), "image of the container"}.must(),
                                                    {"options", text(), "more options of the container engine"},
                                                    {"user", text(yes), "user within the container"},
                                                    {"network", text(), "network of the container"},
                                                })});
}

Shape service() {
  return either({text(yes), object("service", {
                                                  Field{"image", text(yes), "image of the container"}.must(),
                                                  {"env", environment_variables(), "its environment variables"},
                                                  {"ready", text(Expressions::script), "command that succeeds when it may be used"},
                                                  {"options", text(), "more options of the container engine"},
                                              })});
}

/// Axes have names of their own, so the reader of a matrix looks at its values, not a shape.
Shape matrix() {
  Shape shape = map_of(anything(), check_id);
  shape.title = "matrix";
  return shape;
}

Shape step() {
  std::vector<Field> fields = {
      {"id", checked(check_id, "image"), "name for steps.<id>.outputs"},
      {"name", text(yes), "shown"},
      {"if", condition(), "whether it runs; default success()"},
      {"env", environment_variables(), "environment variables"},
      {"timeout", duration(), "longest time"},
      {"no-output-timeout", duration(), "longest time without output"},
      Field{"continue-on-error", boolean(), "whether the job goes on when it fails"}.otherwise("false"),
      Field{"shell", text(), "interpreter of `run`"}.otherwise("sh -e"),
      {"working-directory", checked(check_inside, "api", yes), "folder within the workspace"},
  };
  std::vector<std::string> names;
  for (const auto& action : actions()) {
    fields.push_back({action.name, *action_shape(action.name), action.summary});
    names.push_back(action.name);
  }
  Shape shape = object("step", std::move(fields));
  shape.exactly_one = std::move(names);
  shape.hints = {{"uses", "actions of other systems are not run here; write the command as run:"},
                 {"script", "write run:"},
                 {"command", "write run:"},
                 {"commands", "write run: with a list of lines"},
                 {"with", "inputs stand under the action itself: ecs-deploy: { … }"}};
  return either({shape, text(Expressions::script)});
}

Shape job() {
  Shape retry =
      object("retry", {
                          Field{"attempts", number(1, 10), "how often it is tried, in total"}.must(),
                          Field{"on", texts(checked(check_retry_on, "")), "what is tried again"}.otherwise("[failure, lost, timeout]"),
                      });
  retry.main_field = "attempts";
  Shape cache = object("cache", {
                                    Field{"key", text(yes), "name of the content"}.must(),
                                    Field{"paths", texts(checked(check_not_empty, "~/.npm", yes)), "what is kept"}.must(),
                                    {"restore-keys", texts(text(yes)), "beginnings of other keys that will do"},
                                });
  Shape shape = object(
      "job",
      {
          {"name", text(yes), "shown instead of the id"},
          {"needs", texts(checked(check_id, "unit")), "jobs of the stage that must succeed first"},
          {"if", condition(), "whether it runs; default success()"},
          {"executor", checked(check_id, "big"), "an executor of the server; default local"},
          {"container", container(), "image its steps run in; absent: the host"},
          {"services", map_of(service(), check_id), "containers beside it, reachable by name"},
          {"matrix", matrix(), "axes: the job runs once for each combination; also include, exclude, max-parallel, fail-fast"},
          {"env", environment_variables(), "environment variables of its steps"},
          {"timeout", duration(), "longest time of an attempt"},
          {"no-output-timeout", duration(), "longest time without output"},
          {"retry", retry, "trying again by itself"},
          {"cache", either({list_of(cache), cache}), "folders kept between runs"},
          {"artifacts", map_of(texts(checked(check_inside, "dist/**")), check_id),
           "name → files that are kept and may be used by later jobs"},
          {"artifacts-from", texts(checked(check_id, "unit")), "earlier jobs whose artifacts are put into the workspace"},
          {"reports",
           object("reports", {{"junit", patterns("reports/*.xml"), "JUnit XML"}, {"coverage", patterns("cobertura.xml"), "Cobertura XML"}}),
           "files read after the job"},
          {"outputs", map_of(text(yes), check_id), "name → value for jobs.<id>.outputs"},
          Field{"steps", list_of(step()), "what it does, in order"}.must(),
      });
  shape.hints = {{"image", "write container: IMAGE"},
                 {"runs-on", "write executor: NAME, or leave it out"},
                 {"depends_on", "write needs:"},
                 {"depends-on", "write needs:"},
                 {"strategy", "write matrix: directly in the job"},
                 {"environment", "an environment belongs to the stage"},
                 {"script", "write steps: [ … ]"},
                 {"when", "write if:"},
                 {"timeout-minutes", "write timeout: 20m"}};
  return shape;
}

Shape jobs() { return map_of(job(), check_id); }

Shape stage() {
  Shape alarm =
      object("alarm-check", {
                                Field{"names", texts(checked(check_not_empty, "api-5xx", yes)), "CloudWatch alarms"}.must(),
                                Field{"state", choice({"ok", "alarm", "insufficient-data"}), "state they must be in"}.otherwise("ok"),
                            });
  alarm.main_field = "names";
  Shape http =
      object("http-check", {
                               Field{"url", checked(check_url, "https://status.example.com/ok", yes), "address that is asked"}.must(),
                               Field{"expect", number(100, 599), "status it must answer"}.otherwise("200"),
                               Field{"timeout", duration(), "longest time of one request"}.otherwise("10s"),
                               {"contains", text(yes), "text the answer must contain"},
                           });
  http.main_field = "url";
  Shape check = object("check", {{"alarm", alarm, "CloudWatch alarms are in a state"}, {"http", http, "an address answers"}});
  check.exactly_one = {"alarm", "http"};
  Shape retry = object("on-failure", {Field{"retry", number(1, 10), "how often the failed jobs are tried again"}.must()});

  Shape shape = object(
      "stage",
      {
          {"name", checked(check_title, "production"), "name of the stage; default its environment"},
          {"environment", checked(check_id, "production"), "environment of the server file: its approval, calendar, lock and queue apply"},
          {"if", condition(), "whether it runs; default success()"},
          Field{"on-failure", either({retry, checked(check_on_failure, "")}), "stop, rollback or { retry: 1 }"}.otherwise("stop"),
          {"checks", list_of(check), "must hold before the stage starts, and again after its approval"},
          Field{"jobs", jobs(), "id → job"}.must(),
      });
  shape.hints = {{"needs", "stages run in the order they are written"},
                 {"steps", "steps belong to a job: jobs: { NAME: { steps: […] } }"},
                 {"approval", "approvals belong to the environment, in the server file"}};
  return shape;
}

Shape root() {
  Shape shape =
      object("pipeline",
             {
                 {"on", triggers(), "what starts a run; default push and pull-request"},
                 {"inputs", inputs(), "asked for when a run is started by hand"},
                 {"env", environment_variables(), "environment variables of every step"},
                 Field{"concurrency", choice({"latest", "queue", "parallel"}), "of this pipeline's runs for one ref"}.otherwise("latest"),
                 {"stages", list_of(stage()), "stages, in order"},
                 {"jobs", jobs(), "instead of stages: one stage named main"},
             });
  shape.exactly_one = {"stages", "jobs"};
  shape.hints = {{"steps", "steps belong to a job: jobs: { NAME: { steps: […] } }"},
                 {"name", "a pipeline is named by its app in the server file"},
                 {"triggers", "write on:"}};
  return shape;
}

}  // namespace

const Shape& pipeline_shape() {
  static const Shape shape = root();
  return shape;
}

}  // namespace fairlead::pipeline
