// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// The modal that deploys: app, environment, ref, plan, reason.
namespace fairlead::chat {

namespace {

constexpr auto open_for = std::chrono::hours(1);
constexpr std::size_t most_open = 1000;
constexpr std::size_t most_listed = 100;

Json notice(const std::string& text) {
  return {{"type", "modal"},
          {"title", {{"type", "plain_text"}, {"text", "Deploy"}}},
          {"blocks", Json::array({{{"type", "section"}, {"text", {{"type", "plain_text"}, {"text", clip(clean(text), 3000)}}}}})}};
}

/// A view that has changed meanwhile is drawn by whoever changed it: nullopt.
Awaitable<std::optional<std::string>> update(Turn& turn, std::string id, std::string hash, Json view) {
  Json arguments{{"view_id", id}, {"view", std::move(view)}};
  if (!hash.empty()) arguments["hash"] = hash;
  try {
    const Json answer = co_await call_slack(turn, "views.update", std::move(arguments));
    co_return text_at(member(answer, "view"), "hash");
  } catch (const ApiError& error) {
    if (error.code != "hash_conflict" && error.code != "not_found") throw;
  }
  co_return std::nullopt;
}

Awaitable<Json> drawn_picker(Turn& turn, PickerState state, int revision) {
  co_return co_await drawn_view(turn, [&](CardContext context) {
    context.revision = revision;
    return picker_view(state, context);
  });
}

void offer_names(const Turn& turn, PickerState& state) {
  const auto words = vocabulary(*turn.desk);
  if (words.apps.size() <= most_listed) state.apps = words.apps;
  if (!state.app.empty()) state.environments = words.environments;
}

/// Draws what is chosen; then, when it is complete, what would happen.
Awaitable<void> show(Turn& turn, std::string id, std::string hash, PickerState state) {
  auto& open = turn.desk->pickers[id];
  open.app = state.app;
  const auto number = ++open.asked;
  offer_names(turn, state);
  const auto shown = co_await update(turn, id, hash, co_await drawn_picker(turn, state, ++turn.desk->pickers[id].revision));
  if (!shown || state.app.empty() || state.environment.empty()) co_return;
  Json query = Json::object();
  if (!state.ref.empty()) query["ref"] = state.ref;
  const auto plan =
      co_await ask(turn, "GET", path_of({"apps", state.app, "environments", state.environment, "plan"}), nullptr, std::move(query));
  const auto still = turn.desk->pickers.find(id);
  if (still == turn.desk->pickers.end() || still->second.asked != number) co_return;  // closed, or something else is chosen by now
  if (plan.ok())
    state.plan = plan.body;
  else
    state.problem = plan.detail + (plan.hint.empty() ? "" : " (" + plan.hint + ")");
  co_await update(turn, id, *shown, co_await drawn_picker(turn, state, ++turn.desk->pickers[id].revision));
}

PickerState chosen(const Json& view) {
  const auto value = [&view](const char* action) {
    const auto input = input_of(view, action);
    return input ? input->value : std::string();
  };
  PickerState state;
  state.handle = text_at(view, "private_metadata");
  state.app = value("picker:app");
  state.environment = value("picker:environment");
  state.ref = value("picker:ref");
  state.reason = value("picker:reason");
  return state;
}

Grant picker_grant(const Turn& turn) {
  return {.verb = "picker",
          .args = {{"channel", turn.place.channel}, {"thread", turn.place.thread}},
          .card = {},
          .audience = turn.account.user,
          .expires = turn.desk->parts.clock() + open_for};
}

std::string block_of(const Json& view, const char* action) {
  const auto input = input_of(view, action);
  return input ? input->block : std::string();
}

Awaitable<Submitted> start(Turn& turn, const PickerState& state, const Json& view) {
  Json body{{"app", state.app}, {"environment", state.environment}};
  if (!state.ref.empty()) body["ref"] = state.ref;
  if (!state.reason.empty()) body["reason"] = state.reason;
  const auto answer = co_await ask(turn, "POST", path_of({"deployments"}), std::move(body));
  if (!answer.ok()) {
    const bool about_ref = !state.ref.empty() && answer.detail.contains(state.ref);
    co_return Submitted{shown_in(view, block_of(view, about_ref ? "picker:ref" : "picker:environment"),
                                 answer.detail + (answer.hint.empty() ? "" : " (" + answer.hint + ")")),
                        {}};
  }
  co_await remember_origin(turn, text_at(answer.body, "id"));
  const auto text = turn.speaker.mention + " deploys *" + escape(state.app) + "*" +
                    (state.ref.empty() ? "" : " at `" + escape(state.ref) + "`") + " to *" + escape(state.environment) +
                    "*: " + run_link(turn.desk->parts.public_url, answer.body, state.app) +
                    (state.reason.empty() ? "" : "\n> " + escape(replace_all(state.reason, "\n", " ")));
  co_return Submitted{nullptr, to_channel(sentence(text))};
}

}  // namespace

Awaitable<Reply> open_picker(Turn& turn, PickerState state) {
  if (turn.trigger.empty()) {
    co_await identify(turn, false);
    co_return to_asker(co_await drawn(turn, [](const CardContext& context) {
      return choices("What is to be deployed? Write `deploy APP ENV`, or choose:", {{"Deploy…", "deploy"}}, context);
    }));
  }
  if (turn.desk->pickers.size() >= most_open) turn.desk->pickers.clear();
  state.handle = co_await granted(turn, picker_grant(turn));
  // The trigger is good for three seconds only: the modal comes first, who asks and what there is then.
  const Json opened = co_await call_slack(
      turn, "views.open", {{"trigger_id", turn.trigger}, {"view", co_await drawn_picker(turn, {.handle = state.handle}, 0)}});
  const Json& view = member(opened, "view");
  const auto id = text_at(view, "id");
  std::string refused;
  try {
    co_await identify(turn, false);
  } catch (const Error& error) {
    refused = error.message() + (error.hint().empty() ? "" : " (" + error.hint() + ")");
  }
  if (!refused.empty())
    co_await update(turn, id, "", notice(refused));
  else
    co_await show(turn, id, text_at(view, "hash"), std::move(state));
  co_return Reply{};
}

Awaitable<Reply> change_picker(Turn& turn) {
  const Json& view = member(turn.payload(), "view");
  auto state = chosen(view);
  const Json& action = action_of(turn.payload());
  // What was just chosen is in the action in any case, in the state of the view usually.
  const auto just = text_at(action, "action_id");
  if (just == "picker:app") state.app = value_of(action);
  if (just == "picker:environment") state.environment = value_of(action);
  if (just == "picker:ref") state.ref = value_of(action);
  if (just == "picker:app" && turn.desk->pickers[text_at(view, "id")].app != state.app) state.ref.clear();
  co_await identify(turn, false);
  co_await show(turn, text_at(view, "id"), text_at(view, "hash"), std::move(state));
  co_return Reply{};
}

Awaitable<Submitted> submit_picker(Turn& turn) {
  const Json& view = member(turn.payload(), "view");
  const auto state = chosen(view);
  if (state.app.empty()) co_return Submitted{shown_in(view, "", "choose an app"), {}};
  if (state.environment.empty())
    co_return Submitted{shown_in(view, block_of(view, "picker:environment"), "choose an environment first"), {}};
  const auto click = submission_of(turn.incoming);
  const auto taken = co_await turn.desk->grants.take(click);
  if (taken.judgement.kind == Judgement::Kind::repeated) co_return Submitted{};
  if (taken.judgement.kind == Judgement::Kind::refused) throw Error(ErrorKind::refused, taken.judgement.text);
  turn.key = taken.idempotency_key;
  turn.place.channel = text_at(taken.grant.args, "channel");
  turn.place.thread = text_at(taken.grant.args, "thread");
  Submitted submitted;
  std::exception_ptr failed;
  try {
    co_await identify(turn, true);
    submitted = co_await start(turn, state, view);
  } catch (...) {
    failed = std::current_exception();
  }
  co_await turn.desk->grants.settle(click, !failed && submitted.acknowledgement.is_null(), submitted.reply.message.text);
  if (failed) std::rethrow_exception(failed);
  turn.desk->pickers.erase(text_at(view, "id"));
  co_return submitted;
}

}  // namespace fairlead::chat
