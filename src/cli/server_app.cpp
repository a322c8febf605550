// SPDX-License-Identifier: Apache-2.0
#include "cli/server_app.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "cli/aws_metrics.hpp"
#include "cli/chat_people.hpp"
#include "cli/chat_wiring.hpp"
#include "cli/checks.hpp"
#include "cli/deploying.hpp"
#include "cli/exposure.hpp"
#include "cli/git_access.hpp"
#include "cli/hooks.hpp"
#include "cli/log_watch.hpp"
#include "cli/refs.hpp"
#include "cli/registry.hpp"
#include "cli/retention.hpp"
#include "cli/schedules.hpp"
#include "cli/secrets.hpp"
#include "cli/slack_setup.hpp"
#include "cli/source.hpp"
#include "fairlead/aws/aws.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/deploy/drift.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/exec/actions.hpp"
#include "fairlead/exec/artifacts.hpp"
#include "fairlead/exec/local_executor.hpp"
#include "fairlead/exec/logs.hpp"
#include "fairlead/exec/sweep.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/pipeline/expression.hpp"
#include "fairlead/store/store.hpp"
#include "fairlead/triggers/declarations.hpp"
#include "fairlead/triggers/poller.hpp"
#include "fairlead/triggers/receiver.hpp"
#include "fairlead/triggers/scheduler.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::cli {

/// Declared in the order of use: what is below may use what is above.
struct ServerApp::State {
  State(asio::any_io_executor ex, ServerSettings given) : executor(std::move(ex)), settings(std::move(given)), pool(2), http(executor) {}

  void open_rooms();
  deploy::Parts parts_of_deploys();
  engine::Parts engine_parts();
  triggers::Starter starter();
  void make_triggers();
  void make_chat();
  void make_web();
  void bind();
  std::string public_url() const;

  asio::any_io_executor executor;
  ServerSettings settings;
  Pool pool;
  net::HttpClient http;
  std::unique_ptr<aws::Aws> aws;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<chat::Links> links;
  std::unique_ptr<Secrets> secrets;
  std::unique_ptr<GitSource> source;
  std::unique_ptr<exec::LocalExecutor> local;
  std::unique_ptr<exec::LogHub> logs;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<triggers::Receiver> receiver;
  std::unique_ptr<triggers::Scheduler> scheduler;
  std::unique_ptr<triggers::Declarations> declarations;
  std::unique_ptr<triggers::Poller> poller;
  std::unique_ptr<ChatRooms> chat;
  std::unique_ptr<web::Web> web;
  std::unique_ptr<net::Server> server;
  std::vector<std::string> addresses;
  bool ready = false;
};

namespace {

deploy::Parts::Ssh ssh_of(const ServerSettings& settings, const std::string& environment) {
  const auto found = settings.config->environments.find(environment);
  if (found == settings.config->environments.end()) return {};
  const auto& config = found->second.ssh_config;
  return {.config = config.empty() ? std::filesystem::path() : settings.config_file.parent_path() / config,
          .hosts = found->second.ssh_hosts};
}
constexpr std::size_t tail_lines = 20;  // what chat shows of a log
constexpr std::size_t tail_bytes = 16u << 10;

exec::SweepRules sweep_rules(const pipeline::RetentionConfig& kept) {
  const auto seconds = [](const std::optional<Duration>& age) {
    return age ? std::max(std::chrono::duration_cast<std::chrono::seconds>(*age), std::chrono::seconds(1)) : std::chrono::seconds(0);
  };
  exec::SweepRules rules;
  rules.logs = rules.artifacts = std::chrono::seconds(0);  // by run, in keep_retention
  rules.workspaces = seconds(kept.workspaces);
  rules.caches = seconds(kept.caches);
  return rules;
}

}  // namespace

ServerApp::ServerApp(asio::any_io_executor executor, ServerSettings settings)
    : state_(std::make_unique<State>(std::move(executor), std::move(settings))) {}
ServerApp::~ServerApp() = default;

const std::vector<std::string>& ServerApp::addresses() const { return state_->addresses; }

std::string ServerApp::State::public_url() const {
  const std::string& given = settings.config->server.public_url;
  return given.empty() ? addresses.front() : given;
}

void ServerApp::State::open_rooms() {
  make_folders(settings.data, 0700);
  store::SqliteOptions options;
  options.folder = settings.data;
  store = store::open_sqlite(executor, pool, options);
  links = std::make_unique<chat::Links>(*store, now);
  aws = aws::connect(executor);
  secrets = std::make_unique<Secrets>(*store, store::SecretBox::open(settings.data / "secret.key"), settings.config, *aws);
  source = std::make_unique<GitSource>(executor, pool, settings.data, settings.config,
                                       [this](std::string app) { return credentials_for(*secrets, *settings.config, std::move(app)); });
  exec::LocalParts running;
  running.executor = executor;
  running.pool = &pool;
  running.data = settings.data;
  running.checkout = [this](std::string app, Sha sha, std::filesystem::path target) {
    return source->checkout(std::move(app), std::move(sha), std::move(target));
  };
  running.resolve = [](const Json& value, const pipeline::Scope& scope) { return pipeline::resolve(value, scope); };
  if (const auto& kept = settings.config->retention.workspaces)
    running.keep_workspaces = std::chrono::duration_cast<std::chrono::seconds>(*kept);
  local = std::make_unique<exec::LocalExecutor>(std::move(running));
  logs = std::make_unique<exec::LogHub>(executor);
  engine = std::make_unique<engine::Engine>(engine_parts());
}

