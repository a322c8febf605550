// SPDX-License-Identifier: Apache-2.0
#include "deploy/ecs/run_task.hpp"

#include <algorithm>

#include "deploy/ecs/classifier.hpp"
#include "deploy/ecs/task_definition.hpp"
#include "fairlead/aws/ecs.hpp"
#include "fairlead/aws/logs.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::deploy::ecs {

using namespace std::chrono_literals;

TasksEnd end_of(const std::vector<Task>& tasks, const std::string& container) {
  TasksEnd end{true, 0, {}};
  for (const Task& task : tasks) {
    const auto found = std::ranges::find(task.containers, container, &Container::name);
    const auto code = found == task.containers.end() ? std::nullopt : found->exit_code;
    if (code == 0) continue;
    if (end.succeeded) {
      const auto why = classify(task);
      end.reason = "task " + short_id(task.arn) + ": " + why.sentence + (why.advice.empty() ? "" : " (" + why.advice + ")");
    }
    end.succeeded = false;
    if (end.exit_code >= 0) end.exit_code = code ? std::max(end.exit_code, *code) : -1;
  }
  return end;
}

RunTaskStep::RunTaskStep(engine::StepContext& step, const Parts& parts) : step_(step), parts_(parts) {}

/// The network of the service of the task's own family: the subnets and groups that its tasks use anyway.
Awaitable<Json> RunTaskStep::network_of_service(std::string service) {
  const auto described = co_await aws::ecs::describe_services(*parts_.aws, scope_, cluster_, {service});
  for (const Json& it : described.found) {
    if (member(it, "networkConfiguration").is_object()) co_return it["networkConfiguration"];
  }
  throw Error(ErrorKind::invalid,
              "the task needs a network (awsvpc), and cluster " + cluster_ + " has no service \"" + service + "\" to take it from",
              "give `network: { subnets: [...], security-groups: [...] }`");
}

Awaitable<Json> RunTaskStep::request(std::string task_definition, Json definition) {
  const Json& with = step_.with();
  const Json& count = member(with, "count");
  Json request{{"cluster", cluster_},
               {"taskDefinition", task_definition},
               {"launchType", text_at(with, "launch-type", "FARGATE")},
               {"startedBy", "fairlead/" + step_key(step_).substr(0, 23)},  // 36 characters are allowed, in all regions
               {"count", count.is_string() ? parse_int(count.get<std::string>()).value_or(1) : number_at(with, "count", 1)}};
  Json override{{"name", container_}};
  if (const Json& command = member(with, "command"); command.is_array() && !command.empty()) override["command"] = command;
  Json variables = Json::array();
  for (const auto& [name, value] : member(with, "env").items()) {
    std::string text = value.is_string() ? value.get<std::string>() : dump(value);
    if (const std::string secret = text_at(value, "$secret"); !secret.empty()) text = step_.secret(secret).value_or(Secret()).reveal();
    variables.push_back({{"name", name}, {"value", text}});
  }
  if (!variables.empty()) override["environment"] = std::move(variables);
  if (override.size() > 1) request["overrides"] = {{"containerOverrides", Json::array({std::move(override)})}};
  const Json& network = member(with, "network");
  if (network.is_object()) {
    Json vpc{{"subnets", member(network, "subnets")}, {"assignPublicIp", flag_at(network, "public-ip") ? "ENABLED" : "DISABLED"}};
    if (network.contains("security-groups")) vpc["securityGroups"] = network["security-groups"];
    request["networkConfiguration"] = {{"awsvpcConfiguration", std::move(vpc)}};
  } else if (text_at(definition, "networkMode") == "awsvpc") {
    request["networkConfiguration"] = co_await network_of_service(text_at(definition, "family"));
  }
  co_return request;
}

/// RunTask carries a token: sent again with the same one it names the same tasks. Partial failures come inside a 200.
Awaitable<std::string> RunTaskStep::start(Json request, std::string token) {
  request["clientToken"] = std::move(token);
  Json tasks = Json::array();
  try {
    const Json answer = co_await parts_.aws->call(scope_, "ecs:RunTask", request);
    for (const Json& task : member(answer, "tasks")) tasks.push_back(text_at(task, "taskArn"));
    const Json& failures = member(answer, "failures");
    if (failures.is_array() && !failures.empty() && tasks.empty()) {
      throw Error(ErrorKind::unavailable,
                  "ECS could not start the task: " + text_at(failures[0], "reason") + " " + text_at(failures[0], "detail"),
                  "RESOURCE:… means that the cluster has no room");
    }
  } catch (const aws::AwsError& error) {
    if (error.code() != "ConflictException") throw;
    const Json body = parse_json(error.facts().body.empty() ? "{}" : error.facts().body);
    for (const Json& arn : member(body, "resourceIds")) tasks.push_back(arn);
    if (tasks.empty()) throw;
  }
  co_return dump(tasks);
}

Awaitable<std::vector<Task>> RunTaskStep::look(std::vector<std::string> arns) {
  std::vector<Task> tasks;
  const auto described = co_await aws::ecs::describe_tasks(*parts_.aws, scope_, cluster_, std::move(arns));
  for (const Json& task : described.found) tasks.push_back(task_from(task));
  co_return tasks;
}

