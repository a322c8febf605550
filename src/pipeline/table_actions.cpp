// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fairlead/base/json.hpp"
#include "fairlead/pipeline/actions.hpp"
#include "pipeline/checks.hpp"
#include "pipeline/shape.hpp"

// The actions, input by input. Every input takes expressions, except scripts.
namespace fairlead::pipeline {
namespace {

struct Row {
  std::string name;
  std::string summary;
  Shape shape;
  std::vector<ActionOutput> outputs;
  bool built = false;
  bool needs_environment = false;
  bool open_outputs = false;
};

Shape inputs(std::string name, std::vector<Field> fields, std::string main = {}) {
  Shape shape = object(std::move(name), std::move(fields)).with_expressions();
  shape.main_field = std::move(main);
  return shape;
}

Shape files() { return texts(checked(check_glob, "dist/**")); }
Shape path() { return checked(check_inside, "deploy/api.yml"); }
Shape name() { return checked(check_not_empty, "api"); }
Shape names() { return texts(name()); }
Shape secret_text() {
  Shape shape = text();
  shape.secret = true;
  return shape;
}
Field images() { return {"images", map_of(text()), "container → image that replaces the one of the task definition"}; }
Field cluster() { return Field{"cluster", name(), "ECS cluster"}.must(); }
Field progress() { return Field{"progress-deadline", duration(), "fails when nothing has moved for this long"}.otherwise("10m"); }

Shape percent_or_count() {
  return either({number(0, 100'000),
                 checked([](std::string_view t) { return t.ends_with('%') ? std::string() : "must be a number or a percentage"; }, "25%")});
}

Row run() {
  Shape script = texts(text(Expressions::script));
  Shape shape = object("run", {Field{"script", script, "commands; a list is one line each"}.must()});
  shape.main_field = "script";
  return {"run", "Runs commands in the job's workspace.", shape, {}, true, false, true};
}

Row build_image() {
  return {"build-image",
          "Builds a container image and pushes it.",
          inputs("build-image", {Field{"repository", name(), "name in the registry"}.must(),
                                 Field{"dockerfile", path(), "file"}.otherwise("Dockerfile"),
                                 Field{"context", path(), "folder that is sent to the builder"}.otherwise("."),
                                 {"target", text(), "stage of the Dockerfile"},
                                 {"args", map_of(text()), "build arguments"},
                                 {"secrets", texts(checked(check_secret_name, "NPM_TOKEN")),
                                  "secrets that are mounted while building, never stored in the image"},
                                 {"platforms", names(), "platforms; default the builder's own"},
                                 {"tags", names(), "tags; default the short commit"},
                                 {"labels", map_of(text()), "labels"},
                                 {"cache-from", names(), "images whose layers may be reused"},
                                 Field{"push", boolean(), "whether it is pushed"}.otherwise("true"),
                                 Field{"registry", text(), "ecr, or the host of another registry"}.otherwise("ecr"),
                                 {"user", text(), "for the login at another registry"},
                                 {"password", secret_text(), "a secret, for the same"}}),
          {{"uri", "image by digest; host/repository:tag when it is not pushed"},
           {"digest", "sha256:…, when pushed"},
           {"tag", "the first tag"}},
          true};
}

Row buildspec() {
  return {"buildspec",
          "Runs a CodeBuild buildspec (version 0.2) here.",
          inputs("buildspec",
                 {Field{"file", path(), "the buildspec"}.otherwise("buildspec.yml"),
                  {"env", map_of(secret_text(), check_env_name), "more variables"}},
                 "file"),
          {},
          false,
          false,
          true};
}

Row ecs_deploy() {
  Shape shift = object("traffic-shift", {Field{"percent", number(1, 99), "share of the traffic, of each step when linear"}.must(),
                                         Field{"interval", duration(), "time between steps"}.otherwise("5m")});
  return {
      "ecs-deploy",
      "Rolls out a task definition to an ECS service and watches it until it serves.",
      inputs("ecs-deploy",
             {cluster(),
              Field{"service", name(), "ECS service"}.must(),
              {"task-definition", path(), "file with the task definition; default the service's present one"},
              images(),
              Field{"strategy", choice({"rolling", "blue-green", "canary", "linear"}), "how traffic moves"}.otherwise("rolling"),
              {"canary", shift, "first share, for canary"},
              {"linear", shift, "steps, for linear"},
              Field{"wait-for", choice({"serving", "completed"}), "what success means"}.otherwise("serving"),
              Field{"stability", duration(), "how long all new tasks must stay healthy"}.otherwise("30s"),
              {"bake", duration(), "how long alarms are watched afterwards"},
              {"alarms", names(), "CloudWatch alarms that must stay ok"},
              progress(),
              Field{"answer-within", duration(), "how long people are asked what to do when there is no room"}.otherwise("1h"),
              {"desired-count", number(0, 10'000), "number of tasks; default as it is"},
              Field{"min-healthy", number(0, 100), "percent; default the service's"},
              Field{"max-healthy", number(100, 200), "percent; default the service's"},
              Field{"rollback", boolean(), "whether a failed deploy is rolled back"}.otherwise("true")}),
      {{"task-definition", "ARN of the new revision"}, {"deployment", "id of the deployment"}, {"previous", "ARN of the revision before"}},
      true,
      true};
}

Row ecs_run_task() {
  Shape network = object("task-network", {Field{"subnets", names(), "subnet ids"}.must(),
                                          {"security-groups", names(), "security group ids"},
                                          Field{"public-ip", boolean(), "whether a public address is given"}.otherwise("false")});
  return {"ecs-run-task",
          "Runs an ECS task and waits for its exit code.",
          inputs("ecs-run-task", {cluster(),
                                  Field{"task-definition", text(), "file, or family[:revision]"}.must(),
                                  images(),
                                  {"container", name(), "whose command and exit code count; default the first essential one"},
                                  {"command", texts(text()), "instead of the container's"},
                                  {"env", map_of(secret_text(), check_env_name), "more variables"},
                                  {"network", network, "for awsvpc; default that of the service of the same name"},
                                  Field{"launch-type", choice({"FARGATE", "EC2", "EXTERNAL"}), "where it runs"}.otherwise("FARGATE"),
                                  Field{"count", number(1, 10), "number of tasks"}.otherwise("1"),
                                  progress()}),
          {{"task", "ARN"}, {"exit-code", "of the container"}, {"task-definition", "ARN of the revision"}},
          true,
          true};
}

Row ecs_schedule() {
  return {"ecs-schedule",
          "Points an EventBridge rule or Scheduler schedule at a new task definition.",
          inputs("ecs-schedule", {cluster(),
                                  Field{"task-definition", text(), "file, or family[:revision]"}.must(),
                                  images(),
                                  {"rule", name(), "EventBridge rule"},
                                  {"target", name(), "id of its target"},
                                  {"schedule", name(), "EventBridge Scheduler schedule"},
                                  Field{"group", name(), "group of the schedule"}.otherwise("default"),
                                  {"expression", text(), "cron(…) or rate(…); default as it is"},
                                  {"command", texts(text()), "instead of the container's"},
                                  {"container", name(), "whose command"},
                                  {"enabled", boolean(), "default as it is"}}),
          {{"task-definition", "ARN of the new revision"}, {"previous", "ARN of the revision before"}},
          true,
          true};
}

Row ec2_deploy() {
  Shape targets = object(
      "ec2-targets",
      {{"tags", map_of(texts(text())), "EC2 tags"}, {"auto-scaling-groups", names(), "names"}, {"hosts", names(), "hosts, for ssh"}});
  Shape haproxy =
      object("haproxy", {Field{"socket", text(), "runtime socket, or host:port"}.must(), Field{"backend", name(), "backend"}.must()});
  Shape balancer = object("load-balancer", {{"target-groups", names(), "ARNs or names of ELBv2 target groups"},
                                            {"haproxy", haproxy, "HAProxy"},
                                            {"leave", text(Expressions::script), "command that takes a host out"},
                                            {"join", text(Expressions::script), "command that puts it back"}});
  Shape health = object("health", {{"url", text(), "asked on the host"},
                                   {"command", text(Expressions::script), "run on the host"},
                                   Field{"successes", number(1, 100), "in a row"}.otherwise("2"),
                                   Field{"timeout", duration(), "until healthy"}.otherwise("2m")});
  Shape container = object(
      "service-container",
      {Field{"image", text(), "image"}.must(), {"name", name(), "default the app's"}, {"options", text(), "of docker run or podman run"}});
  Shape service = object("ec2-service", {{"unit", name(), "systemd unit that is restarted"},
                                         {"command", text(Expressions::script), "command that starts it again"},
                                         {"container", container, "container that is replaced"}});
  return {
      "ec2-deploy",
      "Rolls out files to EC2 instances or plain hosts, a batch at a time, behind their load balancer.",
      inputs("ec2-deploy",
             {Field{"targets", targets, "which hosts"}.must(),
              Field{"transport", choice({"ssm", "ssh"}), "how hosts are reached"}.otherwise("ssm"),
              {"user", text(), "for ssh"},
              Field{"files", files(), "what is rolled out, of the workspace"}.otherwise("**"),
              {"archive", path(), "instead of files: an archive of the workspace (tar, compressed, or zip) whose content is rolled out"},
              Field{"appspec", path(), "hooks and files, as for CodeDeploy"}.otherwise("appspec.yml"),
              Field{"ignore-application-stop-failures", boolean(),
                    "the scripts of the release before that stop it and take it out of traffic may fail"}
                  .otherwise("false"),
              {"destination", text(), "folder on the hosts whose `current` points to the release, when there is no appspec"},
              {"service", service, "what is started again, when there is no appspec"},
              {"load-balancer", balancer, "how a host leaves and joins traffic"},
              {"health", health, "when a host is good"},
              {"batch", percent_or_count(), "hosts at once; default as many as min-healthy allows, after one canary"},
              Field{"min-healthy", percent_or_count(), "hosts that stay in traffic"}.otherwise("75%"),
              Field{"max-failures", percent_or_count(), "before everything is rolled back"}.otherwise("10%"),
              Field{"strategy", choice({"rolling", "instance-refresh", "OneAtATime", "HalfAtATime", "AllAtOnce"}),
                    "rolling, or CodeDeploy's names"}
                  .otherwise("rolling"),
              Field{"zonal", boolean(), "min-healthy holds in every zone, one zone after the other"}.otherwise("false"),
              Field{"max-hosts", number(1, 10'000), "more hosts than this are taken for a mistake"}.otherwise("50"),
              {"image", text(), "for instance-refresh: the AMI of a new version of the group's launch template"},
              {"launch-template-version", text(), "for instance-refresh, instead: a version that exists; default the newest"},
              {"max-healthy", percent_or_count(), "for instance-refresh: 100% to 200%; more than 100% launches before it terminates"},
              {"warmup", duration(), "for instance-refresh: until a new instance counts; default the group's"},
              {"bucket", name(), "S3 bucket through which ssm hosts get the bundle"},
              {"drain-timeout", duration(), "default the target group's"},
              Field{"stability", duration(), "how long a host must stay healthy before it counts"}.otherwise("10s"),
              {"checkpoints", list_of(percent_or_count()), "hosts after which people are asked whether it goes on"},
              Field{"answer-within", duration(), "how long people are asked at a checkpoint"}.otherwise("1h"),
              {"alarms", names(), "CloudWatch alarms that must stay ok"},
              {"bake", duration(), "how long alarms and hosts are watched when all are done"},
              {"env", map_of(secret_text(), check_env_name), "variables of the hooks"},
              progress(),
              Field{"rollback", boolean(), "whether a failed deploy is rolled back"}.otherwise("true")}),
      {{"release", "SHA-256 of the bundle and of what activates it"}, {"hosts", "number of hosts"}},
      true,
      true};
}

Row s3_sync() {
  Shape rule = object(
      "cache-rule",
      {Field{"match", files(), "files"}.must(), Field{"cache-control", text(), "header"}.must(), {"content-type", text(), "header"}});
  return {"s3-sync",
          "Uploads what changed to an S3 bucket: assets first, pages last, deletions after a grace.",
          inputs("s3-sync", {Field{"from", path(), "folder of the workspace"}.must(),
                             Field{"bucket", name(), "S3 bucket"}.must(),
                             {"prefix", text(), "within the bucket"},
                             {"exclude", files(), "files that are left out"},
                             Field{"delete", boolean(), "whether what is gone is deleted"}.otherwise("false"),
                             Field{"grace", duration(), "before deleting"}.otherwise("10m"),
                             {"rules", list_of(rule), "headers by pattern"},
                             {"distribution", name(), "CloudFront distribution whose changed paths are invalidated"}}),
          {{"uploaded", "number of files"}, {"deleted", "number of files"}, {"paths", "changed paths"}},
          false,
          true};
}

Row cloudfront_invalidate() {
  return {"cloudfront-invalidate",
          "Invalidates paths of a CloudFront distribution.",
          inputs("cloudfront-invalidate", {Field{"distribution", name(), "id"}.must(), Field{"paths", names(), "paths"}.otherwise("/*"),
                                           Field{"wait", boolean(), "until it is done"}.otherwise("true")}),
          {{"invalidation", "id"}},
          false,
          true};
}

Row cloudformation() {
  return {"cloudformation",
          "Creates or updates a stack through a change set.",
          inputs("cloudformation",
                 {Field{"stack", name(), "name"}.must(),
                  Field{"template", path(), "file"}.must(),
                  {"parameters", map_of(secret_text()), "parameters"},
                  {"capabilities", texts(choice({"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"})), "capabilities"},
                  {"tags", map_of(text()), "tags of the stack"},
                  {"role", checked(check_arn, "arn:aws:iam::111122223333:role/cloudformation"), "service role"},
                  {"bucket", name(), "for templates above 51,200 bytes"},
                  Field{"delete", boolean(), "deletes the stack instead"}.otherwise("false"),
                  progress()}),
          {{"stack", "ARN"}, {"changes", "number of changed resources"}},
          false,
          true,
          true};
}

Row lambda_deploy() {
  Shape shift = object("lambda-shift", {Field{"percent", number(1, 99), "share of the new version, of each step when linear"}.must(),
                                        Field{"interval", duration(), "time between steps"}.otherwise("1m")});
  return {
      "lambda-deploy",
      "Publishes a version of a Lambda function and moves its alias.",
      inputs("lambda-deploy", {Field{"function", name(), "name"}.must(),
                               {"zip", path(), "file or folder"},
                               {"image", text(), "container image"},
                               Field{"alias", name(), "alias that is moved"}.otherwise("live"),
                               Field{"strategy", choice({"all-at-once", "canary", "linear"}), "how traffic moves"}.otherwise("all-at-once"),
                               {"canary", shift, "first share, for canary"},
                               {"linear", shift, "steps, for linear"},
                               {"alarms", names(), "CloudWatch alarms that must stay ok"},
                               {"env", map_of(secret_text(), check_env_name), "variables of the function"},
                               Field{"rollback", boolean(), "whether a failed deploy is rolled back"}.otherwise("true")}),
      {{"version", "published version"}, {"arn", "of the version"}, {"previous", "version before"}},
      false,
      true};
}

Row codebuild() {
  return {"codebuild",
          "Starts a build of a CodeBuild project and follows it.",
          inputs("codebuild",
                 {Field{"project", name(), "name"}.must(),
                  {"source-version", text(), "default the commit of the run"},
                  {"buildspec", text(), "file, or the text itself"},
                  {"env", map_of(secret_text(), check_env_name), "more variables"},
                  {"image", text(), "instead of the project's"},
                  {"compute-type", text(), "instead of the project's"},
                  progress()},
                 "project"),
          {{"build", "id"}, {"status", "SUCCEEDED, …"}},
          false,
          false,
          true};
}

Row approve() {
  Shape person = checked(check_person, "slack:@deployers");
  return {"approve",
          "Asks a question in the middle of a job and waits for the answer.",
          inputs("approve",
                 {Field{"text", name(), "the question"}.must(),
                  {"from", texts(person), "who may answer; default who may approve the environment"},
                  Field{"count", number(1, 20), "how many must agree"}.otherwise("1"),
                  Field{"expires", duration(), "then it counts as rejected"}.otherwise("24h")},
                 "text"),
          {{"by", "who agreed"}, {"reason", "what they wrote"}}};
}

Row notify() {
  return {"notify",
          "Sends a message.",
          inputs("notify",
                 {Field{"text", name(), "the message"}.must(),
                  {"to", texts(checked(check_notify_target, "\"#releases\"")), "default the app's channel"}},
                 "text"),
          {}};
}

Row http() {
  return {"http",
          "Sends an HTTP request and checks the answer.",
          inputs("http",
                 {Field{"url", checked(check_url, "https://example.com/hook"), "address"}.must(),
                  Field{"method", choice({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}), "method"}.otherwise("GET"),
                  {"headers", map_of(secret_text()), "headers"},
                  {"body", text(), "text"},
                  {"json", anything(), "body as JSON"},
                  Field{"expect", texts(number(100, 599)), "status it must answer; default any 2xx"},
                  {"contains", text(), "text the answer must contain"},
                  Field{"timeout", duration(), "longest time of one request"}.otherwise("30s"),
                  Field{"retry-for", duration(), "tries again until it succeeds"}.otherwise("0s")},
                 "url"),
          {{"status", "status"}, {"body", "first 64 KiB of the answer"}}};
}

Row wait() { return {"wait", "Waits.", inputs("wait", {Field{"for", duration(), "how long"}.must()}, "for"), {}}; }

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {run(),
                                       build_image(),
                                       buildspec(),
                                       ecs_deploy(),
                                       ecs_run_task(),
                                       ecs_schedule(),
                                       ec2_deploy(),
                                       s3_sync(),
                                       cloudfront_invalidate(),
                                       cloudformation(),
                                       lambda_deploy(),
                                       codebuild(),
                                       approve(),
                                       notify(),
                                       http(),
                                       wait()};
  return all;
}

ActionInfo info_of(const Row& row) {
  ActionInfo info{row.name, row.summary, row.shape.main_field, row.needs_environment, row.open_outputs, row.built, {}, row.outputs};
  for (const auto& field : row.shape.fields)
    info.inputs.push_back({field.key, type_name(field.shape), field.required, field.fallback, field.description});
  return info;
}

}  // namespace

const std::vector<ActionInfo>& actions() {
  static const std::vector<ActionInfo> all = [] {
    std::vector<ActionInfo> out;
    for (const auto& row : rows()) out.push_back(info_of(row));
    return out;
  }();
  return all;
}

const ActionInfo* find_action(std::string_view name) {
  const auto found = std::ranges::find(actions(), name, &ActionInfo::name);
  return found == actions().end() ? nullptr : &*found;
}

const Shape* action_shape(std::string_view name) {
  const auto found = std::ranges::find(rows(), name, &Row::name);
  return found == rows().end() ? nullptr : &found->shape;
}

Json to_json(const ActionInfo& action) {
  Json inputs = Json::array();
  for (const auto& input : action.inputs) {
    Json entry = {{"name", input.name}, {"type", input.type}, {"required", input.required}, {"description", input.description}};
    if (!input.fallback.empty()) entry["default"] = input.fallback;
    inputs.push_back(std::move(entry));
  }
  Json outputs = Json::array();
  for (const auto& output : action.outputs) outputs.push_back({{"name", output.name}, {"description", output.description}});
  return {{"name", action.name},
          {"summary", action.summary},
          {"main_input", action.main_input},
          {"needs_environment", action.needs_environment},
          {"open_outputs", action.open_outputs},
          {"built", action.built},
          {"inputs", std::move(inputs)},
          {"outputs", std::move(outputs)}};
}

}  // namespace fairlead::pipeline