deploy::Parts ServerApp::State::parts_of_deploys() {
  auto parts = deploy_parts({executor, aws.get(), store.get(), settings.config, &engine, &http});
  parts.pool = &pool;
  parts.data_folder = settings.data;
  parts.ssh = [this](const std::string& environment) { return ssh_of(settings, environment); };
  return parts;
}

engine::Parts ServerApp::State::engine_parts() {
  engine::Parts parts;
  parts.executor = executor;
  parts.store = store.get();
  parts.pool = &pool;
  parts.source = source.get();
  for (const auto& [name, executor_config] : settings.config->executors) {
    if (executor_config.kind == pipeline::ExecutorConfig::Kind::local) parts.executors.emplace(name, local.get());
  }
  parts.executors.emplace("local", local.get());
  const auto run = exec::make_run_action();
  parts.actions.emplace(std::string(run->name()), run);
  parts.actions.emplace("build-image", exec::make_build_image_action(image_parts(*aws, settings.config)));
  const auto deploying = parts_of_deploys();
  deploy::add_ecs_actions(parts.actions, deploying);
  deploy::add_ec2_actions(parts.actions, deploying);
  parts.config = settings.config;
  parts.config_folder = settings.config_file.parent_path();
  parts.data_folder = settings.data;
  parts.clock = now;
  parts.secret = [this](std::string name, std::string app, std::string environment) {
    return secrets->for_pipeline(std::move(name), std::move(app), std::move(environment));
  };
  parts.check = [this](std::string check) { return ask_check({http, *aws, settings.config, now}, std::move(check)); };
  parts.artifacts_kept = [this](const RunId& run, const std::string& job, const std::vector<std::string>& names) {
    return std::ranges::all_of(names, [&](const auto& name) { return exec::find_artifact(settings.data, run, job, name).has_value(); });
  };
  parts.branch_read = [this](const std::string& app, std::shared_ptr<const pipeline::Definition> definition) {
    if (!declarations) return;
    auto failed = [app](std::exception_ptr error) { log::warn("declarations.not-kept", {{"app", app}, {"why", describe(error)}}); };
    spawn(executor, "declarations of " + app, declarations->apply(app, declared_of(app, *definition)), std::move(failed));
  };
  parts.public_url = public_url();
  return parts;
}

triggers::Starter ServerApp::State::starter() {
  triggers::Starter starter;
  starter.create = [this](store::Tx& tx, const engine::StartRequest& request) { return engine->create(tx, request); };
  starter.wake = [this](const RunId& id) { engine->wake(id); };
  return starter;
}

void ServerApp::State::make_triggers() {
  std::vector<std::string> names;
  std::vector<triggers::AppAddress> apps;
  for (const auto& [name, app] : settings.config->apps) {
    names.push_back(name);
    apps.push_back({name, app.repository, app.full_name, app.branch});
  }
  triggers::Receiver::Parts receiving;
  receiving.store = store.get();
  receiving.pool = &pool;
  receiving.starter = starter();
  receiving.secrets = [this](triggers::Provider provider, std::string app) {
    return hook_secrets(*secrets, *settings.config, *declarations, provider, std::move(app));
  };
  receiving.fetch = [this](std::string url) { return fetch_from_sns(http, std::move(url)); };
  receiving.branch_moved = [this](const std::string& app) { declarations->moved(app); };
  receiver = std::make_unique<triggers::Receiver>(std::move(receiving), std::move(apps));

  triggers::Scheduler::Parts scheduling;
  scheduling.executor = executor;
  scheduling.store = store.get();
  scheduling.starter = starter();
  scheduling.calendar = calendar_check(*settings.config, settings.config_file.parent_path());
  scheduler = std::make_unique<triggers::Scheduler>(std::move(scheduling));

  triggers::Declarations::Parts declaring;
  declaring.executor = executor;
  declaring.store = store.get();
  declaring.scheduler = scheduler.get();
  declaring.read = [this](std::string app) { return read_declared(std::move(app), *source, *settings.config, pool); };
  declarations = std::make_unique<triggers::Declarations>(std::move(declaring));

  triggers::Poller::Parts polling;
  polling.executor = executor;
  polling.store = store.get();
  polling.starter = starter();
  polling.list_refs = [this](std::string app) { return source->list_refs(std::move(app)); };
  polling.branch_moved = [this](const std::string& app) { declarations->moved(app); };
  poller = std::make_unique<triggers::Poller>(std::move(polling), std::move(names));
}

