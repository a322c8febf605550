// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "exec/container/job_container.hpp"
#include "exec/job/shared.hpp"
#include "exec/job/supervisor_link.hpp"
#include "exec/log/log_file.hpp"
#include "exec/supervise/protocol.hpp"
#include "fairlead/engine/executor.hpp"
#include "fairlead/exec/masker.hpp"

namespace fairlead::exec {

/// One attempt of a job on this machine. The folder is the truth: everything here can be rebuilt from it, so that adoption
/// after a restart and the first start are the same code. io thread.
class LocalJob : public engine::JobHost {
 public:
  LocalJob(std::shared_ptr<const LocalExecutor::Shared>, engine::JobSpec);

  /// Makes the workspace and starts the supervisor, or finds both. False when the job had been started and its workspace is
  /// gone. Throws Error.
  Awaitable<bool> open();

  Awaitable<engine::ProcessOutcome> run(const engine::ProcessSpec&) override;
  Awaitable<void> log(int step, std::string text) override;
  void cancel(std::string reason) override;
  const std::filesystem::path& workspace() const override { return base_; }
  std::string hash_files(const std::vector<std::string>& patterns) const override;
  Awaitable<engine::JobResults> close(bool succeeded) override;

 private:
  Awaitable<void> prepare_workspace();
  /// A line to the supervisor, which is started when the folder has none. False when it cannot be: a container is started once.
  Awaitable<bool> ensure_link();
  Awaitable<void> start_container();
  void send_secrets();
  void warn_of_short_secrets(int step);
  Order order_for(const engine::ProcessSpec&) const;
  std::map<std::string, std::string> environment(const engine::ProcessSpec&) const;
  std::optional<Exit> recorded_exit(const Order&) const;
  /// The end of an order that was sent; nullopt when the line broke.
  Awaitable<std::optional<engine::ProcessOutcome>> wait_for(const Order&, const engine::ProcessSpec&);
  engine::ProcessOutcome finished(const Order&, const engine::ProcessSpec&, const Exit&);
  Awaitable<void> kill_strays();
  engine::ProcessOutcome lost() const;
  const MaskPatterns& patterns() const;
  void append_log(const std::string& step, std::string_view text);
  Awaitable<void> end_supervisor();

  std::shared_ptr<const LocalExecutor::Shared> shared_;
  engine::JobSpec spec_;
  std::filesystem::path folder_;     ///< of the attempt
  std::filesystem::path workspace_;  ///< root of the checkout
  std::filesystem::path base_;       ///< the app's folder in it
  std::unique_ptr<JobContainer> container_;  ///< absent: steps are processes of this host
  std::unique_ptr<SupervisorLink> link_;
  std::map<std::string, std::string> later_env_;
  std::set<std::string> extra_secrets_;
  mutable std::unique_ptr<const MaskPatterns> patterns_;
  std::string cancel_reason_;
  bool warned_ = false;
  std::optional<engine::JobResults> closed_;
};

}  // namespace fairlead::exec
