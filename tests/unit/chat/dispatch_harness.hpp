// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fairlead/base/async.hpp"
#include "fairlead/chat/chat.hpp"
#include "fairlead/chat/grants.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/pipeline/server_config.hpp"
#include "fairlead/store/store.hpp"
#include "unit/chat/store_harness.hpp"

namespace fairlead::chat::test {

/// Slack as far as the dispatcher sees it: remembers what it was told.
class FakeWorkspace : public WebApi {
 public:
  struct Told {
    std::string method;
    Json arguments;
  };
  Awaitable<Json> call(std::string workspace, std::string method, Json arguments, Deadline) override;
  /// The newest call of the method; null when there was none.
  Json last(const std::string& method) const;
  std::size_t count(const std::string& method) const;

  std::vector<Told> told;
  std::map<std::string, std::string> fails;  ///< method → code
};

/// The server's REST API as the test says.
class FakeApi {
 public:
  ApiAnswer& on(const std::string& method, const std::string& path) { return answers[method + " " + path]; }
  void give(const std::string& method, const std::string& path, Json body, int status = 200) {
    on(method, path) = {.status = status, .body = std::move(body), .detail = {}, .hint = {}};
  }
  Awaitable<ApiAnswer> call(ApiCall wanted);
  /// Calls that were not GET.
  std::vector<ApiCall> acts() const;

  std::map<std::string, ApiAnswer> answers;
  std::vector<ApiCall> calls;
  Signal* hold = nullptr;  ///< answers come when it is notified
};

class FakePeople : public People {
 public:
  explicit FakePeople(FakeApi& api) : api_(api) {}
  Awaitable<Speaker> identify(Account account) override;
  std::string refusal;
  int asked = 0;

 private:
  FakeApi& api_;
};

class DispatchTest : public testing::Test {
 protected:
  explicit DispatchTest(const std::string& more_config = "");
  ~DispatchTest() override;

  /// The acknowledgement of a slash command of U1 in C1.
  Json say(const std::string& text);
  Json send(Incoming incoming) { return store_.run(chat_->handle(std::move(incoming))); }
  Json command_payload(const std::string& text);
  /// Presses the button of that label in a message that somebody saw. What is answered by other ways has been when this returns.
  void press(const Json& blocks, const std::string& label, const std::string& user = "U1");
  static Json button(const Json& blocks, const std::string& label);
  Json interaction(const std::string& type, Json more, const std::string& user = "U1");
  void interact(Json payload);
  Json submit(const Json& view, Json values, const std::string& user = "U1");
  void event(Json event, const std::string& id = "");
  /// Runs what is under way until it holds.
  void until(const std::function<bool()>& holds);
  /// Everything that was told to somebody other than by an acknowledgement, newest last.
  std::string told() const;
  /// Text and blocks of an acknowledgement or message as one text.
  static std::string all_of(const Json& message) { return dump(message); }

  StoreHarness store_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(store_.io);
  std::shared_ptr<pipeline::ServerConfig> config_;
  FakeWorkspace slack_;
  FakeApi api_;
  FakePeople people_{api_};
  std::optional<Links> links_;
  std::unique_ptr<Chat> chat_;
  std::string log_text_ = "line one\nline two\n";
  std::chrono::steady_clock::duration answer_within_ = std::chrono::seconds(20);
  int triggers_ = 0;
  void open();
};

}  // namespace fairlead::chat::test