void ServerApp::State::make_chat() {
  ChatWiring wiring;
  wiring.executor = executor;
  wiring.store = store.get();
  wiring.engine = engine.get();
  wiring.config = settings.config;
  wiring.public_url = public_url();
  wiring.web = [this]() -> web::Web& { return *web; };
  wiring.secrets = secrets.get();
  wiring.http = &http;
  wiring.log_tail = [this](RunId run, std::string job, int attempt, int step) {
    return pool.run([log = exec::StepLog(exec::job_folder(settings.data, {run, job, attempt}, job) / std::to_string(step))] {
      return log.exists() ? log.read(log.last_lines(tail_lines), tail_bytes) : std::string();
    });
  };
  chat = std::make_unique<ChatRooms>(std::move(wiring));
}

void ServerApp::State::make_web() {
  web::Parts parts;
  parts.engine = engine.get();
  parts.store = store.get();
  parts.secrets = &secrets->box();
  parts.public_url = public_url();
  parts.schedules = schedule_door(*scheduler);
  parts.chat = chat->door();
  parts.slack = chat->slack_door();
  parts.drift = [this](std::string environment, Json target) {
    return deploy::drift_of(parts_of_deploys(), std::move(environment), std::move(target));
  };
  parts.people = people_door(*links);
  parts.hook = [this](std::string provider, std::string app, net::Request& request) {
    return answer_hook(*receiver, std::move(provider), std::move(app), request);
  };
  parts.step_folder = [this](const RunId& run, const std::string& job, int attempt, int step) {
    return exec::job_folder(settings.data, {run, job, attempt}, job) / std::to_string(step);
  };
  parts.open_log = [this](std::filesystem::path folder) {
    return pool.run([folder = std::move(folder)] { return exec::open_log(folder); });
  };
  parts.watch_log = [this](const std::filesystem::path& folder) { return std::make_unique<HubWatch>(*logs, folder); };
  parts.artifacts = [this](const RunId& run, const std::string& job) {
    std::vector<web::ArtifactFile> files;
    for (auto& kept : exec::list_artifacts(settings.data, run, job)) {
      files.push_back({std::move(kept.name), std::move(kept.path), kept.size, std::move(kept.sha256)});
    }
    return files;
  };
  if (settings.config->slack) parts.check_slack = [this] { return check_slack(http, *secrets, settings.config, chat->slack_problems()); };
  parts.refs = known_refs(executor, *source);
  parts.not_ready = [this] { return ready ? std::string() : std::string("starting: unfinished runs are being resumed"); };
  parts.more_metrics.emplace_back([this] { return aws_metrics(aws->usage()); });
  parts.server_stats = [this] { return server ? server->stats() : net::Server::Stats{}; };
  web = std::make_unique<web::Web>(std::move(parts));
}

/// Links have the port that is really bound, so this comes first; nobody is answered before everything is there.
void ServerApp::State::bind() {
  net::ServerOptions options;
  options.route_limits = [this](const net::Request& request) { return web->route_limits()(request); };
  options.trusted_proxies = settings.config->server.trusted_proxies;
  server = std::make_unique<net::Server>(executor, [this](net::Request& request) { return web->handler()(request); }, std::move(options));
  std::optional<net::Tls> tls;
  if (const auto& files = settings.config->server.tls) {
    const auto folder = settings.config_file.parent_path();
    tls = net::Tls{folder / files->certificate, folder / files->key};
  }
  const std::string address = settings.listen.empty() ? settings.config->server.listen : settings.listen;
  if (const auto why = plain_text_exposure(address, tls.has_value(), settings.config->server.trusted_proxies); !why.empty())
    log::warn("server.plain-text", {{"why", why}});
  const auto port = server->listen_tcp(address, tls);
  addresses = {(tls ? "https://" : "http://") + address.substr(0, address.rfind(':') + 1) + std::to_string(port)};
}

Awaitable<void> ServerApp::start() {
  State& state = *state_;
  state.bind();
  state.open_rooms();
  state.make_triggers();
  state.make_chat();
  state.make_web();
  const auto socket = state.settings.data / "fairlead.sock";
  state.server->listen_unix(socket);
  state.addresses.push_back("unix:" + socket.string());
  co_await state.engine->boot();
  state.ready = true;
  state.chat->start();
  spawn(state.executor, "scheduler", state.scheduler->run());
  spawn(state.executor, "declarations", state.declarations->run());
  spawn(state.executor, "poller", state.poller->run());
  spawn(state.executor, "retention", keep_retention(*state.store, state.pool, state.settings.data, state.settings.config->retention));
  spawn(state.executor, "sweeper", exec::sweep_regularly(state.pool, state.settings.data, sweep_rules(state.settings.config->retention)));
}

Awaitable<void> ServerApp::stop() {
  State& state = *state_;
  co_await state.web->stop();
  co_await state.server->stop(deadline_in(std::chrono::seconds(5)));
  co_await state.engine->stop();
  state.store->close();
}

}  // namespace fairlead::cli
