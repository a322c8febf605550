// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <set>

#include "cli/checks.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/registry.hpp"
#include "cli/working_tree.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/exec/actions.hpp"
#include "fairlead/exec/local_executor.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/pipeline/definition.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/pipeline/plan.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

/// `fairlead try`: the engine, the store and the supervisor of the server, over the working tree, for one run.
namespace fairlead::cli {

namespace {

/// A server file with one app and the environments that the pipeline names, none of them guarded.
std::shared_ptr<const pipeline::ServerConfig> config_for(const std::string& app, const pipeline::Definition& definition) {
  auto config = std::make_shared<pipeline::ServerConfig>();
  pipeline::AppConfig settings;
  settings.name = app;
  config->apps.emplace(app, std::move(settings));
  for (const auto& stage : definition.stages) {
    if (stage.environment.empty()) continue;
    pipeline::EnvironmentConfig environment;
    environment.name = stage.environment;
    environment.lock_after_rollback = false;
    config->environments.emplace(stage.environment, std::move(environment));
  }
  pipeline::ExecutorConfig local;
  local.name = "local";
  config->executors.emplace("local", std::move(local));
  return config;
}

Awaitable<std::optional<Secret>> secret_from_env(std::string name) {
  auto value = env_value(name);
  if (!value)
    throw Error(ErrorKind::not_found, "secret " + name + " is not set",
                "fairlead try takes secrets from its environment: " + name + "=… fairlead try");
  co_return Secret(std::move(*value));
}

/// Stages to run: the one that was named, else those without an environment.
std::vector<std::string> chosen_stages(const pipeline::Definition& definition, const std::string& wanted, Output& output) {
  std::vector<std::string> names, chosen;
  for (const auto& stage : definition.stages) {
    names.push_back(stage.name);
    if (stage.name == wanted) return {wanted};
    if (!stage.environment.empty()) {
      output.note("leaving out stage " + stage.name + ": it deploys to " + stage.environment + "; --stage " + stage.name +
                  " runs its steps here");
    } else {
      chosen.push_back(stage.name);
    }
  }
  if (!wanted.empty()) throw Error(ErrorKind::not_found, "there is no stage \"" + wanted + "\"", "stages: " + join(names, ", "));
  return chosen;
}

Json inputs_of(const std::vector<std::string>& pairs) {
  Json inputs = Json::object();
  for (const auto& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) throw Error(ErrorKind::usage, "--set \"" + pair + "\" is not NAME=VALUE");
    inputs[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return inputs;
}

struct Trial {
  Trial(asio::io_context& io, WorkingTree tree, std::shared_ptr<const pipeline::ServerConfig> config, Output& out)
      : pool(2), http(io.get_executor()), source(std::move(tree), pool), output(out) {
    store = store::open_sqlite(io.get_executor(), pool, {.folder = folder.path()});
    exec::LocalParts running;
    running.executor = io.get_executor();
    running.pool = &pool;
    running.data = folder.path();
    running.checkout = [this](std::string, Sha, std::filesystem::path target) { return source.copy_to(std::move(target)); };
    running.resolve = [](const Json& value, const pipeline::Scope& scope) { return pipeline::resolve(value, scope); };
    running.keep_workspaces = std::chrono::seconds(0);
    local = std::make_unique<exec::LocalExecutor>(std::move(running));
    engine::Parts parts;
    parts.executor = io.get_executor();
    parts.store = store.get();
    parts.pool = &pool;
    parts.source = &source;
    parts.executors = {{"local", local.get()}};
    const auto run = exec::make_run_action();
    parts.actions.emplace(std::string(run->name()), run);
    aws = aws::connect(io.get_executor());
    parts.actions.emplace("build-image", exec::make_build_image_action(image_parts(*aws, config)));
    parts.config = std::move(config);
    parts.data_folder = folder.path();
    parts.clock = now;
    parts.secret = [](std::string name, std::string, std::string) { return secret_from_env(std::move(name)); };
    parts.check = [this, settings = parts.config](std::string check) { return ask_check({http, *aws, settings, now}, std::move(check)); };
    parts.public_url = "http://localhost";
    engine = std::make_unique<engine::Engine>(std::move(parts));
  }

  void tell(const engine::RunState& run);
  void tell_step(const engine::RunState& run, const engine::JobState& job, const engine::StepState& step);
  Awaitable<engine::RunState> follow(engine::StartRequest request);

  TempFolder folder{"fairlead-try-"};
  Pool pool;
  net::HttpClient http;
  TreeSource source;
  Output& output;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<exec::LocalExecutor> local;
  std::unique_ptr<aws::Aws> aws;
  std::unique_ptr<engine::Engine> engine;
  std::set<std::string> told;
};

void Trial::tell_step(const engine::RunState& run, const engine::JobState& job, const engine::StepState& step) {
  if (!engine::is_terminal(step.state) ||
      !told.insert(job.id + "/" + std::to_string(job.attempt) + "/" + std::to_string(step.index)).second)
    return;
  output.line(output.state(to_string(step.state)) + "  " + job.id + ": " + step.name + (step.reason.empty() ? "" : "  " + step.reason));
  const auto log = exec::job_folder(folder.path(), {run.id, job.id, job.attempt}, "") / std::to_string(step.index) / "log";
  auto text = read_file_if_exists(log, 64u << 20).value_or("");
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) output.line(text);
}

void Trial::tell(const engine::RunState& run) {
  for (const auto& stage : run.stages) {
    for (const auto& job : stage.jobs) {
      for (const auto& step : job.steps) tell_step(run, job, step);
    }
  }
}

Awaitable<engine::RunState> Trial::follow(engine::StartRequest request) {
  co_await engine->boot();
  const auto started = co_await engine->start(std::move(request));
  std::int64_t seen = 0;
  engine::RunState run;
  do {
    seen = co_await store->wait_past(seen);
    run = co_await engine->state(started.id);
    tell(run);
  } while (!engine::is_terminal(run.state));
  co_return run;
}

}  // namespace

int try_pipeline(const Globals& globals, const TryOptions& options) {
  Output output(globals);
  WorkingTree tree = WorkingTree::find(options.file);
  const std::string text = tree.pipeline_text();
  const auto definition = pipeline::parse_pipeline(text, tree.pipeline_file);
  if (!definition) throw Error(ErrorKind::invalid, format(definition.error()));

  asio::io_context io(1);
  engine::StartRequest request;
  request.app = tree.app;
  request.trigger = "command";
  request.actor = "local:try";
  request.inputs = dump(inputs_of(options.set));
  request.only_stages = chosen_stages(*definition, options.stage, output);
  if (request.only_stages.empty())
    throw Error(ErrorKind::usage, "every stage of this pipeline deploys to an environment", "name one with --stage");
  Trial trial(io, tree, config_for(tree.app, *definition), output);

  std::optional<engine::RunState> end;
  std::exception_ptr error;
  auto keep = [](Trial& what, engine::StartRequest start, std::optional<engine::RunState>& out) -> Awaitable<void> {
    out = co_await what.follow(std::move(start));
  };
  spawn(io.get_executor(), "try", keep(trial, std::move(request), end), [&error](std::exception_ptr e) { error = std::move(e); });
  while (!end && !error) io.run_one();
  trial.store->close();
  trial.pool.stop();
  if (error) std::rethrow_exception(error);
  for (const auto& problem : end->errors) output.line(problem);
  output.line(output.state(to_string(end->state)) + "  " + tree.app + (end->reason.empty() ? "" : ": " + end->reason));
  output.document(run_json(*end));
  return exit_code_of_state(to_string(end->state), end->reason);
}

}  // namespace fairlead::cli
