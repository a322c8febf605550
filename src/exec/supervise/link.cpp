// SPDX-License-Identifier: Apache-2.0
#include "exec/supervise/link.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace fairlead::exec {
namespace {

constexpr std::size_t out_limit = 1 << 20;
constexpr std::size_t in_limit = 64 << 20;  // one order with its script and environment

}  // namespace

Link::Link(Fd socket) : socket_(std::move(socket)) { ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK); }

void Link::send(const Json& message) {
  if (!open()) return;
  out_ += message.dump(-1, ' ', false, Json::error_handler_t::replace);
  out_ += '\n';
  flush();
  if (out_.size() > out_limit) socket_.reset();
}

void Link::flush() {
  while (open() && !out_.empty()) {
    const auto sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return socket_.reset();
    out_.erase(0, static_cast<std::size_t>(sent));
  }
}

void Link::receive(const std::function<void(std::string_view)>& take) {
  char buffer[16384];
  while (open()) {
    const auto count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count <= 0 || in_.size() > in_limit) return socket_.reset();
    in_.append(buffer, static_cast<std::size_t>(count));
    std::size_t from = 0;
    for (std::size_t end; (end = in_.find('\n', from)) != std::string::npos; from = end + 1) {
      take(std::string_view(in_).substr(from, end - from));
    }
    in_.erase(0, from);
  }
}

}  // namespace fairlead::exec
