// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/slack/form.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/chat/slack_oauth.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/server.hpp"
#include "fairlead/store/secret_box.hpp"
#include "unit/chat/store_harness.hpp"

namespace fairlead::chat::slack {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SlackInstallations : public testing::Test {
 protected:
  SlackInstallations() {
    port_ = slack_.listen_tcp("127.0.0.1:0");
    installations_ = make();
  }
  std::unique_ptr<Installations> make() {
    InstallationsParts parts;
    parts.store = &harness_.store();
    parts.box = &box_;
    parts.http = &http_;
    parts.base_url = "http://127.0.0.1:" + std::to_string(port_) + "/api";
    parts.public_url = "https://deploy.example.com";
    parts.client_id = "1.2";
    parts.client_secret = []() -> Awaitable<Secret> { co_return Secret("client-secret"); };
    parts.clock = harness_.clock();
    return std::make_unique<Installations>(std::move(parts));
  }
  static Json grant(const std::string& access, const std::string& refresh) {
    return Json{{"ok", true},
                {"access_token", access},
                {"refresh_token", refresh},
                {"expires_in", 43200},
                {"team", {{"id", "T1"}, {"name", "One"}}},
                {"app_id", "A1"}};
  }
  /// Through the browser: from start to callback.
  net::Response install(const std::string& change_state = {}) {
    net::Request begin;
    const auto begun = harness_.run(installations_->start(begin));
    const std::string location(begun.headers.get("Location"));
    const auto state = location.substr(location.find("state=") + 6, 48);
    net::Request back;
    back.query.add("code", "good");
    back.query.add("state", change_state.empty() ? state : change_state);
    back.headers.add("Cookie", "other=1; slack-app-oauth-state=" + state);
    return harness_.run(installations_->callback(back));
  }
  Awaitable<net::Response> answer(net::Request& request) {
    asked_.push_back(fields_of(request.body));
    co_return net::Response::json(200, answer_);
  }
  std::string token() {
    const auto found = harness_.run(installations_->token("T1"));
    return found ? found->reveal() : "none";
  }
  void event(const Json& event) { harness_.run(installations_->notice("T1", Json{{"event", event}})); }

  test::StoreHarness harness_;
  TempFolder folder_;
  store::SecretBox box_ = store::SecretBox::open(folder_.path() / "secret.key");
  Json answer_ = grant("xoxe.first-token", "first-refresh");
  std::vector<Json> asked_;
  net::Server slack_{harness_.io.get_executor(), [this](net::Request& request) { return answer(request); }};
  net::HttpClient http_{harness_.io.get_executor()};
  std::uint16_t port_ = 0;
  std::unique_ptr<Installations> installations_;
};

TEST_F(SlackInstallations, AreKeptSealed) {
  EXPECT_EQ(install().status, 200);
  EXPECT_EQ(token(), "xoxe.first-token");
  EXPECT_EQ(installations_->workspace_of(Json{{"team_id", "T1"}}), "T1");
  const auto rows = harness_.run(harness_.store().read([](store::View& view) {
    std::string all;
    for (const char* kind : {"chat.workspace", "secret"})
      for (const auto& doc : view.list(kind)) all += doc.key + doc.body;
    return all;
  }));
  EXPECT_THAT(rows, HasSubstr("One"));
  EXPECT_THAT(rows, Not(HasSubstr("first-")));

  installations_ = make();
  EXPECT_THAT(installations_->workspaces(), IsEmpty());
  harness_.run(installations_->load());
  EXPECT_THAT(installations_->workspaces(), ElementsAre("T1"));
  EXPECT_EQ(token(), "xoxe.first-token");
}

TEST_F(SlackInstallations, NeedTheBrowserThatBeganThem) {
  EXPECT_EQ(install(std::string(48, '0')).status, 400);
  EXPECT_THAT(asked_, IsEmpty());
  net::Request bare;
  bare.query.add("code", "good");
  bare.query.add("state", "");
  EXPECT_EQ(harness_.run(installations_->callback(bare)).status, 400) << "no state equals no cookie";
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SlackInstallations, RenewTokensThatRotate) {
  install();
  asked_.clear();
  answer_ = grant("xoxe.second-token", "second-refresh");
  harness_.later(11h);
  EXPECT_EQ(token(), "xoxe.first-token");
  harness_.later(40min);
  EXPECT_EQ(token(), "xoxe.second-token");
  EXPECT_EQ(token(), "xoxe.second-token");
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(text_at(asked_[0], "refresh_token"), "first-refresh");
  installations_ = make();
  harness_.run(installations_->load());
  EXPECT_EQ(token(), "xoxe.second-token") << "the store has both new ones";
}

TEST_F(SlackInstallations, GoOnWithTheOldTokenWhenTheNewOneIsRefused) {
  install();
  harness_.later(11h + 40min);
  answer_ = Json{{"ok", false}, {"error", "internal_error"}};
  EXPECT_EQ(token(), "xoxe.first-token");
}

TEST_F(SlackInstallations, AreForgottenWithTheApp) {
  install();
  event(Json{{"type", "tokens_revoked"}, {"tokens", {{"oauth", {"U1"}}, {"bot", Json::array()}}}});
  EXPECT_EQ(token(), "xoxe.first-token") << "a person's token, not ours";
  event(Json{{"type", "app_uninstalled"}});
  EXPECT_EQ(token(), "none");
  installations_ = make();
  harness_.run(installations_->load());
  EXPECT_THAT(installations_->workspaces(), IsEmpty());
  EXPECT_EQ(installations_->workspace_of(Json{{"team_id", "T1"}}), "");
}

}  // namespace
}  // namespace fairlead::chat::slack
