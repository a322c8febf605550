// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/engine/engine.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"

namespace fairlead::engine {

/// Git, as the engine sees it: one text for every commit but those that have their own.
class FakeSource : public Source {
 public:
  std::string pipeline;
  std::map<std::string, std::string> of_commit;
  std::optional<Error> failure;
  int brought = 0;
  Awaitable<SourceFiles> bring(SourceRequest request) override;
};

/// Where steps "run": outcomes by script text, starts counted, so that nothing runs twice unseen.
class FakeExecutor : public Executor {
 public:
  explicit FakeExecutor(asio::any_io_executor ex) : changed(std::make_unique<Signal>(std::move(ex))) {}
  std::map<std::string, ProcessOutcome> outcomes;  ///< by script; absent: succeeded
  std::set<std::string> held;                      ///< scripts that go on until released
  std::map<std::string, int> starts;               ///< by "<job>/<attempt>/<step>"
  std::map<std::string, std::map<std::string, std::string>> env;  ///< of the step itself, by script
  std::vector<std::string> opened;
  std::unique_ptr<Signal> changed;  ///< ends with its loop

  Awaitable<std::unique_ptr<JobHost>> open(JobSpec) override;
  Awaitable<void> forget(JobKey) override { co_return; }
  void release(const std::string& script);
};

/// A real store in a folder of its own, an engine over it, and a clock that only moves when told.
class ShellTest : public ::testing::Test {
 protected:
  ShellTest();
  ~ShellTest() override;

  void configure(const std::string& server_yaml);
  void start();        ///< opens the store and boots an engine
  void stop();         ///< an orderly end
  RunId run(const std::string& pipeline_yaml, StartRequest request = {});
  RunState state(const RunId&);
  /// Runs the loop until the condition holds; fails the test after ten seconds.
  void until(const std::function<bool()>&);
  void until_over(const RunId&);
  void until_state(const RunId&, State);

  template <class T>
  T wait_for(Awaitable<T> work);
  void wait_for(Awaitable<void> work);

  TempFolder folder;
  std::shared_ptr<pipeline::ServerConfig> config;
  Time clock{std::chrono::seconds(1'800'000'000)};
  std::unique_ptr<asio::io_context> io;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<FakeSource> source;
  std::unique_ptr<FakeExecutor> executor;
  std::unique_ptr<Engine> engine;
  Actions actions;
  std::map<std::string, CheckFact> checks;
};

template <class T>
T ShellTest::wait_for(Awaitable<T> work) {
  std::optional<T> result;
  auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
  wait_for(keep(std::move(work), result));
  return std::move(*result);
}

}  // namespace fairlead::engine
