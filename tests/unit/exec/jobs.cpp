// SPDX-License-Identifier: Apache-2.0
#include "unit/exec/jobs.hpp"

namespace fairlead::exec {
namespace {

Awaitable<std::vector<std::string>> fill(std::map<std::string, std::string> files, std::filesystem::path folder) {
  make_folders(folder);
  for (const auto& [name, content] : files) {
    make_folders((folder / name).parent_path());
    write_file(folder / name, content);
  }
  co_return std::vector<std::string>{};
}

}  // namespace

Jobs::Jobs() {
  plan.key = plan.id = plan.folder = "unit";
  parts_.data = data_.path();
  parts_.checkout = [this](const std::string&, const Sha&, const std::filesystem::path& folder) { return fill(files, folder); };
  parts_.cancel_grace = std::chrono::milliseconds(300);
  restart();
}

Jobs::~Jobs() {
  restart();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data_.path())) {
    if (entry.path().filename() != "job.json") continue;
    const auto job = entry.path().parent_path();
    const auto name = job.filename().string();
    const auto mark = name.find('@');
    const int attempt = mark == std::string::npos ? 1 : std::stoi(name.substr(mark + 1));
    const auto run = job.parent_path().filename().string();
    wait(executor().forget({RunId(run), parse_json(read_file(entry.path())).at("job"), attempt}));
  }
  executor_.reset();
  pool_.reset();
}

void Jobs::restart() {
  executor_.reset();
  pool_.reset();
  context_ = std::make_unique<asio::io_context>();
  pool_ = std::make_unique<Pool>(1);
  parts_.executor = context_->get_executor();
  parts_.pool = pool_.get();
}

LocalExecutor& Jobs::executor() {
  if (!executor_) executor_ = std::make_unique<LocalExecutor>(parts_);
  return *executor_;
}

engine::JobSpec Jobs::spec() {
  engine::JobSpec spec;
  spec.key = {RunId("run-1"), "unit", 1};
  spec.app = "shop";
  spec.sha = Sha(std::string(40, 'a'));
  spec.job = std::make_shared<pipeline::PlanJob>(plan);
  return spec;
}

void Jobs::perform(Awaitable<void> work, std::exception_ptr& error) {
  executor();
  bool done = false;
  asio::co_spawn(*context_, std::move(work), [&](std::exception_ptr thrown) {
    error = std::move(thrown);
    done = true;
  });
  context_->restart();
  while (!done && !failure_) context_->run_one();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Jobs::start(Awaitable<void> work) {
  executor();
  asio::co_spawn(*context_, std::move(work), [this](std::exception_ptr thrown) { failure_ = std::move(thrown); });
  context_->restart();
}

std::unique_ptr<engine::JobHost> Jobs::open(engine::JobSpec spec) { return wait(executor().open(std::move(spec))); }

engine::ProcessOutcome Jobs::run(engine::JobHost& host, engine::ProcessSpec spec) { return wait(host.run(spec)); }

engine::ProcessOutcome Jobs::run(engine::JobHost& host, int step, std::string script) {
  engine::ProcessSpec spec;
  spec.step = step;
  spec.script = std::move(script);
  return run(host, std::move(spec));
}

engine::JobResults Jobs::close(engine::JobHost& host, bool succeeded) { return wait(host.close(succeeded)); }

}  // namespace fairlead::exec
