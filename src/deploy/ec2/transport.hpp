// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "deploy/ec2/fleet.hpp"
#include "fairlead/aws/scope.hpp"
#include "fairlead/base/async.hpp"
#include "fairlead/base/error.hpp"

namespace fairlead::aws {
class Aws;
}

namespace fairlead::deploy::ec2 {

/// The text of host.sh, which comes before every script.
const std::string& host_functions();

/// A release on its way to a host.
struct Upload {
  std::string release;
  std::string sum;             ///< SHA-256 of the bundle
  std::filesystem::path file;
};

/// How hosts are reached. Whatever is asked may be asked again: the functions of host.sh see to it that nothing is done twice. io thread.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Runs calls of host.sh's functions; what they wrote to stdout. Throws Error(unavailable) when the host cannot be reached or the
  /// connection was lost, Error(refused) when it must not be used (its key, our login), Error(invalid) with the last lines of stderr when
  /// the script failed.
  virtual Awaitable<std::string> ask(const Host&, std::string calls, Deadline) = 0;
  /// Brings the bundle to `releases/<sum>.tgz.part` of the app, going on where an earlier try ended, unless the release is there already.
  virtual Awaitable<void> upload(const Host&, const std::string& app, const Upload&, Deadline) = 0;
  /// Hosts that may be begun with at the same time.
  virtual int parallel() const = 0;
  /// Ends what is kept open (connections).
  virtual Awaitable<void> close() { co_return; }
};

/// The arguments of the line "fairlead WHAT …" in an answer. Throws Error(invalid) when there is none.
std::vector<std::string> said(const std::string& answer, const std::string& what);
/// An error's message without the host's name before it, for whoever names the host himself.
std::string without_name(const Host&, const std::string& message);
/// A word for the shell: quoted.
std::string shell_word(const std::string&);
/// `text` as a here-document for the call before it.
std::string here(const std::string& text);

struct SshSettings {
  std::string user;  ///< empty: as ssh's configuration says
  std::filesystem::path config;  ///< ssh_config; empty: the user's own
  std::filesystem::path control_folder;  ///< for the sockets of shared connections; short
};
/// Over the OpenSSH client: the user's own configuration (ProxyJump, keys, agent), strict about host keys, one connection a host.
std::unique_ptr<Transport> make_ssh(asio::any_io_executor, SshSettings);

/// Fetches an object with the host's aws command line; the file to write comes after it.
std::string fetch_command(const aws::Scope&, const std::string& bucket, const std::string& key);
/// Over Systems Manager; the bundle goes through the S3 bucket.
std::unique_ptr<Transport> make_ssm(asio::any_io_executor, aws::Aws&, aws::Scope, std::string bucket);

}  // namespace fairlead::deploy::ec2
