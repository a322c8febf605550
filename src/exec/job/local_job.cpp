// SPDX-License-Identifier: Apache-2.0
#include "exec/job/local_job.hpp"

#include <fcntl.h>

#include <algorithm>

#include "exec/job/folders.hpp"
#include "exec/job/outcome.hpp"
#include "exec/job/shell.hpp"
#include "exec/keep/closing.hpp"
#include "fairlead/base/error.hpp"
#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/pool.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/plan.hpp"

namespace fairlead::exec {
namespace {

constexpr int start_tries = 3;
constexpr auto end_patience = std::chrono::seconds(20);
constexpr auto container_patience = std::chrono::seconds(30);
constexpr auto container_look = std::chrono::milliseconds(5);

bool in_container(const engine::JobSpec& spec) { return spec.job && (!spec.job->container.is_null() || !spec.job->services.empty()); }

/// Was any process of the job started?
bool has_begun(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& step : std::filesystem::directory_iterator(folder, ignored)) {
    if (!parse_int(step.path().filename().string())) continue;
    for (const auto& file : std::filesystem::directory_iterator(step.path(), ignored)) {
      const auto name = file.path().filename().string();
      if (name == "script" || name.ends_with(".script")) return true;
    }
  }
  return false;
}

/// The container's user is nobody the host knows: it may write where the job is at home.
void open_to_everyone(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto add = [&](const fs::path& path, fs::perms perms) {
    fs::permissions(path, perms, fs::perm_options::add | fs::perm_options::nofollow, ignored);
  };
  add(folder, fs::perms(0777));
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_symlink(ignored)) continue;
    add(entry.path(), entry.is_directory(ignored) ? fs::perms(0777) : fs::perms(0666));
  }
}

std::string planned_folder(const engine::JobSpec& spec) { return spec.job ? spec.job->folder : std::string(); }

}  // namespace

LocalJob::LocalJob(std::shared_ptr<const LocalExecutor::Shared> shared, engine::JobSpec spec)
    : shared_(std::move(shared)),
      spec_(std::move(spec)),
      folder_(job_folder(shared_->parts.data, spec_.key, planned_folder(spec_))),
      workspace_(workspace_folder(shared_->parts.data, spec_.key)) {
  const auto base = inside(workspace_, spec_.folder);
  if (!base) throw Error(ErrorKind::invalid, "the folder \"" + spec_.folder + "\" of app " + spec_.app + " lies outside its repository");
  base_ = *base;
  if (!in_container(spec_)) return;
  container_ = std::make_unique<JobContainer>(ContainerTool(shared_->parts.container_program), plan_containers(spec_),
                                              [this](const std::string& line) { append_log("0", mask(patterns(), line) + '\n'); });
}

Awaitable<bool> LocalJob::open() {
  closed_ = read_closed(folder_);
  if (closed_) co_return true;
  const bool begun = has_begun(folder_);
  if (!is_present(workspace_)) {
    if (begun) co_return false;
    make_folders(folder_);
    write_record(folder_, {spec_.key.job, workspace_.string(), container_ != nullptr});
    // It starts while the workspace is made. A job that only talks to others has nothing to supervise.
    if (!container_ && spec_.works_here) co_await ensure_link();
    co_await prepare_workspace();
  } else if (begun) {
    later_env_ = recorded_env(folder_);
  }
  if (is_supervised(folder_))
    co_await ensure_link();
  else if (container_ && !begun)
    co_await start_container();
  co_return true;
}

/// The workspace gets its name when it is complete: a server that dies in between leaves nothing that looks like one.
Awaitable<void> LocalJob::prepare_workspace() {
  auto& parts = shared_->parts;
  const auto part = std::filesystem::path(workspace_.string() + ".part");
  if (is_present(part)) {
    co_await parts.pool->run([&] { remove_tree(part); });
  }
  make_folders(part.parent_path());
  if (!spec_.reads_files) {
    make_folders(workspace_);  // a thousand deploys at once must not check out a thousand times what none of them reads
    co_return;
  }
  const auto notes = co_await parts.checkout(spec_.app, spec_.sha, part);
  const auto base = inside(part, spec_.folder).value_or(part);
  if (!is_present(base)) {
    throw Error(ErrorKind::not_found, "the folder \"" + spec_.folder + "\" of app " + spec_.app + " does not exist at " + spec_.sha.str());
  }
  for (const auto& note : notes) append_log("0", mask(patterns(), "fairlead: " + note) + '\n');
  if (restores_something(spec_)) {
    for (const auto& line : co_await parts.pool->run([&] { return restore(*shared_, spec_, base); })) append_log("0", line + '\n');
  }
  std::filesystem::rename(part, workspace_);
}

