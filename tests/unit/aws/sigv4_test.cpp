// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.hpp"

#include <gtest/gtest.h>

#include "fairlead/base/files.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::aws {
namespace {

/// The case's URL taken apart as our client builds it.
Signable signable_of(const Json& one, const std::string& body) {
  const auto url = text_at(one, "url");
  const bool tls = url.starts_with("https:");
  const auto host_begin = url.find("://") + 3;
  const auto path_begin = url.find('/', host_begin);
  const auto query_begin = url.find('?');
  Signable request{.method = text_at(one, "method"), .body = body};
  request.host = url.substr(host_begin, path_begin - host_begin);
  if (tls && request.host.ends_with(":443")) request.host.resize(request.host.size() - 4);
  request.path = url.substr(path_begin, query_begin == std::string::npos ? query_begin : query_begin - path_begin);
  if (query_begin != std::string::npos) request.query = url.substr(query_begin + 1);
  for (const auto& [name, value] : one.at("headers").items()) request.headers.emplace_back(name, value.get<std::string>());
  return request;
}

}  // namespace

TEST(SigV4, SignsLikeBotocore) {
  const auto document = parse_json(read_file(FIXTURES "/aws/sigv4_vectors.json"));
  ASSERT_GE(document.at("cases").size(), 33u);
  for (const auto& one : document.at("cases")) {
    SCOPED_TRACE(text_at(one, "name"));
    Credentials credentials{text_at(document, "access_key"), Secret(text_at(document, "secret_key")), Secret(text_at(one, "token"))};
    const auto body = text_at(one, "body");
    const auto added =
        sign(signable_of(one, body), credentials, text_at(one, "service"), text_at(one, "region"), *parse_time(text_at(one, "time")));
    EXPECT_EQ(added.size(), one.at("signed").size());
    for (const auto& [name, value] : added) EXPECT_EQ(value, text_at(one.at("signed"), to_lower(name))) << name;
  }
}

TEST(SigV4, EncodesAnS3PathOnceAndAllOthersTwice) {
  EXPECT_EQ(sigv4::canonical_path("/a%3Ab/c d", true), "/a%3Ab/c%20d");
  EXPECT_EQ(sigv4::canonical_path("/a%3Ab", false), "/a%253Ab");
  EXPECT_EQ(sigv4::canonical_path("/(x)!*'", true), "/%28x%29%21%2A%27");
  EXPECT_EQ(sigv4::canonical_path("", false), "/");
}

TEST(SigV4, SortsTheQueryByItsEncodedForm) {
  EXPECT_EQ(sigv4::canonical_query("b=2&a=b%20c&a&%41=1"), "A=1&a=&a=b%20c&b=2");
  EXPECT_EQ(sigv4::canonical_query("acl"), "acl=");
  EXPECT_EQ(sigv4::canonical_query(""), "");
}

}  // namespace fairlead::aws
