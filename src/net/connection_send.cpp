// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/system/system_error.hpp>

#include "fairlead/base/log.hpp"
#include "net/connection.hpp"

namespace fairlead::net {

namespace {

constexpr std::size_t file_piece = 64u << 10;

bool without_body(int status) { return status == 204 || status == 304; }

/// Header values are ours or come from checked text; a line end in one would be a second header, so it is dropped here once for all.
void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') head += c;
  head.append("\r\n");
}

std::string response_head(const Response& response, std::string_view date, bool keep, const Head& request) {
  std::string head;
  head.reserve(256);
  head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  add_field(head, "Date", date);
  for (const auto& [name, value] : response.headers) add_field(head, name, value);
  if (!keep)
    add_field(head, "Connection", "close");
  else if (request.minor_version == 0)
    add_field(head, "Connection", "keep-alive");
  return head;
}

}  // namespace

/// Frames what a stream writes as chunks (or not, for HTTP/1.0).
class ChunkWriter : public BodyWriter {
 public:
  ChunkWriter(Connection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}

  Awaitable<void> write(std::string_view chunk) override {
    if (chunk.empty()) co_return;
    const auto size = chunked_ ? fmt::format("{:x}\r\n", chunk.size()) : std::string();
    const bool sent = co_await connection_.write_all(size, chunk, chunked_ ? "\r\n" : "");
    connection_.deadline_ = Connection::never;
    if (!sent) throw Error(ErrorKind::canceled, "the client is gone");
  }

 private:
  Connection& connection_;
  bool chunked_;
};

Awaitable<bool> Connection::write_all(std::string_view first, std::string_view second, std::string_view third) {
  Pieces pieces{asio::buffer(first), asio::buffer(second), asio::buffer(third)};
  auto left = first.size() + second.size() + third.size();
  while (left > 0) {
    deadline_ = deadline_in(core_->options.limits.write_time);
    auto count = co_await transport_->write_some(pieces);
    if (count == 0 || timed_out_) co_return false;
    left -= count;
    for (auto& piece : pieces) {
      const auto used = std::min(count, piece.size());
      piece += used;
      count -= used;
    }
  }
  co_return true;
}

Awaitable<bool> Connection::send(const Head& request, Response& response) {
  const bool keep = request.keep_alive && !closing_ && !core_->stopping;
  const bool with_body = request.method != "HEAD" && !without_body(response.status);
  auto head = response_head(response, core_->date(), keep, request);
  enter(Phase::sending, never);
  if (auto* text = std::get_if<std::string>(&response.body)) {
    if (!without_body(response.status)) add_field(head, "Content-Length", std::to_string(text->size()));
    head += "\r\n";
    const bool sent = co_await write_all(head, with_body ? std::string_view(*text) : std::string_view());
    co_return sent&& keep;
  }
  if (auto* file = std::get_if<std::shared_ptr<FileRange>>(&response.body)) {
    add_field(head, "Content-Length", std::to_string((*file)->length));
    head += "\r\n";
    co_return co_await send_file(std::move(head), **file, with_body) && keep;
  }
  const bool chunked = request.minor_version == 1;
  if (chunked) add_field(head, "Transfer-Encoding", "chunked");
  head += "\r\n";
  if (!with_body) co_return co_await write_all(head) && keep;
  co_return co_await send_stream(std::move(head), std::get<BodyStream>(response.body), chunked) && keep&& chunked;
}

Awaitable<bool> Connection::send_file(std::string head, FileRange& range, bool with_body) {
  if (!co_await write_all(head)) co_return false;
  if (!with_body) co_return true;
  std::string piece;
  auto offset = static_cast<off_t>(range.offset);
  for (auto left = range.length; left > 0;) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, file_piece)));
    const auto count = ::pread(range.file.get(), piece.data(), piece.size(), offset);
    if (count <= 0) co_return false;
    piece.resize(static_cast<std::size_t>(count));
    if (!co_await write_all(piece)) co_return false;
    offset += count;
    left -= static_cast<std::uint64_t>(count);
  }
  co_return true;
}

/// The stream runs as its own coroutine, so that it can be cancelled when the peer goes away while it waits for something to say.
Awaitable<bool> Connection::send_stream(std::string head, const BodyStream& stream, bool chunked) {
  if (!co_await write_all(head)) co_return false;
  buffer_.shrink_to_fit();
  enter(Phase::streaming, never);
  ++core_->stats.streams;
  spawn(core_->executor, "http watch", watch_peer());
  ChunkWriter writer(*this, chunked);
  bool complete = false;
  try {
    co_await asio::co_spawn(core_->executor, stream(writer), asio::bind_cancellation_slot(cancel_stream_.slot(), asio::use_awaitable));
    complete = true;
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log::warn("http.stream", {{"error", error.what()}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::canceled) log::warn("http.stream", {{"error", error.message()}});
  } catch (const std::exception& error) {
    log::error("http.stream", {{"error", error.what()}});
  }
  --core_->stats.streams;
  enter(Phase::sending, never);
  transport_->cancel();
  if (complete && chunked) complete = co_await write_all("0\r\n\r\n");
  co_return complete && !timed_out_;
}

Awaitable<void> Connection::watch_peer() {
  const auto self = shared_from_this();
  if (co_await transport_->wait_gone() && phase_ == Phase::streaming) {
    closing_ = true;
    cancel_stream_.emit(asio::cancellation_type::terminal);
  }
}

}  // namespace fairlead::net
