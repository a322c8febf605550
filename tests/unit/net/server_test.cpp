// SPDX-License-Identifier: Apache-2.0
#include "fairlead/net/server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fairlead/base/files.hpp"
#include "unit/net/raw_client.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Awaitable<Response> echo(Request& request) {
  if (request.path == "/throw") throw std::runtime_error("secret detail");
  co_return Response::text(200, request.method + " " + request.path + " " + request.body);
}

std::string get(const std::string& path, const std::string& fields = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Server, AnswersAndKeepsTheConnection) {
  TestServer server(echo);
  RawClient client(server.port);
  for (int i = 0; i < 3; ++i) {
    client.send(post("/a", "body"));
    const auto answer = client.read_response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nPOST /a body"));
  }
  EXPECT_EQ(server.stats().requests, 3u);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawClient client(server.port);
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += i % 2 ? get("/" + std::to_string(i)) : post("/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
  client.send(all + get("/last", "Connection: close\r\n"));
  const auto answers = client.read_all();
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find(" /" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(answers, EndsWith("GET /last "));
  EXPECT_FALSE(client.reset());
}

TEST(Server, HeadHasTheLengthButNoBody) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_all();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(Server, DecodesChunkedBodies) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("2\r\nde\r\n0\r\n\r\n" + get("/next", "Connection: close\r\n"));
  EXPECT_THAT(client.read_response(), EndsWith("POST /c abcde"));
  EXPECT_THAT(client.read_all(), EndsWith("GET /next "));
}

TEST(Server, ASmuggledRequestIsNeverSeen) {
  TestServer server(echo);
  for (const std::string fields : {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 4\r\nContent-Length: 0\r\n",
                                   "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "X: y\r\n Content-Length: 4\r\n"}) {
    RawClient client(server.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n0\r\n\r\n" + get("/smuggled"));
    const auto answer = client.read_all();
    EXPECT_THAT(answer, testing::AnyOf(StartsWith("HTTP/1.1 400 "), StartsWith("HTTP/1.1 501 "))) << fields;
    EXPECT_THAT(answer, Not(HasSubstr("smuggled")));
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
    EXPECT_FALSE(client.reset());
  }
  EXPECT_EQ(server.stats().requests, 0u);
}

TEST(Server, AmbiguousPathsAre400) {
  TestServer server(echo);
  for (const std::string path : {"/a/../b", "/a//b", "/a;b", "/a%2fb", "/a%00", "/%ff", "*"}) {
    RawClient client(server.port);
    client.send(get(path));
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 400 ")) << path;
  }
}

TEST(Server, ATooLargeBodyIs413AlsoForAClientThatSendsItAll) {
  TestServer server(echo);
  RawClient client(server.port);
  const std::string body(30u << 20, 'x');
  client.send(post("/big", body));
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_FALSE(client.reset());
}

TEST(Server, ATooLargeBodyIsNotAskedFor) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 31457280\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, ChunksOverTheLimitAre413) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n");
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, BodiesShareTheirMemory) {
  ServerOptions options;
  options.limits.body_memory = 300000;
  TestServer server(echo, std::move(options));
  RawClient first(server.port);
  first.send("POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(first.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  RawClient second(server.port);
  second.send(post("/second", std::string(200000, 'x')));
  EXPECT_THAT(second.read_all(), StartsWith("HTTP/1.1 503 "));
  RawClient chunked(server.port);
  chunked.send("POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + std::string(200000, 'x'));
  EXPECT_THAT(chunked.read_until("\r\n"), StartsWith("HTTP/1.1 503 "));
  RawClient small(server.port);
  small.send(post("/small", "x"));
  EXPECT_THAT(small.read_response(), EndsWith("POST /small x"));
  first.send(std::string(200000, 'y'));
  EXPECT_THAT(first.read_response(), StartsWith("HTTP/1.1 200 "));
  RawClient third(server.port);
  third.send(post("/third", std::string(200000, 'x')));
  EXPECT_THAT(third.read_response(), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, RouteLimitsDecideTheBodySize) {
  ServerOptions options;
  options.route_limits = [](const Request& request) { return RouteLimits{.body_bytes = request.path == "/hooks" ? 2000u : 10u}; };
  TestServer server(echo, std::move(options));
  RawClient hooks(server.port);
  hooks.send(post("/hooks", std::string(2000, 'x')));
  EXPECT_THAT(hooks.read_response(), StartsWith("HTTP/1.1 200 "));
  RawClient other(server.port);
  other.send(post("/other", std::string(11, 'x')));
  EXPECT_THAT(other.read_response(), StartsWith("HTTP/1.1 413 "));
}

TEST(Server, SaysContinueWhenTheClientWaitsForIt) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_response(), EndsWith("POST /e abc"));
}

TEST(Server, AHugeHeaderIs431) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1u << 20, 'x') + "\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431 "));
  EXPECT_FALSE(client.reset());
}

/// But not so that a request which comes at once would be late on a busy machine.
ServerOptions impatient() {
  ServerOptions options;
  options.limits.header_time = milliseconds(400);
  options.limits.idle_time = milliseconds(400);
  options.limits.body_grace = milliseconds(400);
  return options;
}

TEST(Server, ASlowHeaderIs408) {
  TestServer server(echo, impatient());
  RawClient client(server.port);
  client.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 408 "));
}

