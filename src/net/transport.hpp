// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <filesystem>
#include <memory>

#include "fairlead/base/async.hpp"
#include "fairlead/base/fd.hpp"

namespace fairlead::net {

/// Up to three buffers written with one call.
using Pieces = std::array<asio::const_buffer, 3>;

/// The byte stream under a connection: plain socket or TLS. One reader and one writer at a time; failures are values, because a peer
/// that goes away is ordinary.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Awaitable<bool> handshake() = 0;
  /// 0: closed, failed or cancelled.
  virtual Awaitable<std::size_t> read_some(char* data, std::size_t size) = 0;
  virtual Awaitable<std::size_t> write_some(Pieces) = 0;
  /// True when the peer has closed; false when it sent something or the wait was cancelled.
  virtual Awaitable<bool> wait_gone() = 0;
  /// Ends what waits now; the stream can still be used.
  virtual void cancel() = 0;
  /// Says that nothing more will be sent.
  virtual Awaitable<void> finish() = 0;
  virtual void close() = 0;
};

std::unique_ptr<Transport> plain_transport(const asio::any_io_executor&, Fd connected);

class TlsContext;
/// Loads the certificate chain and key. Throws Error(invalid) with OpenSSL's reason.
std::shared_ptr<TlsContext> load_tls(const std::filesystem::path& certificate, const std::filesystem::path& key);
std::unique_ptr<Transport> tls_transport(const asio::any_io_executor&, Fd connected, std::shared_ptr<TlsContext>);

}  // namespace fairlead::net
