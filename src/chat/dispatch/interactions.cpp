// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/dispatch/desk.hpp"
#include "fairlead/base/log.hpp"
#include "fairlead/base/strings.hpp"
#include "fairlead/pipeline/server_config.hpp"

/// Buttons, shortcuts, views.
namespace fairlead::chat {

namespace {

/// Must an approval of this stage say why?
Awaitable<bool> needs_reason(Turn& turn, std::string run, std::string stage_name) {
  const auto answer = co_await ask(turn, "GET", path_of({"runs", run}));
  if (!answer.ok()) co_return false;
  const auto& environments = turn.desk->parts.config->environments;
  for (const auto& stage : member(answer.body, "stages")) {
    if (text_at(stage, "name") != stage_name) continue;
    const auto environment = environments.find(text_at(stage, "environment"));
    co_return environment != environments.end() && environment->second.approval && environment->second.approval->approve_needs_reason;
  }
  co_return false;
}

Awaitable<Reply> done(Turn& turn, std::string path, Json body) {
  const Json answer = co_await want(turn, "POST", std::move(path), std::move(body));
  co_return to_asker(sentence("✅ " + escape(text_at(answer, "text", "done"))));
}

Awaitable<Reply> answer_question(Turn& turn, Json args) {
  Json body{{"choice", text_at(args, "choice")}, {"job", text_at(args, "job")}};
  co_return co_await done(turn, path_of({"runs", text_at(args, "run"), "answer"}), std::move(body));
}

/// The act that a grant stands for; nothing but the verbs named here is ever done.
Awaitable<Reply> act_on(Turn& turn, Grant grant) {
  const auto& args = grant.args;
  const auto run = text_at(args, "run");
  if (grant.verb == "approve") {
    if (flag_at(args, "break_glass") || co_await needs_reason(turn, run, text_at(args, "stage")))
      co_return co_await open_reason(turn, std::move(grant));
    co_return co_await vote(turn, "approve", args, "");
  }
  if (grant.verb == "reject") co_return co_await open_reason(turn, std::move(grant));
  if (grant.verb == "cancel") co_return co_await perform(turn, {.verb = Verb::cancel, .run = run});
  if (grant.verb == "retry") co_return co_await perform(turn, {.verb = Verb::retry, .run = run, .all = flag_at(args, "all")});
  if (grant.verb == "rollback")
    co_return co_await perform(
        turn,
        {.verb = Verb::rollback, .app = text_at(args, "app"), .environment = text_at(args, "environment"), .run = text_at(args, "to")});
  if (grant.verb == "answer") co_return co_await answer_question(turn, args);
  if (grant.verb == "open-picker")
    co_return co_await open_picker(turn, {.app = text_at(args, "app"), .environment = text_at(args, "environment")});
  if (grant.verb == "say" || grant.verb == "page") {
    auto reply = co_await say(turn, text_at(args, "command"));
    reply.replaces = grant.verb == "page";
    co_return reply;
  }
  throw Error(ErrorKind::refused, "a button may not do \"" + grant.verb + "\"");
}

/// Do these only ask for more, so that the button can be pressed again?
bool only_asks(const Grant& grant) {
  return grant.verb == "reject" || grant.verb == "say" || grant.verb == "page" || grant.verb == "open-picker";
}

Awaitable<Reply> press(Turn& turn) {
  const auto click = click_of(turn.incoming);
  if (click.handle.empty()) co_return Reply{};  // a link
  auto taken = co_await turn.desk->grants.take(click);
  if (taken.judgement.kind != Judgement::Kind::act) co_return to_asker(sentence(escape(taken.judgement.text)));
  turn.key = taken.idempotency_key;
  const bool asks = only_asks(taken.grant);
  Reply reply;
  std::exception_ptr failed;
  try {
    co_await identify(turn, true);
    reply = co_await act_on(turn, taken.grant);
  } catch (...) {
    failed = std::current_exception();
  }
  // An approval that asks for a reason first gives no text.
  co_await turn.desk->grants.settle(click, !failed && !asks && !reply.message.text.empty(), reply.message.text);
  if (failed) std::rethrow_exception(failed);
  co_return reply;
}

/// "shop-api#42" or "shop-api #42" of a known app in a text that somebody else wrote: only to find the run, whose buttons are made anew.
std::string run_in_text(const std::string& text, const pipeline::ServerConfig& config) {
  for (std::size_t hash = text.find('#'); hash != std::string::npos; hash = text.find('#', hash + 1)) {
    std::size_t end = hash + 1;
    while (end < text.size() && end - hash < 12 && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end == hash + 1) continue;
    const auto before = trim(std::string_view(text).substr(0, hash));
    for (const auto& [name, app] : config.apps)
      if (before.ends_with(name)) return name + text.substr(hash, end - hash);
  }
  return {};
}

/// Message shortcut: asks which environment of the run the message is about is to go back.
Awaitable<Reply> roll_back_message(Turn& turn) {
  co_await identify(turn, false);
  const Json& message = member(turn.payload(), "message");
  auto run = run_in_text(text_at(message, "text"), *turn.desk->parts.config);
  if (run.empty()) run = run_in_text(dump(member(message, "blocks")), *turn.desk->parts.config);
  if (run.empty())
    throw Error(ErrorKind::not_found, "this message is about no run", "use it on the card of a deploy, or write `rollback APP ENV`");
  const Json found = co_await want(turn, "GET", path_of({"runs", run}));
  std::vector<Choice> offered;
  for (const auto& deployment : member(found, "deployments")) {
    const auto environment = text_at(deployment, "environment");
    const Command command{.verb = Verb::rollback, .app = text_at(found, "app"), .environment = environment, .reason = "instead of " + run};
    if (std::ranges::find(offered, environment, &Choice::label) == offered.end()) offered.push_back({environment, to_text(command)});
  }
  if (offered.empty()) throw Error(ErrorKind::not_found, run + " deployed nothing that could be taken back");
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) {
    return choices("Roll back " + text_at(found, "app") + " to what was there before " + run + " in:", offered, context);
  }));
}

}  // namespace

