// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/card_samples.hpp"

#include "unit/chat/card_inputs.hpp"

namespace fairlead::chat::test {

namespace {

using Spoil = std::function<Json(Json)>;

class Drawing {
 public:
  Drawing(CardContext context, Spoil spoil) : context_(std::move(context)), spoil_(std::move(spoil)) {}
  std::vector<Sample> drawn;

  Json given(Json input) const { return spoil_ ? spoil_(std::move(input)) : input; }
  std::string word(const std::string& text) const {
    const Json it = given(Json(text));
    return it.is_string() ? it.get<std::string>() : text;
  }
  void message(const std::string& name, const Message& it) { drawn.push_back({name, false, {{"text", it.text}, {"blocks", it.blocks}}}); }
  void view(const std::string& name, Json it) { drawn.push_back({name, true, std::move(it)}); }

  void runs() {
    const std::vector<std::pair<const char*, Json>> inputs{{"reading", run_reading()},     {"building", run_building()},
                                                           {"deploying", run_deploying()}, {"waiting", run_waiting_for_approval()},
                                                           {"locked", run_locked()},       {"succeeded", run_succeeded()},
                                                           {"failed", run_failed()},       {"rolled_back", run_rolled_back()},
                                                           {"canceled", run_canceled()},   {"superseded", run_superseded()},
                                                           {"lost", run_lost()},           {"unreadable", run_unreadable()},
                                                           {"retrying", run_retrying()},   {"asking", run_asking()}};
    for (const auto& [name, run] : inputs) message(std::string("run_") + name, run_card(given(run), context_));
  }

  void approvals() {
    const auto card = [&](const std::string& name, const Json& input) {
      const Json run = given(input);
      message("approval_" + name, approval_card(run, text_at(run["stages"][2], "name"), context_));
    };
    card("open", run_waiting_for_approval());
    card("half", run_half_approved());
    for (const char* state : {"passed", "rejected", "expired", "superseded", "canceled", "bypassed"}) card(state, run_decided(state));
  }

  void moments() {
    const LogTail tail{.job = word("unit"),
                       .step = word("unit tests"),
                       .text = word("\x1b[31m  ✗ shows the delivery date\x1b[0m\n    expected 3 to be 4\n```\n1 of 212 failed\n")};
    message("failure", failure_reply(given(run_failed()), tail, context_));
    message("failure_rolled_back", failure_reply(given(run_rolled_back()), std::nullopt, context_));
    message("failure_lost", failure_reply(given(run_lost()), std::nullopt, context_));
    message("failure_unreadable", failure_reply(given(run_unreadable()), std::nullopt, context_));
    message("log", log_text(given(run_building()), tail, context_));
    const Json asking = given(run_asking());
    message("question", question_card(asking, text_at(asking["stages"][2]["jobs"][0], "id"), 0, context_));
    Json answered = asking;
    answered["stages"][2]["jobs"][0]["steps"][0]["question"]["answer"] = word("it is there");
    answered["stages"][2]["jobs"][0]["steps"][0]["question"]["by"] = "slack:U0LEAD";
    message("question_answered", question_card(answered, text_at(answered["stages"][2]["jobs"][0], "id"), 0, context_));
    const Json bypassed = given(run_decided("bypassed"));
    const Json late = given(run_half_approved());
    message("reminder", reminder(late, text_at(late["stages"][2], "name"), {"<@U0LEAD>"}, context_));
    message("bypass", bypass_note(bypassed, text_at(bypassed["stages"][2], "name"), context_));
  }

  void lists() {
    message("status", status_list(given(environments()), word("What is where"), context_));
    message("status_empty", status_list(Json::array(), word("What is where"), context_));
    message("history", history_list(given(history_rows()), word("history shop-api --before run-41"), context_));
    message("history_empty", history_list(Json::array(), "", context_));
    message("queue", queue_list(given(Json::array({run_waiting_for_approval(), history_rows()[0]})), context_));
    message("queue_empty", queue_list(Json::array(), context_));
    message("locks", locks_list(given(locks_and_freezes()), context_));
    message("locks_empty", locks_list(Json::array(), context_));
    message("schedules", schedules_list(given(schedules()), context_));
    message("schedules_empty", schedules_list(Json::array(), context_));
    message("plan", plan_text(given(a_plan()), context_));
    message("plan_blocked", plan_text(given(a_blocked_plan()), context_));
    message("diff", diff_list(given(a_plan()), context_));
    message("diff_first", diff_list(given(a_blocked_plan()), context_));
  }

