// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

#include "fairlead/base/files.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "unit/net/raw_client.hpp"
#include "unit/net/test_server.hpp"

namespace fairlead::net {
namespace {

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509, X509_free>>;

void add_extension(X509* certificate, int id, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A certificate for 127.0.0.1 that signs itself, made anew for each test: no key lies in the repository.
Tls make_certificate(const std::filesystem::path& folder) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  auto* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const Tls files{folder / "certificate.pem", folder / "key.pem"};
  const auto write = [](const std::filesystem::path& path, auto put) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    put(file.get());
  };
  write(files.certificate, [&](FILE* file) { PEM_write_X509(file, certificate.get()); });
  write(files.key, [&](FILE* file) { PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return files;
}

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
