// SPDX-License-Identifier: Apache-2.0
#include "unit/web/api_fixture.hpp"

#include <unistd.h>

#include "fairlead/net/target.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::web {

namespace {

constexpr const char* config_text = R"(
server: { listen: "127.0.0.1:0" }
data: ./data
apps:
  shop: { repository: "https://example.com/acme/shop.git" }
  other: { repository: "https://example.com/acme/other.git" }
environments:
  staging: {}
  production: { approval: { require: [ { from: ["user:lead@x"] } ], self: allow, exclude: [] } }
)";

constexpr const char* pipeline_text = R"(
stages:
  - name: build
    jobs: { unit: { steps: [ make test ] } }
  - name: staging
    environment: staging
    jobs: { up: { steps: [ make up ] } }
  - name: production
    environment: production
    jobs: { live: { steps: [ make live ] } }
)";

class EmptyHost : public engine::JobHost {
 public:
  Awaitable<engine::ProcessOutcome> run(const engine::ProcessSpec&) override { co_return engine::ProcessOutcome{}; }
  Awaitable<void> log(int, std::string) override { co_return; }
  void cancel(std::string) override {}
  const std::filesystem::path& workspace() const override { return workspace_; }
  std::string hash_files(const std::vector<std::string>&) const override { return {}; }
  Awaitable<engine::JobResults> close(bool) override { co_return engine::JobResults{}; }

 private:
  std::filesystem::path workspace_ = "/";
};

/// Knows of growth only when the test says so.
class ToldWatch : public LogWatch {
 public:
  ToldWatch(Signal& grew, int& waits) : grew_(grew), waits_(waits) {}
  Awaitable<void> wait_until(Deadline deadline) override {
    ++waits_;
    co_await grew_.wait_until(deadline);
  }

 private:
  Signal& grew_;
  int& waits_;
};

}  // namespace

Awaitable<engine::SourceFiles> FixedSource::bring(engine::SourceRequest wanted) {
  engine::SourceFiles files;
  files.sha = wanted.sha.empty() ? Sha(std::string(40, 'a')) : wanted.sha;
  files.branch = "main";
  files.pipeline = pipeline;
  files.on_default_branch = true;
  co_return files;
}

Awaitable<std::unique_ptr<engine::JobHost>> EmptyExecutor::open(engine::JobSpec) { co_return std::make_unique<EmptyHost>(); }

std::filesystem::path ScriptedRun::folder(const RunId& run, const std::string& job, int attempt, int step) const {
  return folder_ / run.str() / job / std::to_string(attempt) / std::to_string(step);
}

Awaitable<engine::StepOutcome> ScriptedRun::run(engine::StepContext& context) {
  const auto& job = context.job();
  const auto place = folder(job.key.run, job.job->folder, job.key.attempt, context.index());
  make_folders(place);
  write_file(place / "log", log);
  while (hold) co_await changed_.wait();
  co_return engine::StepOutcome{};
}

PeopleDoor ApiTest::people_door() {
  PeopleDoor door;
  door.known = [this](engine::Person person) -> Awaitable<engine::Person> {
    for (const auto& [identity, owner] : links_) {
      if (identity == person.id) person.aliases.insert(std::exchange(person.id, owner));
      if (owner == person.id) person.aliases.insert(identity);
    }
    co_return person;
  };
  door.list = [this]() -> Awaitable<Json> {
    Json list = Json::array();
    for (const auto& [identity, owner] : links_) list.push_back({{"identity", identity}, {"person", owner}, {"by", "admin"}});
    co_return list;
  };
  door.link = [this](std::string identity, std::string person, std::string) -> Awaitable<Json> {
    links_[identity] = person;
    co_return Json{{"identity", identity}, {"person", person}};
  };
  door.redeem = [this](std::string code, engine::Person person) -> Awaitable<Json> {
    links_["slack:" + code] = person.id;
    co_return Json{{"identity", "slack:" + code}, {"person", person.id}};
  };
  door.unlink = [this](std::string identity, std::string) -> Awaitable<void> {
    links_.erase(identity);
    co_return;
  };
  return door;
}