Awaitable<Reply> interact(Turn& turn) {
  const auto type = text_at(turn.payload(), "type");
  const auto callback = text_at(turn.payload(), "callback_id");
  if (type == "block_actions") {
    if (text_at(action_of(turn.payload()), "action_id").starts_with("picker:")) co_return co_await change_picker(turn);
    co_return co_await press(turn);
  }
  if (type == "shortcut" && callback == "deploy_open") co_return co_await open_picker(turn, {});
  if (type == "message_action" && callback == "deploy_rollback_msg") co_return co_await roll_back_message(turn);
  if (type == "view_closed") {
    turn.desk->pickers.erase(text_at(member(turn.payload(), "view"), "id"));
    co_return Reply{};
  }
  log::info("chat.unknown-interaction", {{"type", ellipsize(type, 60)}, {"callback", ellipsize(callback, 60)}});
  co_return Reply{};
}

Awaitable<Submitted> submit(Turn& turn) {
  const auto callback = text_at(member(turn.payload(), "view"), "callback_id");
  if (callback == "picker") co_return co_await submit_picker(turn);
  if (callback == "reason") co_return co_await submit_reason(turn);
  log::info("chat.unknown-view", {{"callback", ellipsize(callback, 60)}});
  co_return Submitted{};
}

Json shown_in(const Json& view, std::string block_id, const std::string& problem) {
  for (const auto& block : member(view, "blocks"))
    if (block_id.empty() && text_at(block, "type") == "input") block_id = text_at(block, "block_id");
  if (block_id.empty()) return nullptr;
  return {{"response_action", "errors"}, {"errors", Json::object({{block_id, clip(clean(problem), 2000)}})}};
}

}  // namespace fairlead::chat
