// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>

#include "fairlead/base/error.hpp"
#include "net/transport.hpp"

namespace fairlead::net {

namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

}  // namespace

class TlsContext {
 public:
  TlsContext(const std::filesystem::path& certificate, const std::filesystem::path& key) : context_(asio::ssl::context::tls_server) {
    boost::system::error_code error;
    context_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                         asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    context_.use_certificate_chain_file(certificate.string(), error);
    check(error, "read the TLS certificate", certificate);
    context_.use_private_key_file(key.string(), asio::ssl::context::pem, error);
    check(error, "read the TLS key", key);
    SSL_CTX_set_mode(context_.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }

  asio::ssl::context& get() { return context_; }

 private:
  static void check(const boost::system::error_code& error, const std::string& what, const std::filesystem::path& file) {
    if (error)
      throw Error(ErrorKind::invalid, "cannot " + what + " '" + file.string() + "': " + error.message(),
                  "server.tls needs a PEM certificate with its chain and the matching PEM key");
  }

  asio::ssl::context context_;
};

namespace {

class TlsTransport : public Transport {
 public:
  TlsTransport(const asio::any_io_executor& executor, Fd fd, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), stream_(asio::ip::tcp::socket(executor, asio::ip::tcp::v4(), fd.release()), context_->get()) {}

  Awaitable<bool> handshake() override {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_value);
    co_return !error;
  }

  Awaitable<std::size_t> read_some(char* data, std::size_t size) override {
    const auto [error, count] = co_await stream_.async_read_some(asio::buffer(data, size), as_value);
    co_return error ? 0 : count;
  }

  Awaitable<std::size_t> write_some(Pieces pieces) override {
    const auto [error, count] = co_await stream_.async_write_some(pieces, as_value);
    co_return error ? 0 : count;
  }

  Awaitable<bool> wait_gone() override {
    auto& socket = stream_.next_layer();
    const auto [error] = co_await socket.async_wait(asio::ip::tcp::socket::wait_read, as_value);
    if (error || !socket.is_open()) co_return false;
    char byte = 0;
    co_return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  void cancel() override {
    boost::system::error_code ignored;
    stream_.next_layer().cancel(ignored);
  }

  /// Also waits for the peer's own alert: the connection's deadline ends that.
  Awaitable<void> finish() override { co_await stream_.async_shutdown(as_value); }

  void close() override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  std::shared_ptr<TlsContext> context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
};

}  // namespace

std::shared_ptr<TlsContext> load_tls(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  return std::make_shared<TlsContext>(certificate, key);
}

std::unique_ptr<Transport> tls_transport(const asio::any_io_executor& executor, Fd connected, std::shared_ptr<TlsContext> context) {
  return std::make_unique<TlsTransport>(executor, std::move(connected), std::move(context));
}

}  // namespace fairlead::net
