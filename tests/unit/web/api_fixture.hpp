// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/net/http.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/secret_box.hpp"
#include "fairlead/store/store.hpp"
#include "fairlead/web/web.hpp"

namespace fairlead::web {

/// Gives every commit the same pipeline.
class FixedSource : public engine::Source {
 public:
  std::optional<std::string> pipeline;
  Awaitable<engine::SourceFiles> bring(engine::SourceRequest) override;
};

/// Jobs open at once; nothing runs in them.
class EmptyExecutor : public engine::Executor {
 public:
  Awaitable<std::unique_ptr<engine::JobHost>> open(engine::JobSpec) override;
  Awaitable<void> forget(engine::JobKey) override { co_return; }
};

/// The `run` action: writes what the test wants into the log, and waits while `hold`.
class ScriptedRun : public engine::Action {
 public:
  ScriptedRun(const asio::any_io_executor& executor, std::filesystem::path folder) : folder_(std::move(folder)), changed_(executor) {}
  std::string_view name() const override { return "run"; }
  Awaitable<engine::StepOutcome> run(engine::StepContext&) override;
  std::filesystem::path folder(const RunId& run, const std::string& job, int attempt, int step) const;
  void release() {
    hold = false;
    changed_.notify_all();
  }

  bool hold = false;
  std::string log = "line one\nline two\n";

 private:
  std::filesystem::path folder_;
  Signal changed_;
};

/// The API over a real store and engine, called without sockets. Everything runs on the test's thread.
class ApiTest : public testing::Test {
 protected:
  explicit ApiTest(std::string roles = default_roles);
  ~ApiTest() override;

  static constexpr const char* default_roles = "roles: { admin: ['user:root@x'], deployer: ['user:dev@x'], viewer: ['user:eye@x'] }\n";

  struct Reply {
    int status = 0;
    Json body;
    std::string text;
    net::Headers headers;
    std::variant<std::string, std::shared_ptr<net::FileRange>, net::BodyStream> raw;
  };
  /// As the local user (admin) unless the request carries a token.
  Reply call(const std::string& method, const std::string& target, const Json& body = nullptr, const net::Headers& headers = {});
  Reply send(net::Request request);
  static net::Request request(const std::string& method, const std::string& target, const Json& body = nullptr,
                              const net::Headers& headers = {});
  /// A token of its own for that role; headers that carry it.
  net::Headers token(const std::string& role, Json more = Json::object());

  PeopleDoor people_door();

  template <class T>
  T run(Awaitable<T> work) {
    std::optional<T> value;
    auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
    run_void(keep(std::move(work), value));
    return std::move(*value);
  }
  void run_void(Awaitable<void> work);
  /// Runs the io thread until it holds; fails the test when it does not within 20 s.
  void until(const std::function<bool()>& holds);
  void until_state(const std::string& run, const std::string& state);
  std::string started(const std::string& app = "shop");

  TempFolder folder_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  Pool pool_{2};
  Time now_ = fairlead::now();
  std::unique_ptr<store::Store> store_;
  std::optional<store::SecretBox> box_;
  FixedSource source_;
  EmptyExecutor executor_;
  std::shared_ptr<ScriptedRun> script_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Web> web_;
  Signal log_grew_{io_.get_executor()};  ///< what watches of followed logs wait for
  int log_waits_ = 0;
  std::vector<std::string> hooks_;  ///< "<provider> <app> <body>"
  Json schedules_ = Json::array();
  std::map<std::string, std::string> links_;  ///< identity → person
  int names_ = 0;
};

/// Collects what a stream writes; cuts the stream after some bytes when told to.
class Collector : public net::BodyWriter {
 public:
  Awaitable<void> write(std::string_view chunk) override {
    text += chunk;
    if (text.size() >= most) throw Error(ErrorKind::canceled, "enough");
    co_return;
  }
  std::string text;
  std::size_t most = std::string::npos;
};

}  // namespace fairlead::web
