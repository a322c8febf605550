// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include "fairlead/net/client.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

using asio::ip::tcp;

Awaitable<void> read_and_hang_up(tcp::acceptor& acceptor) {
  tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
  asio::streambuf buffer;
  co_await asio::async_read_until(socket, buffer, "\r\n\r\n", asio::use_awaitable);
}

enum class Outcome { answered, not_sent, no_answer };

Awaitable<Outcome> try_it(HttpClient& client, std::uint16_t port) {
  HttpRequest request{.method = "POST", .url = "http://127.0.0.1:" + std::to_string(port) + "/", .body = "x"};
  try {
    co_await client.send(request, deadline_in(std::chrono::seconds(60)));
  } catch (const NotSent&) {
    co_return Outcome::not_sent;
  } catch (const Error&) {
    co_return Outcome::no_answer;
  }
  co_return Outcome::answered;
}

TEST(HttpClient, TellsARequestThatNeverLeftFromOneWithoutAnswer) {
  IoThread io;
  std::optional<HttpClient> client;
  std::optional<tcp::acceptor> acceptor;
  io.call([&] {
    client.emplace(io.executor());
    acceptor.emplace(io.executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  });
  const auto port = acceptor->local_endpoint().port();
  asio::co_spawn(io.executor(), read_and_hang_up(*acceptor), [](std::exception_ptr) {});
  EXPECT_EQ(io.run(try_it(*client, port)), Outcome::no_answer);
  io.call([&] { acceptor.reset(); });
  EXPECT_EQ(io.run(try_it(*client, port)), Outcome::not_sent);
  io.call([&] { client.reset(); });
}

}  // namespace
}  // namespace fairlead::net
