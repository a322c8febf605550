// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/base/files.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "unit/net/raw_client.hpp"
#include "unit/net/test_certificate.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

Awaitable<Response> answer(Request& request) {
  if (request.path == "/stream")
    co_return Response::events([](BodyWriter& out) -> Awaitable<void> {
      for (int i = 0; i < 3; ++i) co_await out.write("data: x\n\n");
    });
  co_return Response::text(200, request.peer.secure ? "secure " + request.body : "plain");
}

class TlsServer : public testing::Test {
 protected:
  TlsServer() {
    io_.call([this] {
      server_.emplace(io_.executor(), &answer);
      port_ = server_->listen_tcp("127.0.0.1:0", files_);
    });
  }
  ~TlsServer() override {
    io_.call([this] { server_.reset(); });
  }
  HttpReply send(const std::string& path, const std::string& body, const std::filesystem::path& ca) {
    HttpRequest request{.method = "POST", .url = "https://127.0.0.1:" + std::to_string(port_) + path, .body = body, .ca_file = ca};
    auto task = client_.send(std::move(request), deadline_in(std::chrono::seconds(20)));
    return io_.run(std::move(task));
  }

  TempFolder folder_;
  Tls files_ = make_certificate(folder_.path());
  IoThread io_;
  std::optional<Server> server_;
  HttpClient client_{io_.executor()};
  std::uint16_t port_ = 0;
};

TEST_F(TlsServer, AnswersRequestsAndStreams) {
  EXPECT_EQ(send("/", "body", files_.certificate).body, "secure body");
  const std::string large(900000, 'x');
  EXPECT_EQ(send("/", large, files_.certificate).body, "secure " + large);
  EXPECT_EQ(send("/stream", "", files_.certificate).body, "data: x\n\ndata: x\n\ndata: x\n\n");
}

TEST_F(TlsServer, IsNotTrustedWithoutItsCertificate) {
  EXPECT_THROW(send("/", "", {}), Error);
  EXPECT_EQ(send("/", "again", files_.certificate).body, "secure again");
}

TEST_F(TlsServer, ClosesOnPlainText) {
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_all(), testing::Not(testing::HasSubstr("HTTP/1.1")));
}

TEST_F(TlsServer, AWrongKeyIsAnErrorThatNamesTheFile) {
  const Tls wrong{files_.certificate, folder_.path() / "none.pem"};
  io_.call([&] {
    Server second(io_.executor(), &answer);
    try {
      second.listen_tcp("127.0.0.1:0", wrong);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), testing::HasSubstr("none.pem"));
    }
  });
}

}  // namespace
}  // namespace fairlead::net
