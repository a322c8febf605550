// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "exec/container/tool.hpp"
#include "fairlead/base/json_fwd.hpp"
#include "fairlead/engine/executor.hpp"

namespace fairlead::exec {

/// What the commands below are made of; decided from the job's spec alone, so that a restarted server finds the same names.
struct ContainerPlan {
  std::string name;  ///< of the job's container; services: "<name>-<service>"
  std::string image, user, network;
  std::vector<std::string> options;
  struct Service {
    std::string name, image, ready;
    std::map<std::string, std::string> env;         ///< plain
    std::map<std::string, std::string> secret_env;  ///< revealed: given by environment, never in argv
    std::vector<std::string> options;
  };
  std::vector<Service> services;
  bool trusted = true;
};

struct ContainerMounts {
  std::filesystem::path supervisor, job_folder, workspace, home, workdir;
};

/// Throws Error(invalid) for what cannot be: services without a container, options in an untrusted run, a bad service name.
ContainerPlan plan_containers(const engine::JobSpec&);
/// `run …` of the job's container: our supervisor as PID 1, folders mounted at their own paths.
std::vector<std::string> job_command(const ContainerPlan&, const ContainerMounts&);
/// `run …` of a service: in the network of the job's container, so that it is reached by its name.
std::vector<std::string> service_command(const ContainerPlan&, const ContainerPlan::Service&);

/// The containers of one attempt of a job: one for its steps, one for each service. io thread.
class JobContainer {
 public:
  /// `say` gets lines for the log of the first step.
  JobContainer(ContainerTool, ContainerPlan, std::function<void(std::string)> say);

  /// Pulls what is missing and starts the job's container.
  Awaitable<void> start(ContainerMounts);
  /// Starts the services and waits until each is ready.
  Awaitable<void> start_services();
  /// Removes all of them, running or not. Never throws for one that is gone.
  Awaitable<void> remove();

 private:
  Awaitable<void> pull(std::string image);
  Awaitable<void> wait_until_ready(ContainerPlan::Service);

  ContainerTool tool_;
  ContainerPlan plan_;
  std::function<void(std::string)> say_;
};

/// The container name of an attempt.
std::string container_name(const engine::JobKey&);
/// Removes every container of an attempt, knowing only its key.
Awaitable<void> remove_containers(ContainerTool, engine::JobKey);

}  // namespace fairlead::exec
