// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/local_executor.hpp"

#include "exec/container/job_container.hpp"
#include "exec/job/folders.hpp"
#include "exec/job/local_job.hpp"
#include "exec/job/shared.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/exec/supervisor_program.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {
namespace {

constexpr auto patience = std::chrono::seconds(20);

/// No name of a job's folder has it: they are made of letters, digits, `.`, `_`, `-` and `%`.
constexpr char attempt_mark = '@';

std::string attempt_suffix(int attempt) { return attempt <= 1 ? "" : attempt_mark + std::to_string(attempt); }

/// The attempt's folder, found by what its record says: the caller knows the key only.
std::optional<std::filesystem::path> find_folder(const std::filesystem::path& data, const engine::JobKey& key) {
  std::error_code ignored;
  for (const auto& job : std::filesystem::directory_iterator(data / "runs" / key.run.str(), ignored)) {
    const auto name = job.path().filename().string();
    const auto mark = name.rfind(attempt_mark);
    if ((mark == std::string::npos ? "" : name.substr(mark)) != attempt_suffix(key.attempt)) continue;
    const auto record = read_record(job.path());
    if (record && record->job == key.job) return job.path();
  }
  return std::nullopt;
}

Awaitable<void> say_finish(asio::any_io_executor executor, std::filesystem::path folder) {
  const auto link = SupervisorLink::connect(executor, folder);
  if (!link) co_return;
  link->send({{"do", "finish"}});
  while (co_await link->next()) continue;
}

}  // namespace

std::filesystem::path job_folder(const std::filesystem::path& data, const engine::JobKey& key, const std::string& folder) {
  return data / "runs" / key.run.str() / ((folder.empty() ? key_as_file_name(key.job) : folder) + attempt_suffix(key.attempt));
}

std::filesystem::path workspace_folder(const std::filesystem::path& data, const engine::JobKey& key) {
  return data / "workspaces" / (key.run.str() + "-" + std::to_string(key.attempt) + "-" + key_as_file_name(key.job));
}

std::filesystem::path home_folder(const std::filesystem::path& workspace) { return workspace.string() + ".home"; }

void remove_workspace(const std::filesystem::path& workspace) {
  for (const auto* suffix : {"", ".home", ".part"}) remove_tree(workspace.string() + suffix);
}

void write_record(const std::filesystem::path& folder, const JobRecord& record) {
  write_file(folder / "job.json", dump({{"job", record.job}, {"workspace", record.workspace}, {"container", record.container}}) + '\n');
}

std::optional<JobRecord> read_record(const std::filesystem::path& folder) {
  const auto text = read_beneath(folder, "job.json", 1 << 20);
  if (!text) return std::nullopt;
  const auto json = Json::parse(*text, nullptr, false);
  return JobRecord{text_at(json, "job"), text_at(json, "workspace"), flag_at(json, "container")};
}

LocalExecutor::LocalExecutor(LocalParts parts) {
  auto supervisor = install_supervisor(parts.data);
  shared_ = std::make_shared<const Shared>(Shared{std::move(parts), std::move(supervisor)});
}

LocalExecutor::~LocalExecutor() = default;

Awaitable<std::unique_ptr<engine::JobHost>> LocalExecutor::open(engine::JobSpec spec) {
  auto job = std::make_unique<LocalJob>(shared_, std::move(spec));
  if (!co_await job->open()) co_return nullptr;
  co_return job;
}

Awaitable<void> LocalExecutor::forget(engine::JobKey key) {
  const auto shared = shared_;
  const auto folder = find_folder(shared->parts.data, key);
  if (!folder) co_return;
  const auto record = *read_record(*folder);
  if (is_supervised(*folder)) {
    co_await with_deadline(say_finish(shared->parts.executor, *folder), deadline_in(patience), "ending the supervisor of job " + key.job);
  }
  if (record.container) co_await remove_containers(ContainerTool(shared->parts.container_program), key);
  co_await shared->parts.pool->run([&] {
    kill_leftovers(*folder);
    if (!record.workspace.empty()) remove_workspace(record.workspace);
  });
}

}  // namespace fairlead::exec
