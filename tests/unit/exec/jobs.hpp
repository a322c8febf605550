// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/base/files.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/exec/local_executor.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {

/// A server that has only an executor; `restart` is what kill -9 and a new start do to it. Workspaces are filled with `files`.
class Jobs {
 public:
  Jobs();
  ~Jobs();

  LocalParts& parts() { return parts_; }
  LocalExecutor& executor();
  void restart();

  /// A job "unit" of run "run-1" with attempt 1.
  engine::JobSpec spec();
  pipeline::PlanJob plan;
  std::map<std::string, std::string> files{{"README", "hello\n"}};

  std::unique_ptr<engine::JobHost> open(engine::JobSpec);
  engine::ProcessOutcome run(engine::JobHost&, engine::ProcessSpec);
  engine::ProcessOutcome run(engine::JobHost&, int step, std::string script);
  engine::JobResults close(engine::JobHost&, bool succeeded = true);

  /// Runs the loop until the coroutine ends; gives what it returns or throws.
  template <class T>
  T wait(Awaitable<T> work) {
    std::optional<T> value;
    std::exception_ptr error;
    auto keep = [](Awaitable<T> inner, std::optional<T>& out) -> Awaitable<void> { out.emplace(co_await std::move(inner)); };
    perform(keep(std::move(work), value), error);
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
  void wait(Awaitable<void> work) {
    std::exception_ptr error;
    perform(std::move(work), error);
    if (error) std::rethrow_exception(error);
  }
  /// Starts a coroutine and goes on. What it throws leaves the next call that waits, which would otherwise wait for ever.
  void start(Awaitable<void> work);

  const std::filesystem::path& data() const { return data_.path(); }
  std::filesystem::path folder() const { return data_.path() / "runs/run-1/unit"; }
  std::string log(int step) const { return read_file(folder() / std::to_string(step) / "log"); }

 private:
  void perform(Awaitable<void> work, std::exception_ptr& error);

  TempFolder data_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<Pool> pool_;
  LocalParts parts_;
  std::exception_ptr failure_;
  std::unique_ptr<LocalExecutor> executor_;
};

}  // namespace fairlead::exec
