// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shell/relay.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "fairlead/base/error.hpp"

namespace fairlead::sandbox::shell {

using Tcp = asio::ip::tcp;

struct Relay::State {
  State(const asio::any_io_executor& executor, std::function<Route()> asked) : ex(executor), acceptor(executor), ask(std::move(asked)) {}
  asio::any_io_executor ex;
  Tcp::acceptor acceptor;
  std::function<Route()> ask;
};

namespace {

using SocketPtr = std::shared_ptr<Tcp::socket>;

Awaitable<void> copy(SocketPtr from, SocketPtr to) {
  std::array<char, 16384> buffer;
  while (true) {
    auto [error, count] = co_await from->async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    auto [failed, written] = co_await asio::async_write(*to, asio::buffer(buffer.data(), count), asio::as_tuple(asio::use_awaitable));
    if (failed || written != count) break;
  }
  boost::system::error_code ignored;
  to->shutdown(Tcp::socket::shutdown_send, ignored);
}

Awaitable<void> serve(std::shared_ptr<Relay::State> state, SocketPtr client) {
  const auto route = state->ask();
  if (!route.found) co_return;
  auto target = std::make_shared<Tcp::socket>(state->ex);
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(route.host, bad);
  if (bad) co_return;
  auto [error] = co_await target->async_connect({address, static_cast<std::uint16_t>(route.port)}, asio::as_tuple(asio::use_awaitable));
  if (error) co_return;
  spawn(state->ex, "sandbox relay", copy(client, target));
  co_await copy(target, client);
}

Awaitable<void> accept(std::shared_ptr<Relay::State> state) {
  while (true) {
    auto client = std::make_shared<Tcp::socket>(state->ex);
    auto [error] = co_await state->acceptor.async_accept(*client, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted || !state->acceptor.is_open()) co_return;
    if (!error) spawn(state->ex, "sandbox relay", serve(state, client));
  }
}

}  // namespace

Relay::Relay(asio::any_io_executor ex, std::function<Route()> ask) : state_(std::make_shared<State>(ex, std::move(ask))) {}

Relay::~Relay() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

int Relay::listen(int port) {
  const Tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  boost::system::error_code error;
  if (!state_->acceptor.is_open()) state_->acceptor.open(endpoint.protocol(), error);
  if (!error) state_->acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) state_->acceptor.bind(endpoint, error);
  if (!error) state_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw Error(ErrorKind::unavailable, "cannot listen on port " + std::to_string(port) + ": " + error.message());
  spawn(state_->ex, "sandbox relay", accept(state_));
  return state_->acceptor.local_endpoint().port();
}

Awaitable<void> connect_once(std::string host, int port) {
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(host, bad);
  if (bad) throw Error(ErrorKind::unavailable, host + " is no address");
  Tcp::socket socket(co_await asio::this_coro::executor);
  auto [error] = co_await socket.async_connect({address, static_cast<std::uint16_t>(port)}, asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) throw Error(ErrorKind::canceled, "the probe was canceled");
  if (error) throw Error(ErrorKind::unavailable, "cannot connect to " + host + ":" + std::to_string(port) + ": " + error.message());
}

}  // namespace fairlead::sandbox::shell
