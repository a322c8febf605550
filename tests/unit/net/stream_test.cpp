// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/net/sse.hpp"
#include "unit/net/raw_client.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;

std::string get(const std::string& fields = {}) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

Awaitable<Response> three_events(Request&) {
  co_return Response::events([](BodyWriter& out) -> Awaitable<void> {
    for (int i = 1; i <= 3; ++i) {
      const auto event = sse_event(std::to_string(i), "x", "data " + std::to_string(i));
      co_await out.write(event);
    }
  });
}

TEST(Stream, IsChunkedAndEndsCleanly) {
  TestServer server(three_events);
  RawClient client(server.port);
  client.send(get());
  const auto answer = client.read_until("0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n1d\r\nid: 1\nevent: x\ndata: data 1\n\n\r\n"));
  client.send(get("Connection: close\r\n"));
  EXPECT_THAT(client.read_all(), EndsWith("0\r\n\r\n"));
}

TEST(Stream, IsPlainForHttp10) {
  TestServer server(three_events);
  RawClient client(server.port);
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("data: data 3\n\n"));
}

/// Streams one event and then waits for ever; tells when it ended.
struct Endless {
  std::promise<void> ended;

  Handler handler() {
    return [this](Request&) { return respond(this); };
  }
  static Awaitable<Response> respond(Endless* self) {
    co_return Response::events([self](BodyWriter& out) { return run(self, out); });
  }
  static Awaitable<void> run(Endless* self, BodyWriter& out) {
    Signal never(co_await asio::this_coro::executor);
    std::exception_ptr error;
    try {
      co_await out.write("data: first\n\n");
      co_await never.wait();
    } catch (...) {
      error = std::current_exception();
    }
    self->ended.set_value();
    if (error) std::rethrow_exception(error);
  }
};

TEST(Stream, EndsWhenTheClientGoesAway) {
  Endless endless;
  TestServer server(endless.handler());
  RawClient client(server.port);
  client.send(get());
  client.read_until("first");
  EXPECT_EQ(server.stats().streams, 1u);
  client.close();
  EXPECT_EQ(endless.ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(Stream, EndsWhenTheServerStops) {
  Endless endless;
  TestServer server(endless.handler());
  RawClient client(server.port);
  client.send(get());
  client.read_until("first");
  auto stopping = server.server->stop(deadline_in(std::chrono::seconds(10)));
  server.io.run(std::move(stopping));
  EXPECT_EQ(endless.ended.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(server.stats().streams, 0u);
}

TEST(Stream, EndsForAReaderThatDoesNotRead) {
  std::promise<void> ended;
  auto flood = [](std::promise<void>* done, BodyWriter& out) -> Awaitable<void> {
    const std::string piece(1u << 20, 'x');
    try {
      for (;;) co_await out.write(piece);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::canceled) done->set_value();
    }
  };
  auto handler = [&](Request&) -> Awaitable<Response> {
    co_return Response::events([&ended, flood](BodyWriter& out) { return flood(&ended, out); });
  };
  ServerOptions options;
  options.limits.write_time = milliseconds(50);
  TestServer server(handler, std::move(options));
  RawClient client(server.port);
  client.send(get());
  EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

Awaitable<Response> mirror(Request& request) {
  if (request.path == "/redirect") {
    auto response = Response::text(302, "go on");
    response.headers.add("Location", "/target");
    co_return response;
  }
  if (request.path == "/large") co_return Response::text(200, std::string(100000, 'x'));
  if (request.path == "/missing") co_return problem(404, "nothing here");
  co_return Response::text(200,
                           request.method + " " + request.target + " [" + std::string(request.headers.get("X-Test")) + "] " + request.body);
}

class Client : public testing::Test {
 protected:
  HttpReply send(HttpRequest request) { return run(std::move(request), deadline_in(std::chrono::seconds(20))); }
  HttpReply run(HttpRequest request, Deadline deadline) {
    auto task = client_.send(std::move(request), deadline);
    return server_.io.run(std::move(task));
  }
  ErrorKind failure(HttpRequest request, Deadline deadline = deadline_in(std::chrono::seconds(20))) {
    try {
      run(std::move(request), deadline);
    } catch (const Error& error) {
      message_ = error.message();
      return error.kind();
    }
    return ErrorKind::internal;
  }
  std::string url(const std::string& path) { return "http://127.0.0.1:" + std::to_string(server_.port) + path; }

  TestServer server_{mirror};
  HttpClient client_{server_.io.executor()};
  std::string message_;
};

TEST_F(Client, SendsMethodHeadersAndBody) {
  const auto reply = send({.method = "PUT", .url = url("/a/b?c=d"), .headers = {{"X-Test", "v"}}, .body = "text"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "PUT /a/b?c=d [v] text");
  EXPECT_EQ(reply.headers.get("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(send({.method = "POST", .url = url("/p")}).body, "POST /p [] ");
  EXPECT_EQ(send({.method = "HEAD", .url = url("/h")}).body, "");
}

TEST_F(Client, ReusesConnections) {
  for (int i = 0; i < 5; ++i) send({.url = url("/")});
  EXPECT_EQ(server_.stats().connections, 1u);
}

TEST_F(Client, AStatusIsAReply) {
  const auto reply = send({.url = url("/missing")});
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("nothing here"));
}

TEST_F(Client, FollowsRedirectsOnlyWhenAsked) {
  EXPECT_EQ(send({.url = url("/redirect")}).status, 302);
  EXPECT_EQ(send({.url = url("/redirect"), .follow_redirects = true}).body, "GET /target [] ");
}

TEST_F(Client, ErrorsHaveTheirKinds) {
  EXPECT_EQ(failure({.url = url("/large"), .max_reply = 1000}), ErrorKind::too_large);
  EXPECT_EQ(failure({.url = "http://127.0.0.1:1/path?token=s3cret"}), ErrorKind::unavailable);
  EXPECT_THAT(message_, HasSubstr("GET http://127.0.0.1:1"));
  EXPECT_THAT(message_, testing::Not(HasSubstr("s3cret")));
  EXPECT_EQ(failure({.url = "file:///etc/passwd"}), ErrorKind::usage);
  EXPECT_EQ(failure({.url = url("/"), .headers = {{"X", "a\r\nY: b"}}}), ErrorKind::usage);
  EXPECT_EQ(failure({.url = url("/"), .public_only = true}), ErrorKind::refused);
}

TEST_F(Client, TheDeadlineEndsASilentTransfer) {
  Endless endless;
  TestServer silent(endless.handler());
  EXPECT_EQ(failure({.url = "http://127.0.0.1:" + std::to_string(silent.port)}, deadline_in(milliseconds(50))), ErrorKind::timeout);
  EXPECT_EQ(endless.ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(Client, StreamsUntilToldToStop) {
  Endless endless;
  TestServer follow(endless.handler());
  std::string seen;
  HttpRequest request{.url = "http://127.0.0.1:" + std::to_string(follow.port)};
  HttpClient client(follow.io.executor());
  auto task = client.stream(
      std::move(request),
      [&seen](std::string_view chunk) {
        seen += chunk;
        return false;
      },
      Deadline::max());
  EXPECT_EQ(follow.io.run(std::move(task)).status, 200);
  EXPECT_EQ(seen, "data: first\n\n");
}

}  // namespace
}  // namespace fairlead::net
