// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fairlead::cli {

/// Everything the demo starts: a bare repository with the sample service, two hosts, a server. In one temporary folder; its
/// processes end with the object. Blocking; one thread.
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
  /// Writes the version, commits, pushes; returns what the push printed.
  std::string push(const std::string& version);
  /// What the service of an environment says at /version, or empty.
  std::string answer(const std::string& environment) const;
  bool server_alive() const;

 private:
  void write_files();
  void make_repository();
  void start_host(const std::string& environment);
  void start_server();
  pid_t start(const std::vector<std::string>& argv, const std::string& log, int out);
  std::string run(const std::vector<std::string>& argv, const std::filesystem::path& cwd) const;
  void end_all();

  std::filesystem::path folder_;
  bool keep_;
  std::string url_;
  std::map<std::string, std::uint16_t> ports_;
  std::vector<pid_t> processes_;
  pid_t server_ = -1;
};

}  // namespace fairlead::cli
