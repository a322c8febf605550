// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/base/files.hpp"

namespace fairlead::git {

/// What all hosts of these tests share: a listening socket on a loopback port of its own. The accept loop lives as long as the object.
class Listener {
 public:
  explicit Listener(asio::io_context& io);
  ~Listener();
  unsigned short port() const { return acceptor_.local_endpoint().port(); }

 protected:
  using Socket = asio::ip::tcp::socket;
  void start(std::function<void(std::shared_ptr<Socket>)> on_peer);
  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;

 private:
  void accept();
  std::function<void(std::shared_ptr<Socket>)> on_peer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Takes connections and says nothing.
class SilentHost : public Listener {
 public:
  explicit SilentHost(asio::io_context& io);
  /// Has every peer closed its end?
  bool peers_left();

 private:
  std::vector<std::shared_ptr<Socket>> peers_;
};

/// Serves the files of a bare repository (git's "dumb" protocol) to those who know "user:password"; or sends everybody elsewhere.
class HttpHost : public Listener {
 public:
  HttpHost(asio::io_context& io, std::filesystem::path repository, std::string credential);
  HttpHost(asio::io_context& io, std::string redirect_to);
  /// "http://<user information>127.0.0.1:<port>/<path>"
  std::string url(const std::string& path, const std::string& user = "") const;
  int requests() const { return requests_; }
  /// All request heads, as received.
  const std::string& seen() const { return seen_; }

 private:
  void serve(std::shared_ptr<Socket>);
  std::string answer(const std::string& head);

  std::filesystem::path repository_;
  std::string credential_;
  std::string redirect_to_;
  std::string seen_;
  int requests_ = 0;
};

/// A server that keeps the requests it gets and gives all of them the same answer.
class HookHost : public Listener {
 public:
  HookHost(asio::io_context& io, std::string status, std::string body);
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  struct Request {
    std::string head;
    std::string body;
    std::string field(const std::string& name) const;
  };
  const std::vector<Request>& requests() const { return requests_; }

 private:
  Awaitable<void> answer(std::shared_ptr<Socket>);
  std::string reply_;
  std::vector<Request> requests_;
};

/// OpenSSH's sshd, started for each connection, for the user who runs the tests.
class SshHost : public Listener {
 public:
  explicit SshHost(asio::io_context& io);
  static bool is_installed();
  std::string url(const std::filesystem::path& repository) const;
  std::filesystem::path key() const { return folder_.path() / "user key"; }
  std::filesystem::path known_hosts() const { return folder_.path() / "known hosts"; }
  std::filesystem::path make_key(const std::string& name);
  std::string log() const;

 private:
  void serve(std::shared_ptr<Socket>);
  TempFolder folder_;
};

}  // namespace fairlead::git