Awaitable<bool> LocalJob::ensure_link() {
  if (link_) co_return true;
  auto& parts = shared_->parts;
  if (is_supervised(folder_)) link_ = SupervisorLink::connect(parts.executor, folder_);
  if (!link_ && container_) co_return false;
  const bool adopted = link_ != nullptr;
  if (!link_) link_ = SupervisorLink::start(parts.executor, shared_->supervisor, folder_);
  // One that has run a step was told before it did. A step could have put its own socket into the folder: tell it nothing.
  if (!adopted || !has_begun(folder_)) send_secrets();
  co_return true;
}

Awaitable<void> LocalJob::start_container() {
  const ContainerMounts mounts{shared_->supervisor, folder_, workspace_, home_folder(workspace_), base_};
  make_folders(mounts.home);
  if (!text_at(spec_.job->container, "user").empty()) {
    co_await shared_->parts.pool->run([this] {
      for (const auto& folder : {folder_, workspace_, home_folder(workspace_)}) open_to_everyone(folder);
    });
  }
  co_await container_->start(mounts);
  // The supervisor inside makes its socket some milliseconds after its container was started; who starts containers does not tell.
  const auto deadline = deadline_in(container_patience);
  while (!co_await ensure_link()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error(ErrorKind::unavailable, "the supervisor in the container of job " + spec_.key.job + " does not answer",
                  "see `" + shared_->parts.container_program + " logs " + container_name(spec_.key) + "` on the server");
    }
    co_await sleep_for(container_look);
  }
  co_await container_->start_services();
}

void LocalJob::send_secrets() {
  Json values = Json::array();
  for (const auto& [name, secret] : spec_.secrets) values.push_back(secret.reveal());
  for (const auto& secret : extra_secrets_) values.push_back(secret);
  if (!values.empty()) link_->send({{"do", "mask"}, {"values", values}});
}

const MaskPatterns& LocalJob::patterns() const {
  if (!patterns_) {
    std::vector<std::string> values(extra_secrets_.begin(), extra_secrets_.end());
    for (const auto& [name, secret] : spec_.secrets) values.push_back(secret.reveal());
    patterns_ = std::make_unique<const MaskPatterns>(values);
  }
  return *patterns_;
}

std::map<std::string, std::string> LocalJob::environment(const engine::ProcessSpec& process) const {
  auto env = container_ ? std::map<std::string, std::string>() : minimal_env();
  for (const auto* layer : {&spec_.env, &later_env_, &process.env}) {
    for (const auto& [name, value] : *layer) env[name] = value;
  }
  for (const auto& [name, secret] : process.secret_env) env[name] = secret.reveal();
  env["FAIRLEAD_WORKSPACE"] = base_.string();
  return env;
}

Order LocalJob::order_for(const engine::ProcessSpec& process) const {
  const auto cwd = inside(base_, process.working_directory);
  if (!cwd) {
    throw Error(ErrorKind::invalid, "working-directory \"" + process.working_directory + "\" lies outside the workspace",
                "give a path below the repository's folder");
  }
  Order order;
  order.step = std::to_string(process.step);
  order.name = process.name;
  order.script = process.script;
  order.argv = process.argv.empty() ? shell_command(process.shell) : process.argv;
  order.env = environment(process);
  order.inherit_env = container_ != nullptr;
  order.cwd = cwd->string();
  order.timeout_ms = process.timeout.count();
  order.silence_ms = process.silence.count();
  order.grace_ms = shared_->parts.cancel_grace.count();
  order.log_limit = shared_->parts.log_limit;
  const auto background = order.env.find("FAIRLEAD_BACKGROUND");
  order.keep_background = background != order.env.end() && background->second == "keep";
  return order;
}

std::optional<Exit> LocalJob::recorded_exit(const Order& order) const {
  const auto text = read_beneath(folder_, order.step + '/' + file_name(order.name, "exit.json"), 64 << 10);
  if (!text) return std::nullopt;
  return exit_from(parse_json(*text));
}

void LocalJob::warn_of_short_secrets(int step) {
  if (std::exchange(warned_, true)) return;
  for (const auto& [name, secret] : spec_.secrets) {
    if (secret.reveal().size() >= shortest_secret || secret.empty()) continue;
    append_log(std::to_string(step), "fairlead: secret " + name + " is shorter than " + std::to_string(shortest_secret) +
                                         " characters, so it cannot be masked in logs\n");
  }
}

