// SPDX-License-Identifier: Apache-2.0
#include "fairlead/triggers/sns.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "fairlead/base/crypto.hpp"
#include "fairlead/triggers/receiver.hpp"
#include "unit/triggers/trigger_world.hpp"

namespace fairlead::triggers {
namespace {

const std::string topic = "arn:aws:sns:eu-west-1:111122223333:pushes";
const std::string certificate_url = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem";
const std::string a(40, 'a');
const std::string b(40, 'b');

/// AWS's side: a key with its certificate, made once.
class Signer {
 public:
  Signer() : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 86400);
    X509_set_pubkey(certificate_, key_);
    X509_sign(certificate_, key_, EVP_sha256());
  }
  ~Signer() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  std::string pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_);
    char* data = nullptr;
    auto size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free_all(bio);
    return text;
  }

  std::string sign(const std::string& text, const EVP_MD* digest) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, digest, nullptr, key_);
    std::size_t size = 0;
    auto bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return base64(signature);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

const Signer& aws() {
  static const Signer signer;
  return signer;
}

/// Signs as the documentation of SNS says: the named members in this order, each as name and value on lines of their own.
Json sealed(Json message, const char* version = "2") {
  bool confirmation = message["Type"] != "Notification";
  std::string text;
  for (const char* key : {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}) {
    bool wanted = std::string_view(key) == "Subject"
                      ? !confirmation
                      : confirmation || (std::string_view(key) != "SubscribeURL" && std::string_view(key) != "Token");
    if (wanted && message.contains(key)) text += std::string(key) + "\n" + message[key].get<std::string>() + "\n";
  }
  message["SignatureVersion"] = version;
  message["Signature"] = aws().sign(text, std::string_view(version) == "2" ? EVP_sha256() : EVP_sha1());
  message["SigningCertURL"] = certificate_url;
  return message;
}

Json notification(const Json& event) {
  return {{"Type", "Notification"},
          {"MessageId", "m-1"},
          {"TopicArn", topic},
          {"Message", dump(event)},
          {"Timestamp", "2026-11-20T09:59:00.000Z"}};
}

Json change(const char* what = "referenceUpdated") {
  return {{"source", "aws.codecommit"},
          {"detail-type", "CodeCommit Repository State Change"},
          {"region", "eu-west-1"},
          {"detail",
           {{"event", what},
            {"repositoryName", "shop"},
            {"referenceFullName", "refs/heads/main"},
            {"commitId", b},
            {"oldCommitId", a},
            {"callerUserArn", "arn:aws:iam::111122223333:user/ops"}}}};
}

class SnsTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    receiver.emplace(Receiver::Parts{.store = store.get(),
                                     .pool = &pool,
                                     .clock = clock,
                                     .starter = starter(),
                                     .secrets = [](Provider, std::string) { return topics(); },
                                     .fetch = [this](std::string url) { return fetch(std::move(url)); }},
                     std::vector<AppAddress>{
                         {.name = "shop", .repository = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop", .branch = "main"}});
  }
  static Awaitable<std::vector<Secret>> topics() { co_return std::vector<Secret>{Secret(topic)}; }
  Awaitable<std::string> fetch(std::string url) {
    fetched.push_back(url);
    co_return url == certificate_url ? aws().pem() : std::string();
  }
  HookReply send(const Json& message) {
    return run(receiver->handle({.provider = Provider::codecommit, .app = {}, .headers = {}, .body = dump(message)}));
  }

  std::vector<std::string> fetched;
  std::optional<Receiver> receiver;
};

TEST_F(SnsTest, a_push_of_either_signature_version_starts_a_run_once) {
  EXPECT_EQ(send(sealed(notification(change()))).status, 202);
  EXPECT_EQ(text_at(parse_json(send(sealed(notification(change()))).body), "verdict"), "duplicate");
  auto other = notification(change());
  other["MessageId"] = "m-2";
  other["Subject"] = "with a subject";
  EXPECT_EQ(send(sealed(other, "1")).status, 202);
  EXPECT_EQ(fetched, (std::vector<std::string>{certificate_url}));
  EXPECT_EQ(runs().front().actor, "codecommit:arn:aws:iam::111122223333:user/ops");
}

TEST_F(SnsTest, deleted_refs_and_other_events_are_ignored) {
  EXPECT_EQ(text_at(parse_json(send(sealed(notification(change("referenceDeleted")))).body), "reason"), "branch deleted: refs/heads/main");
  auto other = notification({{"source", "aws.ecr"}, {"detail-type", "ECR Image Action"}});
  other["MessageId"] = "m-3";
  EXPECT_EQ(text_at(parse_json(send(sealed(other)).body), "reason"), "event ECR Image Action does not start runs");
}

TEST_F(SnsTest, a_change_of_any_signed_part_is_refused) {
  auto good = sealed(notification(change()));
  for (const char* key : {"Message", "MessageId", "Timestamp", "TopicArn", "Type", "Signature"}) {
    auto bad = good;
    auto text = bad[key].get<std::string>();
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    bad[key] = text;
    EXPECT_EQ(send(bad).status, 401) << key;
  }
  auto version = good;
  version["SignatureVersion"] = "1";
  EXPECT_EQ(send(version).status, 401);
}

TEST_F(SnsTest, what_is_no_message_is_refused_like_a_bad_signature) {
  auto answer = [&](std::string body) {
    return run(receiver->handle({.provider = Provider::codecommit, .app = {}, .headers = {}, .body = std::move(body)})).status;
  };
  for (const char* body : {"", "{", "[]", "{}", "\"x\""}) EXPECT_EQ(answer(body), 401) << body;
  EXPECT_EQ(answer(std::string(2 << 20, '[')), 401);
}

TEST_F(SnsTest, nothing_is_fetched_for_foreign_topics_addresses_and_old_messages) {
  auto good = sealed(notification(change()));
  for (const char* url : {"https://sns.eu-west-1.amazonaws.com.example.com/x.pem", "https://example.com/sns.eu-west-1.amazonaws.com/x.pem",
                          "http://sns.eu-west-1.amazonaws.com/x.pem", "https://u@sns.eu-west-1.amazonaws.com/x.pem",
                          "https://sns.eu-west-1.amazonaws.com:8443/x.pem", "https://sns.eu-west-1.amazonaws.com/x.pem?y=.pem",
                          "https://sns.a/b.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com/x", ""}) {
    auto bad = good;
    bad["SigningCertURL"] = url;
    EXPECT_EQ(send(bad).status, 401) << url;
  }
  auto foreign = notification(change());
  foreign["TopicArn"] = topic + "2";
  EXPECT_EQ(send(sealed(foreign)).status, 401);
  for (const char* time : {"2026-11-20T08:59:00.000Z", "2026-11-20T10:06:00.000Z", "yesterday"}) {
    auto old = notification(change());
    old["Timestamp"] = time;
    EXPECT_EQ(send(sealed(old)).status, 401) << time;
  }
  EXPECT_TRUE(fetched.empty());
}

TEST_F(SnsTest, a_subscription_is_confirmed_at_aws_only) {
  Json message{{"Type", "SubscriptionConfirmation"},      {"MessageId", "m-4"}, {"TopicArn", topic}, {"Message", "You have chosen"},
               {"Timestamp", "2026-11-20T09:59:00.000Z"}, {"Token", "t"}};
  message["SubscribeURL"] = "https://example.com/?Action=ConfirmSubscription";
  EXPECT_EQ(send(sealed(message)).status, 401);
  message["SubscribeURL"] = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
  EXPECT_EQ(text_at(parse_json(send(sealed(message)).body), "verdict"), "ignored");
  EXPECT_EQ(fetched.back(), text_at(message, "SubscribeURL"));
}

}  // namespace
}  // namespace fairlead::triggers
