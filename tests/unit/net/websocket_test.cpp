// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/websocket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "fairlead/base/files.hpp"
#include "unit/net/test_certificate.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

namespace beast = boost::beast;
namespace ssl = asio::ssl;
using testing::HasSubstr;
using Tcp = asio::ip::tcp;
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

/// Sends back what it is sent; "bye" makes it close, "die" drop the connection, "big" send a large message, "ping" ping first.
template <class Stream>
Awaitable<void> echo(std::shared_ptr<beast::websocket::stream<Stream>> socket) {
  if (const auto [refused] = co_await socket->async_accept(as_value); refused) co_return;
  while (true) {
    beast::flat_buffer buffer;
    const auto [ended, size] = co_await socket->async_read(buffer, as_value);
    if (ended) co_return;
    std::string text = beast::buffers_to_string(buffer.data());
    if (text == "die") co_return beast::get_lowest_layer(*socket).close();
    if (text == "bye") {
      co_await socket->async_close(beast::websocket::close_code::normal, as_value);
      co_return;
    }
    if (text == "ping") co_await socket->async_ping("are you there", as_value);
    if (text == "big") text.assign(100000, 'x');
    const auto [unsent, sent] = co_await socket->async_write(asio::buffer(text), as_value);
    if (unsent) co_return;
  }
}

Awaitable<void> accept_all(std::shared_ptr<Tcp::acceptor> acceptor, std::shared_ptr<ssl::context> tls) {
  while (true) {
    auto [error, socket] = co_await acceptor->async_accept(as_value);
    if (error) co_return;
    if (!tls) {
      spawn(acceptor->get_executor(), "echo", echo(std::make_shared<beast::websocket::stream<beast::tcp_stream>>(std::move(socket))));
      continue;
    }
    using Secure = beast::ssl_stream<beast::tcp_stream>;
    const auto stream = std::make_shared<beast::websocket::stream<Secure>>(std::move(socket), *tls);
    const auto [refused] = co_await stream->next_layer().async_handshake(ssl::stream_base::server, as_value);
    if (!refused) spawn(acceptor->get_executor(), "echo", echo(stream));
  }
}

class WebSocketTest : public testing::Test {
 protected:
  std::string listen(std::shared_ptr<ssl::context> tls = nullptr) {
    return io_.call([&] {
      acceptor_ = std::make_shared<Tcp::acceptor>(io_.executor(), Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      spawn(io_.executor(), "accept", accept_all(acceptor_, tls));
      return (tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(acceptor_->local_endpoint().port()) + "/link/?ticket=1";
    });
  }
  ~WebSocketTest() override {
    io_.call([this] {
      socket_.reset();
      if (acceptor_) acceptor_->close();
    });
  }
  WebSocket& connect(WebSocketOptions options) {
    auto task = WebSocket::connect(std::move(options), deadline_in(std::chrono::seconds(30)));
    socket_ = io_.run(std::move(task));
    return *socket_;
  }
  WebSocket& connect(const std::string& url) { return connect(WebSocketOptions{.url = url}); }
  std::optional<std::string> say(std::string text) {
    auto written = [](WebSocket& socket, std::string what) -> Awaitable<std::optional<std::string>> {
      co_await socket.write(std::move(what));
      co_return co_await socket.read();
    };
    return io_.run(written(*socket_, std::move(text)));
  }

  IoThread io_;
  std::shared_ptr<Tcp::acceptor> acceptor_;
  std::unique_ptr<WebSocket> socket_;
};

TEST_F(WebSocketTest, TalksBothWaysAndEndsInOrder) {
  connect(listen());
  EXPECT_EQ(say("hello"), "hello");
  EXPECT_EQ(say("ping"), "ping") << "pings are answered on the way";
  EXPECT_EQ(say(std::string(200000, 'a')), std::string(200000, 'a'));
  EXPECT_EQ(say("bye"), std::nullopt);
}

TEST_F(WebSocketTest, ABrokenConnectionIsAnError) {
  connect(listen());
  EXPECT_THROW(say("die"), Error);
}

TEST_F(WebSocketTest, AMessageHasALimit) {
  WebSocketOptions options{.url = listen()};
  options.max_message = 65536;
  connect(std::move(options));
  try {
    say("big");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::too_large);
  }
}

TEST_F(WebSocketTest, WritersWaitForOneAnother) {
  connect(listen());
  auto all = [](WebSocket& socket, asio::any_io_executor executor) -> Awaitable<int> {
    for (int i = 0; i < 50; ++i) spawn(executor, "write", socket.write("x" + std::to_string(i)));
    int count = 0;
    while (count < 50 && co_await socket.read()) ++count;
    co_return count;
  };
  EXPECT_EQ(io_.run(all(*socket_, io_.executor())), 50);
}

TEST_F(WebSocketTest, CutEndsAPendingRead) {
  connect(listen());
  auto read = [](WebSocket& socket) -> Awaitable<bool> {
    try {
      co_await socket.read();
    } catch (const Error&) {
      co_return true;
    }
    co_return false;
  };
  auto pending = std::async(std::launch::async, [&] { return io_.run(read(*socket_)); });
  io_.call([this] { socket_->cut(); });
  EXPECT_TRUE(pending.get());
}

TEST_F(WebSocketTest, TrustsOnlyTheCertificateOfTheHost) {
  TempFolder folder;
  const auto files = make_certificate(folder.path());
  const auto tls = std::make_shared<ssl::context>(ssl::context::tls_server);
  tls->use_certificate_chain_file(files.certificate.string());
  tls->use_private_key_file(files.key.string(), ssl::context::pem);
  const auto url = listen(tls);
  EXPECT_THROW(connect(url), Error) << "signed by nobody whom the system trusts";
  WebSocketOptions options{.url = url, .ca_file = files.certificate};
  connect(options);
  EXPECT_EQ(say("hello"), "hello");
  auto other_name = options;
  other_name.url.replace(other_name.url.find("127.0.0.1"), 9, "localhost");
  EXPECT_THROW(connect(other_name), Error);
}

TEST_F(WebSocketTest, SaysWhatWentWrong) {
  for (const auto* bad : {"http://127.0.0.1/", "ws://", "ws://a b/", "ws://user@127.0.0.1/", "", "wss://127.0.0.1:port/"}) {
    try {
      connect(bad);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::usage || error.kind() == ErrorKind::unavailable) << bad;
    }
  }
  TestServer no_websocket([](Request&) -> Awaitable<Response> { co_return Response::text(403, "no"); });
  try {
    connect("ws://127.0.0.1:" + std::to_string(no_websocket.port) + "/?ticket=secret");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("403"));
    EXPECT_THAT(error.message(), testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace fairlead::net