/// New lines of every task's counting container, to the step's log; whether there were any.
Awaitable<bool> RunTaskStep::tail(const std::vector<Task>& tasks) {
  const LogPlace place = log_place(definition_, container_);
  if (!place.readable()) co_return false;
  aws::Scope scope = scope_;
  if (!place.region.empty()) scope.region = place.region;
  bool any = false;
  for (const Task& task : tasks) {
    if (!task.started_at && !task.stopped_at) continue;
    const std::string stream = place.stream(container_, short_id(task.arn));
    std::string& next = next_[stream];
    if (next.empty()) next = (co_await step_.recall("log/" + stream)).value_or("");
    try {
      const auto page = co_await aws::logs::follow(*parts_.aws, scope, place.group, stream, next);
      std::string text;
      for (const auto& line : page.lines) text += strip_control(line.text) + "\n";
      if (!text.empty()) co_await step_.log(text);
      any |= !text.empty();
      if (page.next != next && !page.next.empty()) co_await step_.remember("log/" + stream, page.next, true);
      if (!page.next.empty()) next = page.next;
    } catch (const aws::AwsError& error) {
      if (error.failure() == aws::Failure::credentials) throw;
    }
  }
  co_return any;
}

Awaitable<std::string> RunTaskStep::send_stop(Json params) {
  co_await parts_.aws->call(scope_, "ecs:StopTask", std::move(params));
  co_return std::string("{}");
}

Awaitable<void> RunTaskStep::stop(std::vector<std::string> arns, std::string why) {
  for (const auto& arn : arns) {
    Json params{{"cluster", cluster_}, {"task", arn}, {"reason", why}};
    auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };  // stopping twice is stopping once
    auto act = [this, params](std::string) { return send_stop(params); };
    co_await step_.effect("stop-task/" + short_id(arn), store::OpClass::b, dump(params), probe, act);
  }
  stopped_why_ = std::move(why);
}

Awaitable<std::vector<Task>> RunTaskStep::watch(std::vector<std::string> arns) {
  const std::string text = text_at(step_.with(), "progress-deadline", "10m");
  const Duration progress = parse_duration(text).value_or(10min);
  std::string seen;
  Time moved_at = step_.now();
  Duration interval = 1s;
  while (true) {
    auto tasks = co_await look(arns);
    std::string states;
    for (const Task& task : tasks) states += short_id(task.arn) + " " + task.status + "\n";
    const bool wrote = co_await tail(tasks);
    if (states != seen) co_await step_.log("task " + states);
    if (states != seen || wrote) moved_at = step_.now();
    interval = states != seen ? 1s : std::min<Duration>(interval + 1s, 5s);
    seen = states;
    const auto stopped = std::ranges::count(tasks, std::string("STOPPED"), &Task::status);
    if (!tasks.empty() && stopped == static_cast<std::ptrdiff_t>(tasks.size())) co_return tasks;
    if (stopped_why_.empty() && step_.cancel_requested()) co_await stop(arns, "canceled");
    if (stopped_why_.empty() && step_.now() > deadline_) co_await stop(arns, "timed out after " + format_duration(step_.timeout()));
    if (step_.now() - moved_at > progress) {
      if (!stopped_why_.empty() || tasks.empty())
        throw Error(ErrorKind::timeout, "the task was told to stop (" + stopped_why_ + "), and did not end", "look at it in the console");
      co_await stop(arns, "nothing has moved for " + format_duration(progress));
      moved_at = step_.now();
    }
    if (step_.cancel_requested()) {
      co_await sleep_for(interval);
      continue;
    }
    try {
      co_await with_deadline(step_.canceled(), deadline_in(interval), "waiting");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::timeout) throw;
    }
  }
}

Awaitable<engine::StepOutcome> RunTaskStep::run() {
  const Json& with = step_.with();
  scope_ = scope_of(step_.environment(), parts_);
  cluster_ = text_at(with, "cluster");
  std::string arn;
  if (const auto remembered = co_await step_.recall("task")) {
    const Json facts = parse_json(*remembered);
    definition_ = member(facts, "definition");
    arn = text_at(facts, "arn");
  } else {
    const Named named = co_await named_definition(step_, parts_, scope_, text_at(with, "task-definition"));
    definition_ = named.definition;
    arn = named.arn;
    const Json facts{{"definition", definition_}, {"arn", arn}, {"started", to_micros(step_.now())}};
    co_await step_.remember("task", dump(facts));
  }
  if (step_.timeout().count() > 0) {
    const Json facts = parse_json((co_await step_.recall("task")).value());
    deadline_ = time_at(facts, "started").value_or(step_.now()) + step_.timeout();
  }
  if (arn.empty()) arn = co_await register_once(step_, *parts_.aws, scope_, definition_);
  container_ = text_at(with, "container", main_container(definition_));
  const Json wanted = co_await request(arn, definition_);
  auto probe = []() -> Awaitable<std::optional<std::string>> { co_return std::nullopt; };  // its token tells
  auto act = [this, wanted](std::string key) { return start(wanted, std::move(key)); };
  Json intent = wanted;
  if (intent.contains("overrides")) intent["overrides"]["containerOverrides"][0].erase("environment");  // may hold secrets
  const Json started = parse_json(co_await step_.effect("run-task", store::OpClass::a, dump(intent), probe, act));
  const auto arns = started.get<std::vector<std::string>>();
  const auto tasks = co_await watch(arns);
  const TasksEnd end = end_of(tasks, container_);
  engine::StepOutcome outcome;
  outcome.exit_code = end.exit_code;
  outcome.outputs = {{"task", arns.empty() ? "" : arns.front()}, {"exit-code", std::to_string(end.exit_code)}, {"task-definition", arn}};
  if (!stopped_why_.empty()) {
    outcome.state = stopped_why_ == "canceled" ? engine::State::canceled : engine::State::failed;
    outcome.reason = "the task was stopped: " + stopped_why_;
    outcome.timed_out = stopped_why_.starts_with("timed out");
  } else if (!end.succeeded) {
    outcome.state = engine::State::failed;
    outcome.reason = end.reason;
  }
  co_return outcome;
}

}  // namespace fairlead::deploy::ecs