Awaitable<engine::ProcessOutcome> LocalJob::run(const engine::ProcessSpec& given) {
  const auto process = given;
  const auto order = order_for(process);
  for (const auto& [name, secret] : process.secret_env) {
    const auto known = [&](const auto& entry) { return entry.second.reveal() == secret.reveal(); };
    if (std::any_of(spec_.secrets.begin(), spec_.secrets.end(), known) || !extra_secrets_.insert(secret.reveal()).second) continue;
    patterns_.reset();
    if (link_) link_->send({{"do", "mask"}, {"values", Json::array({secret.reveal()})}});
  }
  if (const auto exit = recorded_exit(order)) co_return finished(order, process, *exit);
  if (closed_) co_return lost();
  if (!is_present(folder_ / order.step / file_name(order.name, "script"))) warn_of_short_secrets(process.step);
  for (int tries = 0; tries < start_tries; ++tries) {
    if (!co_await ensure_link()) co_return lost();
    link_->send(to_json(order));
    if (auto outcome = co_await wait_for(order, process)) {
      if (outcome->state == engine::State::lost) co_await kill_strays();
      co_return std::move(*outcome);
    }
    link_.reset();
    if (const auto exit = recorded_exit(order)) co_return finished(order, process, *exit);
    // Either it was killed, or another one holds the folder already and ours has given way.
    if (is_supervised(folder_) || !is_present(folder_ / order.step / file_name(order.name, "script"))) continue;
    co_await kill_strays();
    co_return lost();
  }
  throw Error(ErrorKind::unavailable, "the supervisor of job " + spec_.key.job + " does not stay alive in " + folder_.string(),
              "see whether " + shared_->supervisor.string() + " can be executed there");
}

Awaitable<std::optional<engine::ProcessOutcome>> LocalJob::wait_for(const Order& order, const engine::ProcessSpec& process) {
  while (auto message = co_await link_->next()) {
    const auto is = text_at(*message, "is");
    if (is == "error") throw Error(ErrorKind::io, "job " + spec_.key.job + ", step " + order.step + ": " + text_at(*message, "message"));
    if (is != "status" || text_at(*message, "step") != order.step || text_at(*message, "name") != order.name) continue;
    const auto state = text_at(*message, "state");
    if (state == "lost") co_return lost();
    if (state != "done") continue;
    if (!flag_at(*message, "on_disk")) co_return finished(order, process, exit_from(*message));
    if (const auto exit = recorded_exit(order)) co_return finished(order, process, *exit);
    co_return lost();
  }
  co_return std::nullopt;
}

Awaitable<void> LocalJob::kill_strays() {
  co_await shared_->parts.pool->run([this] { kill_leftovers(folder_); });
}

engine::ProcessOutcome LocalJob::lost() const {
  engine::ProcessOutcome outcome;
  outcome.state = engine::State::lost;
  outcome.reason = "its supervisor ended without an exit status";
  return outcome;
}

engine::ProcessOutcome LocalJob::finished(const Order& order, const engine::ProcessSpec& process, const Exit& exit) {
  auto outcome = judge(exit, process, cancel_reason_);
  for (const auto& remark : read_results(folder_, order.step, order.name, patterns(), outcome, later_env_)) {
    if (!closed_) append_log(order.step, "fairlead: " + remark + '\n');
  }
  return outcome;
}

Awaitable<void> LocalJob::log(int step, std::string text) {
  append_log(std::to_string(step), mask(patterns(), text));
  co_return;
}

void LocalJob::append_log(const std::string& step, std::string_view text) {
  const auto path = folder_ / step;
  make_folders(path);
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!folder) throw errno_error("cannot open " + path.string());
  LogFile(folder.get(), shared_->parts.log_limit).append(text);
}

void LocalJob::cancel(std::string reason) {
  cancel_reason_ = std::move(reason);
  if (link_) link_->send({{"do", "cancel"}, {"grace_ms", shared_->parts.cancel_grace.count()}});
}

std::string LocalJob::hash_files(const std::vector<std::string>& patterns) const { return exec::hash_files(base_, patterns); }

Awaitable<void> LocalJob::end_supervisor() {
  if (!link_ && is_supervised(folder_)) co_await ensure_link();
  if (!link_) co_return;
  link_->send({{"do", "finish"}});
  while (co_await link_->next()) continue;
  link_.reset();
}

Awaitable<engine::JobResults> LocalJob::close(bool succeeded) {
  if (closed_) co_return *closed_;
  auto& parts = shared_->parts;
  // Nothing may write to the workspace any more when its files are collected.
  co_await with_deadline(end_supervisor(), deadline_in(end_patience), "ending the supervisor of job " + spec_.key.job);
  if (container_) co_await container_->remove();
  engine::JobResults results;
  if (keeps_something(spec_)) {
    results = co_await parts.pool->run([this, succeeded] { return collect(*shared_, spec_, base_, patterns(), succeeded); });
  }
  write_closed(folder_, results);
  closed_ = results;
  if (parts.keep_workspaces.count() == 0) {
    co_await parts.pool->run([this] { remove_workspace(workspace_); });
  }
  co_return results;
}

}  // namespace fairlead::exec
