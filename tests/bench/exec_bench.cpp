// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/io_context.hpp>
#include <fstream>

#include "bench/bench.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/exec/local_executor.hpp"
#include "fairlead/pipeline/plan.hpp"

/// What a supervised job costs beside a bare fork and exec, and how much log a step may write.
namespace fairlead::exec {
namespace {

using bench::Clock, bench::micros_since, bench::print, bench::quantile;

constexpr int jobs = 200;
constexpr int steps = 200;
constexpr int adopted = 500;
constexpr std::size_t mebibyte = 1 << 20;
constexpr std::size_t flood = 200;

Awaitable<std::vector<std::string>> make_empty(std::filesystem::path folder) {
  make_folders(folder);
  co_return std::vector<std::string>{};
}

engine::JobSpec spec_of(int number) {
  auto plan = std::make_shared<pipeline::PlanJob>();
  plan->key = plan->id = plan->folder = "job" + std::to_string(number);
  engine::JobSpec spec;
  spec.key = {RunId("bench"), plan->key, 1};
  spec.app = "bench";
  spec.job = plan;
  return spec;
}

engine::ProcessSpec step_of(int step, const std::string& script) {
  engine::ProcessSpec process;
  process.step = step;
  process.script = script;
  return process;
}

Awaitable<double> bare(std::string script) {
  Spawn spec;
  spec.argv = {"sh", "-e", "-c", script};
  spec.env = minimal_env();
  const auto start = Clock::now();
  auto child = Child::start(co_await asio::this_coro::executor, spec);
  co_await child.wait();
  co_return micros_since(start);
}

Awaitable<void> measure_jobs(LocalExecutor& executor) {
  std::vector<double> floor, opened, ran, whole, warm;
  for (int i = 0; i < jobs; ++i) {
    floor.push_back(co_await bare(":"));
    const auto start = Clock::now();
    const auto host = co_await executor.open(spec_of(i));
    opened.push_back(micros_since(start));
    const auto process = step_of(0, ":");
    co_await host->run(process);
    ran.push_back(micros_since(start));
    co_await host->close(true);
    whole.push_back(micros_since(start));
  }
  print("exec.job.opened.p50", quantile(opened, 0.5) / 1000, "ms", quantile(floor, 0.5) / 1000);
  print("exec.job.ran.p50", quantile(ran, 0.5) / 1000, "ms", quantile(floor, 0.5) / 1000);
  print("exec.job.noop.p50", quantile(whole, 0.5) / 1000, "ms", quantile(floor, 0.5) / 1000);
  print("exec.job.noop.p99", quantile(whole, 0.99) / 1000, "ms", quantile(floor, 0.99) / 1000);
  const auto host = co_await executor.open(spec_of(jobs));
  for (int i = 0; i < steps; ++i) {
    const auto process = step_of(i, ":");
    const auto start = Clock::now();
    co_await host->run(process);
    warm.push_back(micros_since(start));
  }
  co_await host->close(true);
  print("exec.step.noop.p50", quantile(warm, 0.5) / 1000, "ms", quantile(floor, 0.5) / 1000);
}

Awaitable<void> measure_adoption(LocalExecutor& executor) {
  const auto first = jobs + 1;
  for (int i = 0; i < adopted; ++i) {
    const auto host = co_await executor.open(spec_of(first + i));
  }
  const auto start = Clock::now();
  std::vector<std::unique_ptr<engine::JobHost>> hosts;
  for (int i = 0; i < adopted; ++i) hosts.push_back(co_await executor.open(spec_of(first + i)));
  print("exec.adopt.500", micros_since(start) / 1000, "ms", 100);
  for (const auto& host : hosts) co_await host->close(true);
}

double memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

Awaitable<void> measure_flood(LocalExecutor& executor, std::filesystem::path folder) {
  const auto lines = folder / "lines";
  {
    std::ofstream out(lines);
    std::size_t written = 0;
    for (int i = 1; written < flood * mebibyte; ++i) {
      const auto line = "[" + std::to_string(i) + "/99999] Building CXX object src/room" + std::to_string(i * 7919 % 997) +
                        "/CMakeFiles/file" + std::to_string(i * 104729 % 99991) + ".cpp.o -O2 -Wall\n";
      out << line;
      written += line.size();
    }
  }
  const auto copy = co_await bare("cat " + lines.string() + " | cat > " + (folder / "copy").string());
  auto spec = spec_of(jobs + adopted + 2);
  for (int i = 0; i < 20; ++i)
    spec.secrets.emplace("S" + std::to_string(i), Secret("secret-" + std::to_string(i * 7919) + "-value-of-some-length"));
  const auto host = co_await executor.open(spec);
  const auto before = memory_mib();
  const auto process = step_of(0, "cat " + lines.string());
  const auto start = Clock::now();
  co_await host->run(process);
  const auto rate = static_cast<double>(flood) / (micros_since(start) / 1e6);
  print("exec.log.masked", rate, "MiB/s", static_cast<double>(flood) / (copy / 1e6));
  print("exec.log.server-growth", memory_mib() - before, "MiB", 16);
  co_await host->close(true);
}

Awaitable<void> measure(LocalParts parts, asio::io_context* context) {
  {
    LocalExecutor executor(parts);
    co_await measure_jobs(executor);
    co_await measure_adoption(executor);
    co_await measure_flood(executor, parts.data);
  }
  context->stop();
}

}  // namespace
}  // namespace fairlead::exec

int main() {
  using namespace fairlead;
  const TempFolder folder;
  asio::io_context context;
  Pool pool(1);
  exec::LocalParts parts;
  parts.executor = context.get_executor();
  parts.pool = &pool;
  parts.data = folder.path();
  parts.checkout = [](const std::string&, const Sha&, const std::filesystem::path& path) { return exec::make_empty(path); };
  spawn(context.get_executor(), "bench", exec::measure(parts, &context));
  context.run();
}
