// SPDX-License-Identifier: Apache-2.0
#include "cli/chat_wiring.hpp"

#include "cli/secrets.hpp"
#include "cli/slack_wiring.hpp"
#include "fairlead/base/json.hpp"
#include "fairlead/chat/chat.hpp"
#include "fairlead/chat/console.hpp"
#include "fairlead/chat/links.hpp"
#include "fairlead/chat/message.hpp"
#include "fairlead/chat/outbox.hpp"
#include "fairlead/chat/people.hpp"
#include "fairlead/chat/reader.hpp"
#include "fairlead/net/client.hpp"
#include "fairlead/net/target.hpp"
#include "fairlead/pipeline/server_config.hpp"

namespace fairlead::cli {

namespace {

net::Request request_of(const chat::ApiCall& wanted) {
  auto target = net::parse_target(wanted.path);
  if (!target) throw Error(ErrorKind::internal, "chat asked for the path " + wanted.path + ": " + target.error());
  net::Request request{.method = wanted.method,
                       .target = wanted.path,
                       .path = std::move(target->path),
                       .segments = std::move(target->segments),
                       .query = std::move(target->query),
                       .headers = {},
                       .body = {},
                       .peer = {}};
  for (const auto& [name, value] : wanted.query.items())
    if (value.is_string()) request.query.add(name, value.get<std::string>());
  if (!wanted.body.is_null()) request.body = dump(wanted.body);
  if (!wanted.idempotency_key.empty()) request.headers.add("Idempotency-Key", wanted.idempotency_key);
  return request;
}

chat::ApiAnswer answer_of(const net::Response& response) {
  chat::ApiAnswer answer{.status = response.status, .body = {}, .detail = {}, .hint = {}};
  const auto* text = std::get_if<std::string>(&response.body);
  if (text && !text->empty() && response.headers.get("Content-Type").contains("json")) answer.body = parse_json(*text);
  if (answer.ok()) return answer;
  answer.detail = text_at(answer.body, "detail");
  answer.hint = text_at(answer.body, "hint");
  return answer;
}

Awaitable<chat::ApiAnswer> call_as(std::function<web::Web&()> web, web::Identity who, chat::ApiCall wanted) {
  const auto response = co_await web().call(std::move(who), request_of(wanted));
  co_return answer_of(response);
}

/// Nobody comes here from Slack while no workspace is connected.
class NoPeople : public chat::People {
 public:
  Awaitable<chat::Speaker> identify(chat::Account account) override {
    throw Error(ErrorKind::refused, "the workspace " + account.workspace + " is not connected to this server");
    co_return chat::Speaker{};
  }
};

}  // namespace

chat::Api act_as(std::function<web::Web&()> web, web::Identity who) {
  return [web = std::move(web), who = std::move(who)](chat::ApiCall wanted) { return call_as(web, who, std::move(wanted)); };
}

struct ChatRooms::State {
  explicit State(ChatWiring given)
      : wiring(std::move(given)),
        links(*wiring.store, now),
        slack(slack_rooms()),
        people(make_people()),
        console(console_parts()),
        outbox(outbox_parts()),
        chat(chat_parts()),
        reader(reader_parts()) {}

  chat::WebApi* api(const std::string& workspace) {
    if (workspace == chat::console) return &console;
    return slack ? slack->api(workspace) : nullptr;
  }
  std::unique_ptr<SlackRooms> slack_rooms();
  std::unique_ptr<chat::People> make_people();
  Awaitable<Secret> github_token();
  chat::ConsoleParts console_parts();
  chat::OutboxParts outbox_parts();
  chat::Parts chat_parts();
  chat::ReaderParts reader_parts();
  chat::ConsoleCaller caller(const web::ChatCaller&);

