// SPDX-License-Identifier: Apache-2.0
#include "unit/engine/shell_fixture.hpp"

#include "fairlead/pipeline/plan.hpp"

namespace fairlead::engine {

Awaitable<SourceFiles> FakeSource::bring(SourceRequest request) {
  ++brought;
  if (failure) throw *failure;
  SourceFiles files;
  files.sha = request.sha.empty() ? Sha(std::string(40, 'a')) : request.sha;
  files.branch = request.ref.starts_with("refs/heads/") ? request.ref.substr(11) : "";
  files.message = "change the shop";
  files.author = "A Developer";
  const auto own = of_commit.find(files.sha.str());
  files.pipeline = own == of_commit.end() ? pipeline : own->second;
  files.on_default_branch = files.branch == "main";
  co_return files;
}

namespace {

class FakeHost : public JobHost {
 public:
  FakeHost(FakeExecutor& executor, JobSpec spec) : executor_(executor), spec_(std::move(spec)), workspace_("/nowhere") {}

  Awaitable<ProcessOutcome> run(const ProcessSpec& process) override {
    const std::string step = spec_.key.job + "/" + std::to_string(spec_.key.attempt) + "/" + std::to_string(process.step);
    const std::string script = process.script;
    // As the real one: asking again for a step that was started attaches to it.
    if (!executor_.starts.contains(step)) ++executor_.starts[step];
    executor_.env[script] = process.env;
    while (executor_.held.contains(script) && !canceled_) co_await executor_.changed->wait();
    if (canceled_) co_return ProcessOutcome{State::canceled, reason_, {}, false, {}, {}, {}};
    const auto outcome = executor_.outcomes.find(script);
    co_return outcome == executor_.outcomes.end() ? ProcessOutcome{} : outcome->second;
  }
  Awaitable<void> log(int, std::string) override { co_return; }
  void cancel(std::string reason) override {
    canceled_ = true;
    reason_ = std::move(reason);
    executor_.changed->notify_all();
  }
  const std::filesystem::path& workspace() const override { return workspace_; }
  std::string hash_files(const std::vector<std::string>&) const override { return "hash"; }
  Awaitable<JobResults> close(bool) override { co_return JobResults{}; }

 private:
  FakeExecutor& executor_;
  JobSpec spec_;
  std::filesystem::path workspace_;
  bool canceled_ = false;
  std::string reason_;
};

/// `run`, by the fake host.
class RunAction : public Action {
 public:
  std::string_view name() const override { return "run"; }
  Awaitable<StepOutcome> run(StepContext& context) override {
    ProcessSpec process;
    process.step = context.index();
    process.script = text_at(context.with(), "script");
    process.env = context.env();
    const auto outcome = co_await context.host().run(process);
    co_return StepOutcome{outcome.state, outcome.reason,  outcome.exit_code, outcome.outputs,
                          outcome.env,   outcome.summary, outcome.timed_out};
  }
};

Awaitable<CheckFact> answer(CheckFact fact) { co_return fact; }

}  // namespace

Awaitable<std::unique_ptr<JobHost>> FakeExecutor::open(JobSpec spec) {
  opened.push_back(spec.key.job);
  co_return std::make_unique<FakeHost>(*this, std::move(spec));
}

void FakeExecutor::release(const std::string& script) {
  held.erase(script);
  changed->notify_all();
}

ShellTest::ShellTest() { configure("apps:\n  shop: { repository: \"file:///srv/shop.git\" }\n"); }

ShellTest::~ShellTest() { stop(); }

void ShellTest::configure(const std::string& server_yaml) {
  auto parsed = pipeline::parse_server(server_yaml, "fairlead.yml");
  ASSERT_TRUE(parsed) << format(parsed.error());
  config = std::make_shared<pipeline::ServerConfig>(std::move(*parsed));
}

void ShellTest::start() {
  io = std::make_unique<asio::io_context>();
  pool = std::make_unique<Pool>(2);
  store = store::open_sqlite(io->get_executor(), *pool, {.folder = folder.path() / "data"});
  if (!source) source = std::make_unique<FakeSource>();
  auto fresh = std::make_unique<FakeExecutor>(io->get_executor());
  if (executor) {
    fresh->outcomes = executor->outcomes;
    fresh->held = executor->held;
    fresh->starts = executor->starts;
  }
  executor = std::move(fresh);
  Parts parts;
  parts.executor = io->get_executor();
  parts.store = store.get();
  parts.pool = pool.get();
  parts.source = source.get();
  parts.executors = {{"local", executor.get()}};
  parts.actions = actions;
  parts.actions.emplace("run", std::make_shared<RunAction>());
  parts.config = config;
  parts.data_folder = folder.path() / "data";
  parts.clock = [this] { return clock; };
  parts.secret = [](std::string, std::string, std::string) -> Awaitable<std::optional<Secret>> { co_return Secret("not-a-real-secret"); };
  parts.check = [this](std::string check) {
    const auto known = checks.find(text_at(member(parse_json(check), "with"), "url"));
    return answer(known == checks.end() ? CheckFact{true, "ok", clock} : known->second);
  };
  parts.public_url = "http://fairlead.test";
  engine = std::make_unique<Engine>(std::move(parts));
  wait_for(engine->boot());
}

void ShellTest::stop() {
  if (!engine) return;
  wait_for(engine->stop());
  store->close();
  io->restart();
  io->poll();
  executor->changed.reset();
  engine.reset();
  store.reset();
  pool.reset();
  io.reset();  // last: what waits in it belongs to it, and the timers of the others are its own
}

RunId ShellTest::run(const std::string& pipeline_yaml, StartRequest request) {
  source->pipeline = pipeline_yaml;
  if (request.app.empty()) request.app = "shop";
  if (request.actor.empty()) request.actor = "user:dev@example.com";
  return wait_for(engine->start(std::move(request))).id;
}

RunState ShellTest::state(const RunId& id) { return wait_for(engine->state(id)); }

void ShellTest::wait_for(Awaitable<void> work) {
  bool over = false;
  std::exception_ptr error;
  asio::co_spawn(*io, std::move(work), [&](std::exception_ptr e) {
    error = std::move(e);
    over = true;
  });
  until([&] { return over; });
  if (error) std::rethrow_exception(error);
}

void ShellTest::until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  io->restart();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not come to that within a minute");
    io->run_one_for(std::chrono::milliseconds(50));
    if (io->stopped()) io->restart();
  }
}

void ShellTest::until_over(const RunId& id) {
  while (!is_terminal(state(id).state)) until([seen = false]() mutable { return std::exchange(seen, true); });
}

void ShellTest::until_state(const RunId& id, State wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (state(id).state != wanted) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "still " << to_string(state(id).state) << ": " << state(id).reason;
  }
}

}  // namespace fairlead::engine
