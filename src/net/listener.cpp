// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <cstring>

#include "fairlead/base/error.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::net {

namespace {

constexpr int backlog = 1024;

struct HostPort {
  std::string host;
  std::string port;
};

HostPort split_address(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_int(std::string_view(address).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    throw Error(ErrorKind::invalid, "cannot listen on '" + address + "': it is not HOST:PORT",
                "write 127.0.0.1:7070, [::1]:7070 or 0.0.0.0:80");
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, std::to_string(*port)};
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  if (name.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&name)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

std::string address_text(const sockaddr_storage& name) {
  char text[INET6_ADDRSTRLEN] = {};
  if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6))
      ::inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
    else
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
  } else if (name.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(name).sin_addr, text, sizeof text);
  }
  return text;
}

Peer peer_of(int fd, const sockaddr_storage& name) {
  Peer peer{.address = address_text(name), .uid = std::nullopt};
  if (name.ss_family == AF_INET || name.ss_family == AF_INET6) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return peer;
  }
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) peer.uid = credentials.uid;
  return peer;
}

/// A socket file that nobody answers on is left over from a killed server.
void clear_stale_socket(const std::filesystem::path& path, const sockaddr_un& name) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode))
    throw Error(ErrorKind::unavailable, "cannot listen on '" + path.string() + "': it exists and is not a socket");
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0)
    throw Error(ErrorKind::unavailable, "cannot listen on '" + path.string() + "': another process does already",
                "stop the other server, or use another data folder");
  ::unlink(path.c_str());
}

}  // namespace

std::shared_ptr<Listener> Listener::tcp(const asio::any_io_executor& executor, const std::string& address) {
  const auto [host, port] = split_address(address);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found); code != 0)
    throw Error(ErrorKind::unavailable, "cannot listen on '" + address + "': " + ::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  Fd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw errno_error("cannot listen on '" + address + "'");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0)
    throw Error(ErrorKind::unavailable, "cannot listen on '" + address + "': " + std::strerror(errno),
                "another server may run there; set server.listen in fairlead.yml");
  const auto bound = bound_port(fd.get());
  return std::make_shared<Listener>(executor, std::move(fd), bound, std::filesystem::path());
}

std::shared_ptr<Listener> Listener::unix_socket(const asio::any_io_executor& executor, const std::filesystem::path& path, mode_t mode) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof name.sun_path)
    throw Error(ErrorKind::invalid, "cannot listen on '" + path.string() + "': the path of a unix socket has at most 107 bytes",
                "use a shorter data folder");
  std::memcpy(name.sun_path, path.c_str(), path.native().size());
  clear_stale_socket(path, name);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw errno_error("cannot listen on '" + path.string() + "'");
  // Linux gives the file the mode of the socket: there is no moment at which others may connect.
  ::fchmod(fd.get(), 0600);
  const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  if (!bound || ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), backlog) != 0)
    throw errno_error("cannot listen on '" + path.string() + "'");
  return std::make_shared<Listener>(executor, std::move(fd), std::uint16_t{0}, path);
}

Listener::Listener(const asio::any_io_executor& executor, Fd listening, std::uint16_t port, std::filesystem::path file)
    : socket_(executor, listening.release()), port_(port), file_(std::move(file)) {}

Listener::~Listener() { close(); }

void Listener::start(std::function<void(Accepted)> on_accept) { spawn(socket_.get_executor(), "http listener", run(std::move(on_accept))); }

void Listener::close() {
  boost::system::error_code ignored;
  if (socket_.is_open() && !file_.empty()) ::unlink(file_.c_str());
  socket_.close(ignored);
}

int Listener::accept_one(const std::function<void(Accepted)>& on_accept) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  const int fd = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&name), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return errno == ECONNABORTED || errno == EINTR ? 0 : errno;
  auto peer = peer_of(fd, name);
  on_accept({Fd(fd), std::move(peer)});
  return 0;
}

Awaitable<void> Listener::run(std::function<void(Accepted)> on_accept) {
  const auto self = shared_from_this();
  while (socket_.is_open()) {
    const auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (error || !socket_.is_open()) co_return;
    int code = 0;
    while (code == 0 && socket_.is_open()) code = accept_one(on_accept);
    if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM) {
      log::warn("http.accept", {{"error", std::strerror(code)}});
      co_await sleep_for(std::chrono::milliseconds(50));
    }
  }
}

}  // namespace fairlead::net