TEST(Server, ASlowBodyIs408) {
  TestServer server(echo, impatient());
  RawClient client(server.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 408 "));
}

TEST(Server, SilentAndIdleConnectionsAreClosed) {
  TestServer server(echo, impatient());
  RawClient silent(server.port);
  EXPECT_EQ(silent.read_all(), "");
  RawClient idle(server.port);
  idle.send(get("/"));
  EXPECT_THAT(idle.read_all(), StartsWith("HTTP/1.1 200 "));
  EXPECT_FALSE(idle.reset());
}

TEST(Server, AHandlerThatThrowsIs500WithoutItsReason) {
  TestServer server(echo);
  RawClient client(server.port);
  client.send(get("/throw", "Connection: close\r\n"));
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("secret detail")));
}

TEST(Server, ReservedSlotsAnswerOnlyReservedRoutes) {
  ServerOptions options;
  options.limits.connections = 4;
  options.limits.reserved = 1;
  options.route_limits = [](const Request& request) { return RouteLimits{.reserved = request.path == "/hooks"}; };
  TestServer server(echo, std::move(options));
  std::vector<RawClient> half_open;
  for (int i = 0; i < 3; ++i) {
    half_open.emplace_back(server.port);
    half_open.back().send("GET /");
  }
  RawClient hook(server.port);
  hook.send(get("/hooks", "Connection: close\r\n"));
  EXPECT_THAT(hook.read_all(), StartsWith("HTTP/1.1 200 "));
  RawClient other(server.port);
  other.send(get("/other"));
  EXPECT_THAT(other.read_all(), StartsWith("HTTP/1.1 503 "));
}

TEST(Server, AnIdleConnectionGivesItsPlace) {
  ServerOptions options;
  options.limits.connections = 4;
  options.limits.reserved = 1;
  TestServer server(echo, std::move(options));
  std::vector<RawClient> idle;
  for (int i = 0; i < 3; ++i) {
    idle.emplace_back(server.port);
    idle.back().send(get("/"));
    idle.back().read_response();
  }
  RawClient late(server.port);
  EXPECT_EQ(idle.front().read_all(), "");
}

TEST(Server, TheUnixSocketNamesItsUser) {
  IoThread io;
  TempFolder folder;
  const auto path = folder.path() / "s";
  auto handler = [](Request& request) -> Awaitable<Response> {
    co_return Response::text(200, "uid " + std::to_string(request.peer.uid.value()));
  };
  std::optional<Server> server;
  io.call([&] {
    server.emplace(io.executor(), handler);
    server->listen_unix(path, 0600);
  });
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  RawClient client(path.string());
  client.send(get("/", "Connection: close\r\n"));
  EXPECT_THAT(client.read_all(), EndsWith("uid " + std::to_string(::getuid())));
  io.call([&] {
    Server second(io.executor(), handler);
    EXPECT_THROW(second.listen_unix(path), Error);
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
  });
}

TEST(Server, TrustedProxiesNameTheClient) {
  auto handler = [](Request& request) -> Awaitable<Response> {
    co_return Response::text(200, request.peer.address + (request.peer.secure ? " secure" : " plain"));
  };
  const std::string forwarded = "X-Forwarded-For: 9.9.9.9, 8.8.8.8, 10.1.1.1\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n";
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
  TestServer trusting(handler, std::move(options));
  RawClient proxy(trusting.port);
  proxy.send(get("/", forwarded));
  EXPECT_THAT(proxy.read_all(), EndsWith("\r\n8.8.8.8 secure"));
  TestServer plain(handler);
  RawClient stranger(plain.port);
  stranger.send(get("/", forwarded));
  EXPECT_THAT(stranger.read_all(), EndsWith("\r\n127.0.0.1 plain"));
}

TEST(Server, ServesARangeOfAFile) {
  TempFolder folder;
  const std::string content = std::string(200000, 'a') + std::string(200000, 'b');
  write_file(folder.path() / "log", content);
  const auto range = [](std::filesystem::path path) -> Awaitable<Response> {
    Response response;
    response.status = 206;
    response.body = std::make_shared<FileRange>(FileRange{Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 199990, 100020});
    co_return response;
  };
  TestServer server([&](Request&) { return range(folder.path() / "log"); });
  RawClient client(server.port);
  client.send(get("/"));
  const auto answer = client.read_response();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 100020\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + content.substr(199990, 100020)));
}

TEST(Server, StopsGracefully) {
  std::promise<void> entered;
  const auto answer_slowly = [](std::promise<void>& begun, std::string path) -> Awaitable<Response> {
    if (path == "/slow") {
      Signal never(co_await asio::this_coro::executor);
      begun.set_value();
      co_await never.wait_until(deadline_in(milliseconds(500)));  // the stop is asked for by then
    }
    co_return Response::text(200, "done");
  };
  TestServer server([&](Request& request) { return answer_slowly(entered, request.path); });
  RawClient idle(server.port);
  idle.send(get("/"));
  idle.read_response();
  RawClient busy(server.port);
  busy.send(get("/slow"));
  entered.get_future().wait();
  auto stopping = server.server->stop(deadline_in(std::chrono::seconds(10)));
  server.io.run(std::move(stopping));
  const auto answer = busy.read_all();
  EXPECT_THAT(answer, EndsWith("done"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(RawClient(server.port).connected());
}

TEST(Server, AnAddressInUseIsAnError) {
  TestServer server(echo);
  server.io.call([&] {
    Server second(server.io.executor(), echo);
    EXPECT_THROW(second.listen_tcp("127.0.0.1:" + std::to_string(server.port)), Error);
    EXPECT_THROW(second.listen_tcp("127.0.0.1"), Error);
    EXPECT_THROW(second.listen_tcp("127.0.0.1:70000"), Error);
  });
}

}  // namespace
}  // namespace fairlead::net
