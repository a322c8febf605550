// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "net/transport.hpp"

namespace fairlead::net {

namespace {

using Socket = asio::generic::stream_protocol::socket;
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

class Plain : public Transport {
 public:
  /// The family is of no consequence once connected.
  Plain(const asio::any_io_executor& executor, Fd fd) : socket_(executor, asio::generic::stream_protocol(AF_UNSPEC, 0), fd.release()) {}

  Awaitable<bool> handshake() override { co_return true; }

  Awaitable<std::size_t> read_some(char* data, std::size_t size) override {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(data, size), as_value);
    co_return error ? 0 : count;
  }

  Awaitable<std::size_t> write_some(Pieces pieces) override {
    const auto [error, count] = co_await socket_.async_write_some(pieces, as_value);
    co_return error ? 0 : count;
  }

  Awaitable<bool> wait_gone() override {
    while (socket_.is_open()) {
      const auto [error] = co_await socket_.async_wait(Socket::wait_read, as_value);
      if (error || !socket_.is_open()) co_return false;
      char byte = 0;
      const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) co_return true;
      if (count > 0) co_return false;
    }
    co_return false;
  }

  void cancel() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  Awaitable<void> finish() override {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(const asio::any_io_executor& executor, Fd connected) {
  return std::make_unique<Plain>(executor, std::move(connected));
}

}  // namespace fairlead::net