  ChatWiring wiring;
  chat::Links links;
  std::unique_ptr<SlackRooms> slack;  ///< null without `slack:`
  std::unique_ptr<chat::People> people;
  chat::Console console;
  chat::Outbox outbox;
  chat::Chat chat;
  chat::Reader reader;
};

std::unique_ptr<SlackRooms> ChatRooms::State::slack_rooms() {
  if (!wiring.config->slack) return nullptr;
  SlackWiring rooms;
  rooms.executor = wiring.executor;
  rooms.store = wiring.store;
  rooms.secrets = wiring.secrets;
  rooms.http = wiring.http;
  rooms.config = wiring.config;
  rooms.public_url = wiring.public_url;
  rooms.receive = [this](chat::Incoming incoming) { return chat.handle(std::move(incoming)); };
  return std::make_unique<SlackRooms>(std::move(rooms));
}

/// Accounts of Slack, with the rights that `roles:` gives the person behind them.
std::unique_ptr<chat::People> ChatRooms::State::make_people() {
  if (!slack) return std::make_unique<NoPeople>();
  chat::SlackPeopleParts parts;
  parts.links = &links;
  parts.config = wiring.config;
  parts.api = [this](const std::string& workspace) { return api(workspace); };
  parts.act_as = [this](engine::Person person, std::string via) {
    web::Identity who;
    who.access = web::access_of(person, *wiring.config);
    who.person = std::move(person);
    who.via = std::move(via);
    return act_as(wiring.web, std::move(who));
  };
  parts.http = [this](net::HttpRequest request, Deadline deadline) { return wiring.http->send(std::move(request), deadline); };
  parts.github_token = [this] { return github_token(); };
  return chat::slack_people(std::move(parts));
}

Awaitable<Secret> ChatRooms::State::github_token() {
  const auto github = wiring.config->webhooks.find("github");
  if (github == wiring.config->webhooks.end() || !github->second.api_token) co_return Secret();
  co_return co_await wiring.secrets->value(github->second.api_token);
}

chat::ConsoleParts ChatRooms::State::console_parts() {
  chat::ConsoleParts parts;
  parts.store = wiring.store;
  parts.receive = [this](chat::Incoming incoming) { return chat.handle(std::move(incoming)); };
  return parts;
}

chat::OutboxParts ChatRooms::State::outbox_parts() {
  chat::OutboxParts parts;
  parts.executor = wiring.executor;
  parts.store = wiring.store;
  parts.api = [this](const std::string& workspace) { return api(workspace); };
  return parts;
}

chat::Parts ChatRooms::State::chat_parts() {
  chat::Parts parts;
  parts.executor = wiring.executor;
  parts.store = wiring.store;
  parts.config = wiring.config;
  parts.people = people.get();
  parts.links = &links;
  parts.outbox = &outbox;
  parts.api = [this](const std::string& workspace) { return api(workspace); };
  parts.log_tail = wiring.log_tail;
  parts.public_url = wiring.public_url;
  return parts;
}

chat::ReaderParts ChatRooms::State::reader_parts() {
  chat::ReaderParts parts;
  parts.store = wiring.store;
  parts.engine = wiring.engine;
  parts.outbox = &outbox;
  parts.public_url = wiring.public_url;
  parts.workspaces = [this] {
    auto all = slack ? slack->workspaces() : std::vector<std::string>();
    all.emplace_back(chat::console);
    return all;
  };
  parts.log_tail = wiring.log_tail;
  parts.approvers = [this](RunId run, std::string stage, std::string workspace, int limit) {
    return chat::approvers(*wiring.engine, *people, std::move(run), std::move(stage), std::move(workspace), limit);
  };
  return parts;
}

chat::ConsoleCaller ChatRooms::State::caller(const web::ChatCaller& viewer) {
  auto who = viewer.who;
  who.via = "console";
  chat::ConsoleCaller made;
  made.client = viewer.client;
  made.speaker.person = who.person;
  made.speaker.mention = chat::mention(who.person.id);
  made.speaker.via = "console";
  made.speaker.api = act_as(wiring.web, std::move(who));
  return made;
}

ChatRooms::ChatRooms(ChatWiring wiring) : state_(std::make_unique<State>(std::move(wiring))) {}
ChatRooms::~ChatRooms() = default;

std::function<Awaitable<net::Response>(std::string, net::Request&)> ChatRooms::slack_door() {
  if (!state_->slack) return {};
  return state_->slack->door();
}

std::vector<std::string> ChatRooms::slack_problems() const {
  return state_->slack ? state_->slack->problems() : std::vector<std::string>();
}

web::ChatDoor ChatRooms::door() {
  web::ChatDoor door;
  auto* state = state_.get();
  door.command = [state](web::ChatCaller who, Json body) { return state->console.command(state->caller(who), std::move(body)); };
  door.interaction = [state](web::ChatCaller who, Json body) { return state->console.interact(state->caller(who), std::move(body)); };
  door.options = [state](web::ChatCaller who, Json body) { return state->console.options(state->caller(who), std::move(body)); };
  door.messages = [state](web::ChatCaller who) { return state->console.snapshot(who.who.person.id, who.client); };
  door.follow = [state](web::ChatCaller who, std::string after, net::BodyWriter& out, Deadline until) {
    return state->console.follow(who.who.person.id, who.client, std::move(after), out, until);
  };
  return door;
}

void ChatRooms::start() {
  if (state_->slack) state_->slack->start();
  spawn(state_->wiring.executor, "chat outbox", state_->outbox.run());
  spawn(state_->wiring.executor, "chat cards", state_->reader.run());
}

}  // namespace fairlead::cli
