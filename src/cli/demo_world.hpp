// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fairlead/base/fd.hpp"

namespace fairlead::cli {

/// Everything the demo starts: a bare repository with the sample service, a sandbox with its two ECS services, a server, and load on
/// production. In one temporary folder; its processes end with the object. Blocking; one thread.
class DemoWorld {
 public:
  /// Throws Error when something cannot be made or started, with the program's own words.
  explicit DemoWorld(bool keep);
  ~DemoWorld();
  DemoWorld(const DemoWorld&) = delete;
  DemoWorld& operator=(const DemoWorld&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& url() const { return url_; }
  std::string socket() const;
  /// Port on which the service of an environment answers.
  std::uint16_t port(const std::string& environment) const { return ports_.at(environment); }
  const std::string& cloud() const { return cloud_; }  ///< endpoint of the sandbox
  /// Writes the version, commits, pushes; returns what the push printed. A broken one needs what production does not have.
  std::string push(const std::string& version, bool broken = false);
  /// What the load on production has seen so far: requests, failures, the first of them.
  struct Load {
    long requests = 0, failed = 0;
    std::string first;
  };
  Load load() const;
  /// What the service of an environment says at /version, or empty.
  std::string answer(const std::string& environment) const;
  bool server_alive() const;

 private:
  class Variables;
  void write_files();
  void make_repository();
  void start_cloud();
  void start_load();
  void start_server();
  pid_t start(const std::vector<std::string>& argv, const std::string& log, int out);
  std::string run(const std::vector<std::string>& argv, const std::filesystem::path& cwd) const;
  void end_all();

  std::filesystem::path folder_;
  bool keep_;
  std::string url_, cloud_;
  std::map<std::string, std::uint16_t> ports_;
  std::vector<pid_t> processes_;
  pid_t server_ = -1;
  Fd sandbox_output_;  ///< kept open: it may go on writing
};

}  // namespace fairlead::cli
