// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <string>

#include "fairlead/net/http.hpp"
#include "fairlead/net/server.hpp"
#include "net/head.hpp"
#include "net/server_core.hpp"
#include "net/transport.hpp"

namespace fairlead::net {

/// One client connection: reads requests one after another and answers them in order. Its time limits are values that the core's
/// sweep compares; passing one cancels what waits, and the coroutine sees that as the end of the stream.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore>, std::unique_ptr<Transport>, Peer, ServerCore::Slot);
  ~Connection();

  /// The whole life of `connection`.
  static Awaitable<void> serve(std::shared_ptr<Connection> connection);

  void keep(std::unique_ptr<Registration> registration) { registration_ = std::move(registration); }
  void check_deadline(Deadline now);
  /// Closes when it only waits for a next request; true when it did.
  bool give_way();
  void stop();
  void close();

 private:
  friend class ChunkWriter;
  enum class Phase { opening, idle, head, body, handling, sending, streaming, lingering };
  static constexpr Deadline never = Deadline::max();

  void enter(Phase, Deadline);
  Awaitable<bool> exchange();
  Awaitable<std::size_t> read_more(std::size_t most);
  Awaitable<std::expected<Head, Refusal>> read_head();
  Awaitable<std::optional<Refusal>> read_body(const Head&, std::size_t limit, BodyShare&, std::string& body);
  Awaitable<std::optional<Refusal>> read_chunks(std::size_t limit, BodyShare&, std::string& body);
  std::expected<Request, Refusal> make_request(const Head&) const;
  Refusal incomplete(std::string_view what) const;
  Awaitable<Response> answer(Request&);
  Awaitable<bool> refuse(Refusal);
  Awaitable<bool> send(const Head&, Response&);
  Awaitable<bool> send_file(std::string head, FileRange&, bool with_body);
  Awaitable<bool> send_stream(std::string head, const BodyStream&, bool chunked);
  Awaitable<void> watch_peer();
  Awaitable<bool> write_all(std::string_view first, std::string_view second = {}, std::string_view third = {});
  Awaitable<void> linger();

  std::shared_ptr<ServerCore> core_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registration> registration_;
  Peer peer_;
  ServerCore::Slot slot_;
  Phase phase_ = Phase::opening;
  Deadline deadline_ = never;
  bool timed_out_ = false;
  bool closing_ = false;
  std::string buffer_;  ///< received and not yet used
  asio::cancellation_signal cancel_stream_;
};

}  // namespace fairlead::net