  void sentences() {
    message("choices",
            choices(word("Which app is “shop”?"),
                    {{word("shop-api"), word("deploy shop-api staging")}, {word("shop-web"), word("deploy shop-web staging")}}, context_));
    message("refusal", refusal(word("You may not deploy to production."), word("slack:@deployers may; ask one of them."), context_));
    message("help",
            help_text(word("What you can say"),
                      {{word("deploy APP ENV [@REF] [-- reason]"), word("deploys")}, {word("status [APP [ENV]]"), word("what is where")}},
                      context_));
    message("help_one", help_text(word("deploy"), {{word("deploy APP ENV [@REF] [-- reason]"), word("deploys")}}, context_));
    message(
        "whoami",
        whoami_text(given({{"id", "user:lead@example.com"}, {"role", "deployer"}, {"apps", Json::array()}, {"environments", {"staging"}}}),
                    {word("slack:@deployers"), word("github:team:acme/sre")}, context_));
  }

  PickerState picker() const {
    return {.handle = "v1.picker",
            .apps = {word("shop-api"), word("shop-web")},
            .app = {},
            .environment = {},
            .ref = {},
            .reason = {},
            .environments = {},
            .plan = {},
            .problem = {}};
  }

  void views() {
    auto state = picker();
    view("picker_start", picker_view(state, context_));
    auto many = state;
    many.apps.clear();
    view("picker_search", picker_view(many, context_));
    state.app = state.apps.front();
    view("picker_app", picker_view(state, context_));
    state.environments = {word("staging"), word("production")};
    view("picker_environments", picker_view(state, context_));
    state.environment = state.environments.back();
    state.ref = word("refs/heads/main");
    view("picker_planning", picker_view(state, context_));
    state.plan = given(a_plan());
    state.reason = word("for the sale");
    view("picker_plan", picker_view(state, context_));
    state.problem = word("branch wip may not go to production; allowed: main, release/*");
    view("picker_problem", picker_view(state, context_));
    view("reason", reason_view(word("Reject"), word("Why should shop-api #42 not go to production?"), true, "v1.reason"));
    view("reason_optional", reason_view(word("Approve"), word("A word on it?"), false, "v1.reason"));
    HomeState home;
    view("home_empty", home_view(home, context_));
    home.waiting = given(Json::array({run_waiting_for_approval()}));
    home.running = given(Json::array({run_deploying(), history_rows()[0]}));
    home.mine = given(history_rows());
    home.locks = given(locks_and_freezes());
    home.warnings = {word("The clock of the server is 2m off."), word("Slack refused #deploys: not_in_channel")};
    view("home", home_view(home, context_));
  }

 private:
  CardContext context_;
  Spoil spoil_;
};

}  // namespace

CardContext sample_context(int revision) {
  CardContext context;
  context.public_url = "https://deploy.example.com";
  context.now = *parse_time("2026-11-20T03:30:00Z");
  context.revision = revision;
  context.card = "sample";
  context.grant = [](const Grant& grant) { return handle_of("a key for samples", grant); };
  context.repository = "git@github.com:acme/shop-api.git";
  context.deployed = "9a8b7c6d5e4f30211203f4e5d6c7b8a9f0e1d2c3";
  context.break_glass = true;
  return context;
}

std::vector<Sample> samples(const CardContext& context, const Spoil& spoil) {
  Drawing drawing(context, spoil);
  drawing.runs();
  drawing.approvals();
  drawing.moments();
  drawing.lists();
  drawing.sentences();
  drawing.views();
  return std::move(drawing.drawn);
}

std::vector<std::string> problems_of(const Sample& sample) {
  if (sample.is_view) return view_over_limits(sample.drawn);
  return over_limits({.text = sample.drawn["text"].get<std::string>(), .blocks = sample.drawn["blocks"]});
}

}  // namespace fairlead::chat::test