ApiTest::ApiTest(std::string roles) {
  const auto parsed = pipeline::parse_server(config_text + roles, "fairlead.yml");
  EXPECT_TRUE(parsed);
  auto config = std::make_shared<pipeline::ServerConfig>(*parsed);
  source_.pipeline = pipeline_text;
  store::SqliteOptions options{.folder = folder_.path()};
  options.min_free = 0;
  store_ = store::open_sqlite(io_.get_executor(), pool_, options);
  box_ = store::SecretBox::open(folder_.path() / "secret.key");
  script_ = std::make_shared<ScriptedRun>(io_.get_executor(), folder_.path() / "runs");
  engine::Parts engine;
  engine.executor = io_.get_executor();
  engine.store = store_.get();
  engine.pool = &pool_;
  engine.source = &source_;
  engine.executors.emplace("local", &executor_);
  engine.actions.emplace("run", script_);
  engine.config = config;
  engine.config_folder = folder_.path();
  engine.clock = fairlead::now;
  engine.secret = [](std::string, std::string, std::string) -> Awaitable<std::optional<Secret>> { co_return std::nullopt; };
  engine_ = std::make_unique<engine::Engine>(std::move(engine));
  run_void(engine_->boot());
  Parts parts;
  parts.engine = engine_.get();
  parts.store = store_.get();
  parts.secrets = &*box_;
  parts.clock = [this] { return now_; };
  parts.public_url = "http://fairlead.test";
  parts.hook = [this](std::string provider, std::string app, net::Request& incoming) -> Awaitable<net::Response> {
    hooks_.push_back(provider + " " + app + " " + incoming.body);
    co_return net::Response::json(202, Json{{"verdict", "accepted"}});
  };
  parts.schedules.list = [this]() -> Awaitable<Json> { co_return schedules_; };
  parts.schedules.upcoming = [](std::size_t) -> Awaitable<Json> { co_return Json::array(); };
  parts.schedules.add = [this](Json wanted, std::string who) -> Awaitable<Json> {
    for (auto known : schedules_) {
      if (text_at(wanted, "idempotency_key").empty() || known["idempotency_key"] != wanted["idempotency_key"]) continue;
      known["existed"] = true;
      co_return known;
    }
    wanted["id"] = "s1";
    wanted["created_by"] = who;
    schedules_.push_back(wanted);
    co_return wanted;
  };
  parts.schedules.remove = [this](std::string, std::string) -> Awaitable<void> {
    schedules_ = Json::array();
    co_return;
  };
  parts.people = people_door();
  parts.step_folder = [this](const RunId& run, const std::string& job, int attempt, int step) {
    return script_->folder(run, job, attempt, step);
  };
  parts.watch_log = [this](const std::filesystem::path&) { return std::make_unique<ToldWatch>(log_grew_, log_waits_); };
  web_ = std::make_unique<Web>(std::move(parts));
}

ApiTest::~ApiTest() {
  run_void(web_->stop());
  run_void(engine_->stop());
  store_->close();
  io_.restart();
  io_.poll();
}

void ApiTest::run_void(Awaitable<void> work) {
  bool done = false;
  std::exception_ptr error;
  auto mark = [](Awaitable<void> inner, bool& flag) -> Awaitable<void> {
    co_await std::move(inner);
    flag = true;
  };
  spawn(io_.get_executor(), "test", mark(std::move(work), done), [&](std::exception_ptr thrown) { error = std::move(thrown); });
  until([&] { return done || error; });
  if (error) std::rethrow_exception(error);
}

void ApiTest::until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it did not happen within 20 s");
  }
}

net::Request ApiTest::request(const std::string& method, const std::string& target, const Json& body, const net::Headers& headers) {
  auto parsed = net::parse_target(target).value();
  net::Request made{.method = method,
                    .target = target,
                    .path = parsed.path,
                    .segments = parsed.segments,
                    .query = parsed.query,
                    .headers = headers,
                    .body = {},
                    .peer = {}};
  if (!body.is_null()) made.body = dump(body);
  if (headers.has("Authorization"))
    made.peer.address = "192.0.2.1";
  else
    made.peer.uid = ::getuid();
  return made;
}

ApiTest::Reply ApiTest::send(net::Request incoming) {
  auto response = run(web_->handler()(incoming));
  Reply reply{.status = response.status, .body = nullptr, .text = {}, .headers = response.headers, .raw = std::move(response.body)};
  if (const auto* text = std::get_if<std::string>(&reply.raw)) reply.text = *text;
  if (response.headers.get("Content-Type").find("json") != std::string_view::npos && !reply.text.empty() && reply.text.front() != '\n')
    reply.body = parse_json(reply.text);
  return reply;
}

ApiTest::Reply ApiTest::call(const std::string& method, const std::string& target, const Json& body, const net::Headers& headers) {
  return send(request(method, target, body, headers));
}

net::Headers ApiTest::token(const std::string& role, Json more) {
  more["name"] = role + std::to_string(++names_);
  more["role"] = role;
  const auto reply = call("POST", "/api/v1/tokens", more);
  EXPECT_EQ(reply.status, 201) << reply.text;
  return {{"Authorization", "Bearer " + text_at(reply.body, "token")}};
}

std::string ApiTest::started(const std::string& app) {
  const auto reply = call("POST", "/api/v1/apps/" + app + "/runs", Json{{"reason", "test"}});
  EXPECT_EQ(reply.status, 201) << reply.text;
  return text_at(reply.body, "id");
}

void ApiTest::until_state(const std::string& run, const std::string& state) {
  until([&] { return text_at(call("GET", "/api/v1/runs/" + run).body, "state") == state; });
}

}  // namespace fairlead::web
