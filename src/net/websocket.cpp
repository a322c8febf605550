// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/websocket.hpp"

#include <arpa/inet.h>

// The one file that includes Beast's WebSocket: it costs more to compile than the rest of the room.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "fairlead/base/strings.hpp"

namespace fairlead::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
namespace ssl = asio::ssl;
using ErrorCode = boost::system::error_code;

struct WebSocket::Connection {
  virtual ~Connection() = default;
  virtual Awaitable<void> open(WebSocketOptions) = 0;
  virtual Awaitable<std::optional<std::string>> read() = 0;
  virtual Awaitable<void> write(std::string) = 0;
  virtual Awaitable<void> close() = 0;
  virtual void cut() = 0;
};

namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

struct Address {
  bool secure = false;
  std::string host, port, path, shown;
};

Address address_of(const std::string& url) {
  Address address;
  const Error bad(ErrorKind::usage, "'" + ellipsize(strip_control(url), 60) + "' is no ws:// or wss:// address");
  address.secure = url.starts_with("wss://");
  if (!address.secure && !url.starts_with("ws://")) throw bad;
  const auto start = url.find("://") + 3;
  const auto end = std::min(url.find_first_of("/?#", start), url.size());
  const auto authority = url.substr(start, end - start);
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  address.host = has_port ? authority.substr(0, colon) : authority;
  address.port = has_port ? authority.substr(colon + 1) : address.secure ? "443" : "80";
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || !parse_int(address.port) || authority.contains('@')) throw bad;
  address.path = url.substr(end, url.find('#', end) - end);
  if (!address.path.starts_with('/')) address.path = "/" + address.path;
  if (address.path.find_first_of(" \r\n") != std::string::npos) throw bad;
  address.shown = (address.secure ? "wss://" : "ws://") + authority;  // the query carries a ticket
  return address;
}

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

std::unique_ptr<ssl::context> trust_of(const WebSocketOptions& options) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context->set_verify_mode(ssl::verify_peer);
  ErrorCode error;
  if (options.ca_file.empty())
    context->set_default_verify_paths(error);
  else
    context->load_verify_file(options.ca_file.string(), error);
  if (error) throw Error(ErrorKind::invalid, "cannot read the certificates in '" + options.ca_file.string() + "': " + error.message());
  return context;
}

using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

template <class Next>
class Over final : public WebSocket::Connection {
 public:
  template <class... Arguments>
  Over(asio::any_io_executor executor, Address address, std::unique_ptr<ssl::context> trust, Arguments&... arguments)
      : trust_(std::move(trust)), address_(std::move(address)), stream_(executor, arguments...), written_(executor) {}

  Awaitable<void> open(WebSocketOptions options) override {
    asio::ip::tcp::resolver resolver(stream_.get_executor());
    const auto [unresolved, found] = co_await resolver.async_resolve(address_.host, address_.port, as_value);
    check(unresolved, "find its address");
    const auto [unconnected, end] = co_await beast::get_lowest_layer(stream_).async_connect(found, as_value);
    check(unconnected, "connect");
    co_await secure();
    websocket::stream_base::timeout times{};
    times.handshake_timeout = std::chrono::seconds(30);
    times.idle_timeout = options.silence;
    times.keep_alive_pings = true;
    stream_.set_option(times);
    stream_.set_option(websocket::stream_base::decorator([headers = options.headers](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "fairlead/" FAIRLEAD_VERSION);
      for (const auto& [name, value] : headers) request.set(name, value);
    }));
    stream_.read_message_max(options.max_message);
    const bool ordinary = address_.port == (address_.secure ? "443" : "80");
    const std::string host = ordinary ? address_.host : address_.host + ":" + address_.port;
    websocket::response_type answer;
    const auto [declined] = co_await stream_.async_handshake(answer, host, address_.path, as_value);
    check(declined, "open a WebSocket (HTTP status " + std::to_string(answer.result_int()) + ")");
    stream_.text(true);
  }

  Awaitable<std::optional<std::string>> read() override {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await stream_.async_read(buffer, as_value);
    if (error == websocket::error::closed) co_return std::nullopt;
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
      throw Error(ErrorKind::too_large,
                  address_.shown + ": a message is larger than " + std::to_string(stream_.read_message_max()) + " bytes");
    check(error, "read");
    co_return beast::buffers_to_string(buffer.data());
  }

  Awaitable<void> write(std::string text) override {
    while (writing_) co_await written_.wait();
    writing_ = true;
    const auto [error, size] = co_await stream_.async_write(asio::buffer(text), as_value);
    writing_ = false;
    written_.notify_all();
    check(error, "write");
  }

  Awaitable<void> close() override {
    while (writing_) co_await written_.wait();
    writing_ = true;
    co_await stream_.async_close(websocket::close_code::normal, as_value);
    writing_ = false;
    written_.notify_all();
  }

  void cut() override { beast::get_lowest_layer(stream_).close(); }

 private:
  Awaitable<void> secure() {
    if constexpr (std::is_same_v<Next, Secure>) {
      auto& next = stream_.next_layer();
      if (!is_address(address_.host)) SSL_set_tlsext_host_name(next.native_handle(), address_.host.c_str());
      next.set_verify_callback(ssl::host_name_verification(address_.host));
      const auto [error] = co_await next.async_handshake(ssl::stream_base::client, as_value);
      check(error, "agree on TLS");
    }
    co_return;
  }
  void check(const ErrorCode& error, const std::string& what) const {
    if (error == asio::error::operation_aborted) throw Error(ErrorKind::canceled, address_.shown + ": the connection was ended");
    if (error) throw Error(ErrorKind::unavailable, address_.shown + ": cannot " + what + ": " + error.message());
  }

  std::unique_ptr<ssl::context> trust_;
  Address address_;
  websocket::stream<Next> stream_;
  Signal written_;
  bool writing_ = false;
};

Awaitable<void> opened(std::shared_ptr<WebSocket::Connection> connection, WebSocketOptions options) {
  co_await connection->open(std::move(options));
}
Awaitable<void> closed(std::shared_ptr<WebSocket::Connection> connection) { co_await connection->close(); }

}  // namespace

WebSocket::WebSocket(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
WebSocket::~WebSocket() { connection_->cut(); }

Awaitable<std::unique_ptr<WebSocket>> WebSocket::connect(WebSocketOptions options, Deadline deadline) {
  auto address = address_of(options.url);
  const auto what = "the connection to " + address.shown;
  const auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<Connection> connection;
  if (address.secure) {
    auto trust = trust_of(options);
    auto& context = *trust;
    connection = std::make_shared<Over<Secure>>(executor, std::move(address), std::move(trust), context);
  } else {
    connection = std::make_shared<Over<Plain>>(executor, std::move(address), nullptr);
  }
  co_await with_deadline(opened(connection, std::move(options)), deadline, what);
  co_return std::unique_ptr<WebSocket>(new WebSocket(std::move(connection)));
}

// Each keeps the connection until it has ended, also when the object goes away meanwhile.
Awaitable<std::optional<std::string>> WebSocket::read() {
  const auto connection = connection_;
  co_return co_await connection->read();
}

Awaitable<void> WebSocket::write(std::string text) {
  const auto connection = connection_;
  co_await connection->write(std::move(text));
}

Awaitable<void> WebSocket::close(Deadline deadline) {
  const auto connection = connection_;
  try {
    co_await with_deadline(closed(connection), deadline, "closing a WebSocket");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout) throw;
  }
  connection->cut();
}

void WebSocket::cut() { connection_->cut(); }

}  // namespace fairlead::net
