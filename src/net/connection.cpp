// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/target.hpp"
#include "net/chunked.hpp"

namespace fairlead::net {

namespace {

constexpr std::size_t head_piece = 4096;
constexpr std::size_t body_piece = 64u << 10;
/// An idle connection does not keep the buffer of its largest request.
constexpr std::size_t kept_buffer = 16u << 10;
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

Refusal crowded() { return {503, "too many large requests at once"}; }

/// The last address of X-Forwarded-For that is not a proxy of ours.
std::string forwarded_client(const ServerCore& core, std::string_view list, std::string peer) {
  const auto addresses = split(list, ',');
  for (auto part = addresses.rbegin(); part != addresses.rend(); ++part) {
    const std::string address(trim(*part));
    if (!parse_address(address)) break;
    peer = address;
    if (!core.trusts(address)) break;
  }
  return peer;
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, std::unique_ptr<Transport> transport, Peer peer, ServerCore::Slot slot)
    : core_(std::move(core)), transport_(std::move(transport)), peer_(std::move(peer)), slot_(slot) {}

Connection::~Connection() = default;

Awaitable<void> Connection::serve(std::shared_ptr<Connection> connection) {
  auto& self = *connection;
  self.enter(Phase::opening, deadline_in(self.core_->options.limits.header_time));
  if (co_await self.transport_->handshake()) {
    while (co_await self.exchange()) continue;
    if (!self.timed_out_ && !self.closing_) {
      self.enter(Phase::lingering, deadline_in(std::chrono::seconds(1)));
      co_await self.transport_->finish();
    }
  }
  self.close();
  self.registration_.reset();
}

void Connection::enter(Phase phase, Deadline deadline) {
  phase_ = phase;
  deadline_ = deadline;
}

void Connection::check_deadline(Deadline now) {
  if (now < deadline_) return;
  deadline_ = never;
  timed_out_ = true;
  transport_->cancel();
}

bool Connection::give_way() {
  if (phase_ != Phase::idle) return false;
  closing_ = true;
  transport_->cancel();
  return true;
}

void Connection::stop() {
  closing_ = true;
  if (phase_ == Phase::idle || phase_ == Phase::lingering) transport_->cancel();
  if (phase_ == Phase::streaming) cancel_stream_.emit(asio::cancellation_type::terminal);
}

void Connection::close() {
  closing_ = true;
  if (phase_ == Phase::streaming) cancel_stream_.emit(asio::cancellation_type::terminal);
  transport_->close();
}

Awaitable<bool> Connection::exchange() {
  auto head = co_await read_head();
  if (!head) co_return co_await refuse(std::move(head.error()));
  auto request = make_request(*head);
  if (!request) co_return co_await refuse(std::move(request.error()));
  const auto limits = core_->options.route_limits ? core_->options.route_limits(*request) : RouteLimits{};
  if (slot_ == ServerCore::Slot::reserved && !limits.reserved) {
    Refusal full{503, "all connections are taken"};
    co_return co_await refuse(std::move(full));
  }
  BodyShare share(*core_);
  if (auto refusal = co_await read_body(*head, limits.body_bytes, share, request->body)) co_return co_await refuse(std::move(*refusal));
  enter(Phase::handling, never);
  ++core_->stats.requests;
  auto response = co_await answer(*request);
  co_return co_await send(*head, response);
}

Awaitable<std::size_t> Connection::read_more(std::size_t most) {
  const auto have = buffer_.size();
  buffer_.resize(have + most);
  const auto count = co_await transport_->read_some(buffer_.data() + have, most);
  buffer_.resize(have + count);
  co_return count;
}

Refusal Connection::incomplete(std::string_view what) const {
  if (timed_out_) return {408, std::string(what) + " did not arrive in time"};
  return {};
}

Awaitable<std::expected<Head, Refusal>> Connection::read_head() {
  const auto& limits = core_->options.limits;
  if (buffer_.empty()) {
    if (closing_ || core_->stopping) co_return std::unexpected(Refusal{});
    if (phase_ != Phase::opening) enter(Phase::idle, deadline_in(limits.idle_time));
    if (buffer_.capacity() > kept_buffer) buffer_.shrink_to_fit();
    if (co_await read_more(head_piece) == 0) co_return std::unexpected(Refusal{});
  }
  enter(Phase::head, deadline_in(limits.header_time));
  std::size_t searched = 0;
  while (true) {
    if (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
    const auto end = buffer_.find(head_end, searched);
    if (end != std::string::npos && end <= limits.header_bytes) {
      const auto size = end + head_end.size();
      auto head = parse_head(std::string_view(buffer_).substr(0, size));
      buffer_.erase(0, size);
      co_return head;
    }
    if (buffer_.size() >= limits.header_bytes)
      co_return std::unexpected(Refusal{431, "the request head is larger than " + std::to_string(limits.header_bytes) + " bytes"});
    searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    if (co_await read_more(head_piece) == 0) co_return std::unexpected(incomplete("the request head"));
  }
}

std::expected<Request, Refusal> Connection::make_request(const Head& head) const {
  auto target = parse_target(head.target, core_->options.trailing_slash);
  if (!target) return std::unexpected(Refusal{400, std::move(target.error())});
  Request request{.method = head.method,
                  .target = head.target,
                  .path = std::move(target->path),
                  .segments = std::move(target->segments),
                  .query = std::move(target->query),
                  .headers = head.headers,
                  .body = {},
                  .peer = peer_};
  if (!peer_.uid && core_->trusts(peer_.address)) {
    request.peer.address = forwarded_client(*core_, request.headers.get("X-Forwarded-For"), peer_.address);
    request.peer.secure = peer_.secure || request.headers.get("X-Forwarded-Proto") == "https";
  }
  return request;
}

Awaitable<std::optional<Refusal>> Connection::read_body(const Head& head, std::size_t limit, BodyShare& share, std::string& body) {
  if (head.content_length > limit) co_return Refusal{413, "the body is larger than " + std::to_string(limit) + " bytes"};
  if (!head.has_body()) co_return std::nullopt;
  if (!head.chunked && !share.grow_to(static_cast<std::size_t>(head.content_length))) co_return crowded();
  if (head.expects_continue && buffer_.empty() && !co_await write_all(continue_line)) co_return Refusal{};
  enter(Phase::body, deadline_in(core_->options.limits.body_grace));
  if (head.chunked) co_return co_await read_chunks(limit, share, body);
  const auto size = static_cast<std::size_t>(head.content_length);
  const auto started = std::chrono::steady_clock::now();
  while (buffer_.size() < size) {
    const auto missing = size - buffer_.size();
    if (co_await read_more(std::min(missing, body_piece)) == 0) co_return incomplete("the body");
    const auto earned = std::chrono::milliseconds(buffer_.size() * 1000 / core_->options.limits.body_rate);
    deadline_ = started + core_->options.limits.body_grace + earned;
  }
  if (buffer_.size() == size) {
    body = std::move(buffer_);
    buffer_.clear();
  } else {
    body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  }
  co_return std::nullopt;
}

Awaitable<std::optional<Refusal>> Connection::read_chunks(std::size_t limit, BodyShare& share, std::string& body) {
  ChunkDecoder decoder(limit);
  const auto started = std::chrono::steady_clock::now();
  while (true) {
    std::string_view bytes(buffer_);
    const auto state = decoder.feed(bytes, body);
    buffer_.erase(0, buffer_.size() - bytes.size());
    if (state == ChunkDecoder::State::done) co_return std::nullopt;
    if (!share.grow_to(body.size())) co_return crowded();
    if (state == ChunkDecoder::State::bad) co_return Refusal{400, "the chunked body is malformed"};
    if (state == ChunkDecoder::State::too_large) co_return Refusal{413, "the body is larger than " + std::to_string(limit) + " bytes"};
    if (co_await read_more(body_piece) == 0) co_return incomplete("the body");
    const auto earned = std::chrono::milliseconds(body.size() * 1000 / core_->options.limits.body_rate);
    deadline_ = started + core_->options.limits.body_grace + earned;
  }
}

Awaitable<Response> Connection::answer(Request& request) {
  try {
    co_return co_await core_->handler(request);
  } catch (...) {
    log::error("http.handler", {{"method", request.method}, {"target", request.target}, {"error", describe(std::current_exception())}});
  }
  co_return problem(500, "the request could not be answered; the server's log has the reason");
}

/// The answer must arrive although the peer may still be sending: say it, close our side, and throw away what comes (a close with unread
/// bytes would reset the connection and with it the answer).
Awaitable<bool> Connection::refuse(Refusal refusal) {
  if (refusal.status == 0 || closing_) co_return false;
  ++core_->stats.refused;
  timed_out_ = false;
  auto response = problem(refusal.status, refusal.detail);
  Head head;
  head.method = "GET";
  head.keep_alive = false;
  enter(Phase::sending, never);
  co_await send(head, response);
  if (!timed_out_) co_await linger();
  co_return false;
}

Awaitable<void> Connection::linger() {
  constexpr std::size_t most = 64u << 20;
  enter(Phase::lingering, deadline_in(core_->options.limits.linger_time));
  co_await transport_->finish();
  std::string waste(body_piece, '\0');
  for (std::size_t seen = 0; seen < most;) {
    const auto count = co_await transport_->read_some(waste.data(), waste.size());
    if (count == 0) break;
    seen += count;
  }
  closing_ = true;
}

}  // namespace fairlead::net
