// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/dispatch_harness.hpp"

namespace fairlead::chat::test {

namespace {

constexpr const char* config_text = R"(
server: { listen: "127.0.0.1:0" }
data: ./data
apps:
  shop-api: { repository: "https://example.com/acme/shop-api.git" }
  shop-web: { repository: "https://example.com/acme/shop-web.git" }
environments:
  staging: {}
  production: { approval: { require: [ { from: ["user:lead@x"] } ] } }
)";

Awaitable<std::string> given(std::string text) { co_return text; }

/// The button, wherever it is.
const Json* find_button(const Json& node, const std::string& label) {
  if (node.is_object() && text_at(node, "type") == "button" && text_at(member(node, "text"), "text") == label) return &node;
  if (node.is_structured())
    for (const auto& inner : node)
      if (const auto* found = find_button(inner, label)) return found;
  return nullptr;
}

}  // namespace

Awaitable<Json> FakeWorkspace::call(std::string, std::string method, Json arguments, Deadline) {
  told.push_back({method, arguments});
  if (const auto code = fails.find(method); code != fails.end())
    throw ApiError(ApiError::Kind::rejected, method, code->second, "as the test wants");
  if (method == "views.open") co_return Json{{"view", {{"id", "V1"}, {"hash", "h0"}}}};
  if (method == "views.update") co_return Json{{"view", {{"id", "V1"}, {"hash", "h" + std::to_string(told.size())}}}};
  co_return Json{{"channel", text_at(arguments, "channel")}, {"ts", "1.0"}};
}

Json FakeWorkspace::last(const std::string& method) const {
  for (auto one = told.rbegin(); one != told.rend(); ++one)
    if (one->method == method) return one->arguments;
  return nullptr;
}

std::size_t FakeWorkspace::count(const std::string& method) const {
  return static_cast<std::size_t>(std::ranges::count(told, method, &Told::method));
}

Awaitable<ApiAnswer> FakeApi::call(ApiCall wanted) {
  calls.push_back(wanted);
  if (hold) co_await hold->wait();
  const auto found = answers.find(wanted.method + " " + wanted.path);
  if (found != answers.end()) co_return found->second;
  co_return ApiAnswer{.status = 404, .body = nullptr, .detail = "there is nothing at " + wanted.path, .hint = "ask the test"};
}

std::vector<ApiCall> FakeApi::acts() const {
  std::vector<ApiCall> list;
  for (const auto& one : calls)
    if (one.method != "GET") list.push_back(one);
  return list;
}

Awaitable<Speaker> FakePeople::identify(Account account) {
  ++asked;
  if (!refusal.empty()) throw Error(ErrorKind::refused, refusal);
  Speaker speaker;
  speaker.person.id = "slack:" + account.user;
  speaker.mention = "<@" + account.user + ">";
  speaker.api = [api = &api_](ApiCall call) { return api->call(std::move(call)); };
  co_return speaker;
}

DispatchTest::DispatchTest(const std::string& more_config) {
  const auto parsed = pipeline::parse_server(config_text + more_config, "fairlead.yml");
  EXPECT_TRUE(parsed);
  config_ = std::make_shared<pipeline::ServerConfig>(*parsed);
  links_.emplace(store_.store(), store_.clock());
  open();
}

void DispatchTest::open() {
  Parts parts;
  parts.executor = store_.io.get_executor();
  parts.store = &store_.store();
  parts.config = config_;
  parts.people = &people_;
  parts.links = &*links_;
  parts.api = [this](const std::string&) { return &slack_; };
  parts.log_tail = [this](RunId, std::string, int, int) { return given(log_text_); };
  parts.public_url = "https://fairlead.example.com";
  parts.clock = store_.clock();
  parts.answer_within = answer_within_;
  parts.view_answer_within = std::chrono::seconds(20);
  chat_ = std::make_unique<Chat>(std::move(parts));
}

DispatchTest::~DispatchTest() = default;

Json DispatchTest::command_payload(const std::string& text) {
  return {{"command", "/deploy"},
          {"text", text},
          {"user_id", "U1"},
          {"user_name", "ann"},
          {"team_id", "T1"},
          {"channel_id", "C1"},
          {"trigger_id", "t" + std::to_string(++triggers_)},
          {"response_url", "https://hooks.slack.com/commands/1"}};
}

Json DispatchTest::say(const std::string& text) {
  return send({.kind = Incoming::Kind::command, .payload = command_payload(text), .workspace = "slack", .speaker = {}});
}

Json DispatchTest::button(const Json& blocks, const std::string& label) {
  const auto* found = find_button(blocks, label);
  if (!found) ADD_FAILURE() << "no button \"" << label << "\" in " << dump(blocks);
  return found ? *found : Json::object();
}

Json DispatchTest::interaction(const std::string& type, Json more, const std::string& user) {
  Json payload{{"type", type},
               {"user", {{"id", user}, {"team_id", "T1"}}},
               {"team", {{"id", "T1"}}},
               {"trigger_id", "i" + std::to_string(++triggers_)}};
  payload.update(more);
  return payload;
}

void DispatchTest::interact(Json payload) {
  EXPECT_TRUE(send({.kind = Incoming::Kind::interaction, .payload = std::move(payload), .workspace = "slack", .speaker = {}}).is_null());
}

void DispatchTest::press(const Json& blocks, const std::string& label, const std::string& user) {
  const auto pressed = button(blocks, label);
  const auto before = slack_.told.size();
  interact(interaction("block_actions",
                       {{"container", {{"type", "message"}, {"channel_id", "C1"}, {"message_ts", "9.0"}}},
                        {"channel", {{"id", "C1"}}},
                        {"response_url", "https://hooks.slack.com/actions/1"},
                        {"actions", Json::array({{{"type", "button"},
                                                  {"action_id", text_at(pressed, "action_id")},
                                                  {"block_id", "b"},
                                                  {"value", text_at(pressed, "value")},
                                                  {"action_ts", std::to_string(triggers_)}}})}},
                       user));
  until([&] { return slack_.told.size() > before; });
}

Json DispatchTest::submit(const Json& view, Json values, const std::string& user) {
  Json submitted = view;
  submitted["id"] = "V1";
  submitted["state"] = {{"values", std::move(values)}};
  return send({.kind = Incoming::Kind::interaction,
               .payload = interaction("view_submission", {{"view", std::move(submitted)}}, user),
               .workspace = "slack",
               .speaker = {}});
}

void DispatchTest::event(Json event, const std::string& id) {
  Json payload{{"type", "event_callback"},
               {"event_id", id.empty() ? "Ev" + std::to_string(++triggers_) : id},
               {"authorizations", Json::array({{{"user_id", "UBOT"}}})},
               {"event", std::move(event)}};
  EXPECT_TRUE(send({.kind = Incoming::Kind::event, .payload = std::move(payload), .workspace = "slack", .speaker = {}}).is_null());
}

void DispatchTest::until(const std::function<bool()>& holds) {
  const auto limit = deadline_in(std::chrono::seconds(30));
  while (!holds()) {
    store_.io.restart();
    store_.io.run_one_for(std::chrono::milliseconds(50));
    ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it did not happen within 30 s";
  }
}

std::string DispatchTest::told() const {
  std::string text;
  for (const auto& one : slack_.told) text += one.method + " " + dump(one.arguments) + "\n";
  return text;
}

}  // namespace fairlead::chat::test
