// SPDX-License-Identifier: Apache-2.0
#include "unit/git/hosts.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "fairlead/base/crypto.hpp"
#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "unit/git/git_world.hpp"

namespace fairlead::git {

using asio::ip::tcp;

Listener::Listener(asio::io_context& io) : io_(io), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
Listener::~Listener() { *alive_ = false; }

void Listener::start(std::function<void(std::shared_ptr<Socket>)> on_peer) {
  on_peer_ = std::move(on_peer);
  accept();
}

void Listener::accept() {
  auto socket = std::make_shared<Socket>(io_);
  acceptor_.async_accept(*socket, [this, socket, alive = alive_](boost::system::error_code failed) {
    if (failed || !*alive) return;
    on_peer_(socket);
    accept();
  });
}

SilentHost::SilentHost(asio::io_context& io) : Listener(io) {
  start([this](auto peer) { peers_.push_back(std::move(peer)); });
}

bool SilentHost::peers_left() {
  for (auto& peer : peers_) {
    boost::system::error_code error;
    std::array<char, 4096> bytes;
    while (!error) peer->read_some(asio::buffer(bytes), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return false;
  }
  const bool met_some = !peers_.empty();
  peers_.clear();
  return met_some;
}

HttpHost::HttpHost(asio::io_context& io, std::filesystem::path repository, std::string credential)
    : Listener(io), repository_(std::move(repository)), credential_(std::move(credential)) {
  start([this](auto peer) { serve(std::move(peer)); });
}

HttpHost::HttpHost(asio::io_context& io, std::string redirect_to) : Listener(io), redirect_to_(std::move(redirect_to)) {
  start([this](auto peer) { serve(std::move(peer)); });
}

std::string HttpHost::url(const std::string& path, const std::string& user) const {
  return "http://" + user + "127.0.0.1:" + std::to_string(port()) + "/" + path;
}

void HttpHost::serve(std::shared_ptr<Socket> peer) {
  auto head = std::make_shared<std::string>();
  asio::async_read_until(*peer, asio::dynamic_buffer(*head), "\r\n\r\n", [this, peer, head](boost::system::error_code failed, std::size_t) {
    if (failed) return;
    auto reply = std::make_shared<std::string>(answer(*head));
    asio::async_write(*peer, asio::buffer(*reply), [peer, reply](boost::system::error_code, std::size_t) {});
  });
}

std::string HttpHost::answer(const std::string& head) {
  ++requests_;
  seen_ += head;
  auto reply = [](const std::string& status, const std::string& extra, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\n" + extra + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  };
  const auto target = head.substr(5, head.find(" HTTP/") - 5);
  if (!redirect_to_.empty()) return reply("302 Found", "Location: " + redirect_to_ + target + "\r\n", "");
  if (!head.contains("Authorization: Basic " + base64(credential_) + "\r\n"))
    return reply("401 Unauthorized", "WWW-Authenticate: Basic realm=\"test\"\r\n", "");
  const auto path = target.substr(0, target.find('?')).substr(std::string("x.git/").size());
  const auto file = read_file_if_exists(repository_ / path);
  return file ? reply("200 OK", "", *file) : reply("404 Not Found", "", "");
}

HookHost::HookHost(asio::io_context& io, std::string status, std::string body)
    : Listener(io), reply_("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body) {
  start([this](auto peer) { spawn(io_.get_executor(), "hook host", answer(std::move(peer))); });
}

std::string HookHost::Request::field(const std::string& name) const {
  for (const auto& line : split_lines(head))
    if (to_lower(line).starts_with(name + ":")) return std::string(trim(line.substr(name.size() + 1)));
  return {};
}

Awaitable<void> HookHost::answer(std::shared_ptr<Socket> peer) {
  std::string text;
  const auto end = co_await asio::async_read_until(*peer, asio::dynamic_buffer(text), "\r\n\r\n", asio::use_awaitable);
  Request request{text.substr(0, end), text.substr(end)};
  const auto size = static_cast<std::size_t>(parse_int(request.field("content-length")).value_or(0));
  std::string rest(size - request.body.size(), '\0');
  co_await asio::async_read(*peer, asio::buffer(rest), asio::use_awaitable);
  request.body += rest;
  requests_.push_back(std::move(request));
  co_await asio::async_write(*peer, asio::buffer(reply_), asio::use_awaitable);
}

bool SshHost::is_installed() { return ::access("/usr/sbin/sshd", X_OK) == 0 && ::access("/usr/bin/ssh-keygen", X_OK) == 0; }

SshHost::SshHost(asio::io_context& io) : Listener(io) {
  if (::geteuid() == 0) make_folders("/run/sshd");  // sshd's own, made by its service otherwise
  const auto host_key = make_key("host-key");
  write_file(folder_.path() / "authorized_keys", read_file(make_key("user key").string() + ".pub"));
  write_file(known_hosts(), "[127.0.0.1]:" + std::to_string(port()) + " " + read_file(host_key.string() + ".pub"));
  write_file(folder_.path() / "sshd_config",
             "HostKey " + host_key.string() + "\nAuthorizedKeysFile " + (folder_.path() / "authorized_keys").string() +
                 "\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin yes\n");
  start([this](auto peer) { serve(std::move(peer)); });
}

std::filesystem::path SshHost::make_key(const std::string& name) {
  const auto path = folder_.path() / name;
  asio::io_context io;
  Spawn spec{.argv = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path.string()}, .env = minimal_env()};
  const auto made = finish(io, run_process(std::move(spec), deadline_in(std::chrono::seconds(20))));
  if (!made.status.ok()) throw Error(ErrorKind::internal, "ssh-keygen: " + made.err);
  return path;
}

std::string SshHost::url(const std::filesystem::path& repository) const {
  const auto* user = ::getpwuid(::geteuid());
  return "ssh://" + std::string(user ? user->pw_name : "root") + "@127.0.0.1:" + std::to_string(port()) + repository.string();
}

std::string SshHost::log() const { return read_file_if_exists(folder_.path() / "log").value_or("sshd was not started"); }

void SshHost::serve(std::shared_ptr<Socket> peer) {
  const Fd log(::open((folder_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  Spawn spec{.argv = {"/usr/sbin/sshd", "-i", "-e", "-f", (folder_.path() / "sshd_config").string()}, .env = minimal_env()};
  peer->native_non_blocking(false);
  spec.in = spec.out = peer->native_handle();
  spec.err = log.get();
  auto child = std::make_shared<Child>(Child::start(io_.get_executor(), spec));
  auto reap = [](std::shared_ptr<Child> sshd) -> Awaitable<void> { co_await sshd->wait(); };
  spawn(io_.get_executor(), "sshd", reap(child));
}

}  // namespace fairlead::git
