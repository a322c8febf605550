// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/client.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "fairlead/base/process.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/net/address.hpp"
#include "net/curl_library.hpp"
#include "net/curl_multi.hpp"

namespace fairlead::net {

struct HttpClient::State {
  asio::any_io_executor executor;
  std::shared_ptr<CurlMulti> multi;
};

namespace {

/// What the callbacks of one transfer share.
struct Exchange {
  CurlTransfer* transfer = nullptr;
  HttpReply reply;
  HttpClient::OnChunk on_chunk;
  std::size_t max_reply = 0;
  bool too_large = false;
  bool stopped = false;
  bool refused_address = false;
};

class HeaderList {
 public:
  ~HeaderList() { curl().slist_free_all(list_); }
  void add(const std::string& line) { list_ = curl().slist_append(list_, line.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// Scheme and host only: paths and queries of hooks carry secrets.
std::string origin_of(std::string_view url) {
  const auto scheme_end = url.find("://");
  const auto start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  auto authority = url.substr(start, url.find_first_of("/?#", start) - start);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  return std::string(url.substr(0, start)) + std::string(authority);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) exchange.reply = {};
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    exchange.reply.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  long status = 0;
  curl().easy_getinfo(exchange.transfer->easy(), CURLINFO_RESPONSE_CODE, &status);
  if (exchange.on_chunk && status >= 200 && status < 300) {
    exchange.stopped = !exchange.on_chunk(std::string_view(data, size));
    return exchange.stopped ? CURL_WRITEFUNC_ERROR : size;
  }
  exchange.too_large = exchange.reply.body.size() + size > exchange.max_reply;
  if (exchange.too_large) return CURL_WRITEFUNC_ERROR;
  exchange.reply.body.append(data, size);
  return size;
}

/// Judges the address that is really connected to, after name resolution: a name that changes between check and use gains nothing.
curl_socket_t open_public_only(void* user, curlsocktype, curl_sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  const auto* name = reinterpret_cast<const sockaddr_storage*>(&address->addr);
  if (address->family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(name)->sin_addr, text, sizeof text);
  else if (address->family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(name)->sin6_addr, text, sizeof text);
  if (is_private_address(text)) {
    static_cast<Exchange*>(user)->refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (const auto code = curl().easy_setopt(easy, option, value); code != CURLE_OK)
    throw Error(ErrorKind::internal, std::string("libcurl refuses an option: ") + curl().easy_strerror(code));
}

void set_method(CURL* easy, const HttpRequest& request) {
  if (request.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void add_headers(HeaderList& list, const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      throw Error(ErrorKind::usage, "header '" + strip_control(name) + "' has a line end");
    list.add(value.empty() ? name + ";" : name + ": " + value);
  }
  list.add("Expect:");
  if (!request.headers.has("Content-Type")) list.add("Content-Type:");
}

void set_route(CURL* easy, const HttpRequest& request, Exchange& exchange) {
  if (!request.unix_socket.empty()) set(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (!request.unix_socket.empty() || request.public_only) set(easy, CURLOPT_PROXY, "");
  const auto not_proxied = "localhost,127.0.0.1,::1," + env_value("no_proxy").value_or(env_value("NO_PROXY").value_or(""));
  set(easy, CURLOPT_NOPROXY, not_proxied.c_str());
  if (request.public_only) {
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_public_only);
    set(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  }
  if (!request.ca_file.empty()) set(easy, CURLOPT_CAINFO, request.ca_file.c_str());
}

void prepare(CURL* easy, const HttpRequest& request, const HeaderList& headers, Exchange& exchange) {
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_USERAGENT, "fairlead/" FAIRLEAD_VERSION);
  set(easy, CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  set(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  set(easy, CURLOPT_MAXREDIRS, 5L);
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, &exchange);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, &exchange);
  set_method(easy, request);
  set_route(easy, request, exchange);
}

/// Before the first byte of the request: libcurl had no connection to send it on.
bool never_sent(const Exchange& exchange) {
  curl_off_t ready = 0;
  long sent = 0;
  curl().easy_getinfo(exchange.transfer->easy(), CURLINFO_PRETRANSFER_TIME_T, &ready);
  curl().easy_getinfo(exchange.transfer->easy(), CURLINFO_REQUEST_SIZE, &sent);
  return ready == 0 && sent == 0;
}

[[noreturn]] void fail_without_answer(const Exchange& exchange, ErrorKind kind, const std::string& message) {
  if (never_sent(exchange)) throw NotSent(kind, message);
  throw Error(kind, message);
}

[[noreturn]] void fail(const HttpRequest& request, const Exchange& exchange, CURLcode code) {
  const auto what = request.method + " " + origin_of(request.url);
  if (exchange.refused_address)
    throw Error(ErrorKind::refused, what + ": the host has a private address", "only public hosts may be called from here");
  if (exchange.too_large)
    throw Error(ErrorKind::too_large, what + ": the answer is larger than " + std::to_string(exchange.max_reply) + " bytes");
  const std::string reason = exchange.transfer->error_text()[0] ? exchange.transfer->error_text() : curl().easy_strerror(code);
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) throw Error(ErrorKind::usage, what + ": " + reason);
  fail_without_answer(exchange, code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::timeout : ErrorKind::unavailable, what + ": " + reason);
}

Awaitable<HttpReply> transfer_of(std::shared_ptr<CurlMulti> multi, HttpRequest request, HttpClient::OnChunk on_chunk, Deadline deadline) {
  CurlTransfer transfer(multi);
  Exchange exchange{.transfer = &transfer, .reply = {}, .on_chunk = std::move(on_chunk), .max_reply = request.max_reply};
  HeaderList headers;
  add_headers(headers, request);
  prepare(transfer.easy(), request, headers, exchange);
  CURLcode code = CURLE_OK;
  try {
    code = co_await transfer.perform(deadline);
  } catch (const Error& error) {
    fail_without_answer(exchange, error.kind(), request.method + " " + origin_of(request.url) + ": " + error.message());
  }
  if (code != CURLE_OK && !exchange.stopped) fail(request, exchange, code);
  long status = 0;
  curl().easy_getinfo(transfer.easy(), CURLINFO_RESPONSE_CODE, &status);
  exchange.reply.status = static_cast<int>(status);
  co_return std::move(exchange.reply);
}

}  // namespace

HttpClient::HttpClient(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor), nullptr)) {}

HttpClient::~HttpClient() = default;

Awaitable<HttpReply> HttpClient::send(HttpRequest request, Deadline deadline) { return stream(std::move(request), OnChunk(), deadline); }

Awaitable<HttpReply> HttpClient::stream(HttpRequest request, OnChunk on_chunk, Deadline deadline) {
  if (!state_->multi) state_->multi = std::make_shared<CurlMulti>(state_->executor);
  return transfer_of(state_->multi, std::move(request), std::move(on_chunk), deadline);
}

}  // namespace fairlead::net
