// SPDX-License-Identifier: Apache-2.0
#include "net/head.hpp"

#include <gtest/gtest.h>

#include "net/chunked.hpp"

namespace fairlead::net {
namespace {

TEST(Head, ReadsRequestLineAndFields) {
  const auto head =
      parse_head("POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX-Empty:\r\nX: \t v w \t\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/x?y=1");
  EXPECT_EQ(head->content_length, 12u);
  EXPECT_EQ(head->headers.get("x"), "v w");
  EXPECT_TRUE(head->headers.has("x-empty"));
  EXPECT_TRUE(head->keep_alive);
  EXPECT_TRUE(head->expects_continue);
}

TEST(Head, PersistenceFollowsVersionAndConnection) {
  EXPECT_FALSE(parse_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(parse_head("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
  EXPECT_FALSE(parse_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")->keep_alive);
}

TEST(Head, AbsoluteFormMustNameTheHost) {
  const auto head = parse_head("GET http://A.example/x?y HTTP/1.1\r\nHost: a.example\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->target, "/x?y");
  EXPECT_EQ(parse_head("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n")->target, "/");
  EXPECT_EQ(parse_head("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n").error().status, 400);
  EXPECT_EQ(parse_head("GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n").error().status, 400);
}

struct BadHead {
  int status;
  std::string raw;
};
class RefusedHead : public testing::TestWithParam<BadHead> {};

TEST_P(RefusedHead, HasItsStatus) {
  const auto head = parse_head(GetParam().raw);
  ASSERT_FALSE(head) << GetParam().raw;
  EXPECT_EQ(head.error().status, GetParam().status) << GetParam().raw << head.error().detail;
}

std::string with(const std::string& fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

INSTANTIATE_TEST_SUITE_P(
    Smuggling, RefusedHead,
    testing::Values(BadHead{400, with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
                    BadHead{400, with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
                    BadHead{400, with("Content-Length: 5\r\nContent-Length: 5\r\n")},
                    BadHead{400, with("Content-Length: 5\r\nContent-Length: 6\r\n")}, BadHead{400, with("Content-Length: 5, 5\r\n")},
                    BadHead{400, with("Content-Length: +5\r\n")}, BadHead{400, with("Content-Length: -5\r\n")},
                    BadHead{400, with("Content-Length: 0x5\r\n")}, BadHead{400, with("Content-Length:\r\n")},
                    BadHead{413, with("Content-Length: 99999999999999999999\r\n")}, BadHead{501, with("Transfer-Encoding: xchunked\r\n")},
                    BadHead{501, with("Transfer-Encoding: gzip, chunked\r\n")},
                    BadHead{501, with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
                    BadHead{501, with("Transfer-Encoding: \x0b chunked\r\n").substr(0, 0) + with("Transfer-Encoding: identity\r\n")},
                    BadHead{400, with("Transfer-Encoding : chunked\r\n")}, BadHead{400, with("Transfer-Encoding\r\n")},
                    BadHead{400, with(" Transfer-Encoding: chunked\r\n")}, BadHead{400, with("X: a\r\n folded\r\n")},
                    BadHead{400, with("X: a\rY: b\r\n")}, BadHead{400, with("X: a\nY: b\r\n")},
                    BadHead{400, with(std::string("X: a\0b\r\n", 8))}, BadHead{400, with("X: a\x0b\r\n")}, BadHead{400, with(": v\r\n")},
                    BadHead{400, with("X Y: v\r\n")}, BadHead{400, with("Host: b\r\n")}, BadHead{400, "GET / HTTP/1.1\r\n\r\n"},
                    BadHead{400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"}, BadHead{400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
                    BadHead{417, with("Expect: money\r\n")}, BadHead{400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
                    BadHead{505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"}, BadHead{505, "PRI * HTTP/2.0\r\n\r\n"},
                    BadHead{400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"}, BadHead{400, "GET / x HTTP/1.1\r\nHost: a\r\n\r\n"},
                    BadHead{400, "GET /\r\nHost: a\r\n\r\n"}, BadHead{400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"},
                    BadHead{400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, BadHead{400, "\r\n"},
                    BadHead{400, "GET / http/1.1\r\nHost: a\r\n\r\n"}));

TEST(Head, TooManyFields) {
  std::string fields;
  for (int i = 0; i < 120; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(parse_head(with(fields)).error().status, 431);
}

ChunkDecoder::State decode(std::string_view wire, std::string& body, std::size_t piece, std::size_t limit = 100) {
  ChunkDecoder decoder(limit);
  auto state = ChunkDecoder::State::more;
  while (state == ChunkDecoder::State::more && !wire.empty()) {
    auto bytes = wire.substr(0, piece);
    wire.remove_prefix(bytes.size());
    state = decoder.feed(bytes, body);
  }
  return state;
}

TEST(Chunks, DecodeHoweverTheyAreCut) {
  const std::string wire = "5\r\nhello\r\n6;name=\"v\"\r\n world\r\n00\r\nTrailer: x\r\nOther: y\r\n\r\n";
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    std::string body;
    EXPECT_EQ(decode(wire, body, piece), ChunkDecoder::State::done) << piece;
    EXPECT_EQ(body, "hello world");
  }
}

TEST(Chunks, LeaveWhatFollows) {
  ChunkDecoder decoder(10);
  std::string_view bytes = "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1";
  std::string body;
  EXPECT_EQ(decoder.feed(bytes, body), ChunkDecoder::State::done);
  EXPECT_EQ(bytes, "GET / HTTP/1.1");
}

TEST(Chunks, MalformedFramingIsBad) {
  for (const std::string wire :
       {"\r\n", "x\r\n", "5 \r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "0\r\n\n", "0\r\nX: y\nZ\r\n\r\n", ";\r\n",
        "-1\r\n", "0x5\r\nhello\r\n", "5;a\nb\r\n", "5\rX", "1000000000000000\r\n"}) {
    std::string body;
    EXPECT_EQ(decode(wire, body, 1), ChunkDecoder::State::bad) << wire;
  }
  std::string body;
  EXPECT_EQ(decode("5;" + std::string(5000, 'x'), body, 100), ChunkDecoder::State::bad);
}

TEST(Chunks, TheLimitHoldsBeforeTheDataComes) {
  std::string body;
  EXPECT_EQ(decode("65\r\n", body, 100), ChunkDecoder::State::too_large);
  EXPECT_EQ(decode("64\r\n", body, 100), ChunkDecoder::State::more);
  EXPECT_EQ(decode("32\r\n" + std::string(50, 'x') + "\r\n33\r\n", body, 7), ChunkDecoder::State::too_large);
}

}  // namespace
}  // namespace fairlead::net
