// SPDX-License-Identifier: Apache-2.0
#include "engine/questions.hpp"

#include <gmock/gmock.h>

#include "unit/engine/shell_fixture.hpp"

/// A running step asks people: durable, once, and answered once.
namespace fairlead::engine {
namespace {

using testing::HasSubstr;

/// Asks until it is answered; what it was told is its output.
class AskingAction : public Action {
 public:
  std::string_view name() const override { return "wait"; }
  Awaitable<StepOutcome> run(StepContext& step) override {
    while (true) {
      StepQuestion question;
      question.key = "room";
      question.text = "No room. Go on?";
      question.choices = {"continue", "stop"};
      question.until = Time{} + std::chrono::hours(1);
      co_await step.ask(std::move(question));
      if (const auto given = step.answer("room")) {
        StepOutcome outcome;
        outcome.outputs = {{"choice", given->choice}, {"by", given->by}};
        co_return outcome;
      }
      co_await step.answered();
      if (step.cancel_requested()) {
        co_await step.withdraw();
        co_return StepOutcome{.state = State::canceled, .reason = "canceled", .exit_code = {}, .outputs = {}, .env = {}, .summary = {}};
      }
    }
  }
};

class Questions : public ShellTest {
 protected:
  const std::string text =
      "stages: [ { name: main, jobs: { one: { steps: [ { id: it, wait: { for: 1s } } ] }, two: { steps: [make it] } } } ]\n";
  void begin() {
    actions = {{"wait", std::make_shared<AskingAction>()}};
    start();
  }
  RunId asked() {
    const RunId id = run(text);
    until_asked(id);
    return id;
  }
  void until_asked(const RunId& id) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (asking(state(id)).empty()) ASSERT_LT(std::chrono::steady_clock::now(), end) << "it did not ask";
  }
  std::string answer(const RunId& id, const std::string& choice, const std::string& job = "") {
    return wait_for(engine->answer(id, {.choice = choice, .by = "user:ops@example.com", .reason = "", .job = job}));
  }
  std::string refused(const RunId& id, const std::string& choice, const std::string& job = "") {
    try {
      answer(id, choice, job);
    } catch (const Error& error) {
      return error.message() + " (" + error.hint() + ")";
    }
    return "taken";
  }
};

TEST_F(Questions, AreShownUntilTheyAreAnswered) {
  begin();
  const RunId id = asked();
  const Json json = run_json(state(id));
  const Json& shown = json["stages"][0]["jobs"][0]["steps"][0]["question"];
  EXPECT_EQ(shown["text"], "No room. Go on?");
  EXPECT_EQ(shown["choices"], Json({"continue", "stop"}));
  EXPECT_EQ(shown["until"], "1970-01-01T01:00:00.000Z");
  EXPECT_THAT(dump(json["explain"]), HasSubstr("fairlead answer shop#1 continue|stop"));
  EXPECT_THAT(answer(id, "continue"), HasSubstr("continue"));
  until_over(id);
  const RunState after = state(id);
  EXPECT_EQ(after.state, State::succeeded) << after.reason;
  EXPECT_EQ(after.job("one")->steps[0].outputs.at("choice"), "continue");
  EXPECT_EQ(after.job("one")->steps[0].outputs.at("by"), "user:ops@example.com");
  EXPECT_FALSE(run_json(after)["stages"][0]["jobs"][0]["steps"][0].contains("question"));
}

TEST_F(Questions, OutliveTheServer) {
  begin();
  const RunId id = asked();
  stop();
  start();
  until_asked(id);
  answer(id, "stop");
  until_over(id);
  EXPECT_EQ(state(id).job("one")->steps[0].outputs.at("choice"), "stop");
  const auto events = wait_for(store->read([id](store::View& view) { return view.events("run:" + id.str()); }));
  EXPECT_EQ(std::ranges::count(events, "step.asked", &store::Event::type), 1) << "the same question";
}

TEST_F(Questions, RefuseWhatIsNoAnswer) {
  begin();
  const RunId id = asked();
  EXPECT_THAT(refused(id, "contniue"), HasSubstr("did you mean continue?"));
  EXPECT_THAT(refused(id, "rollback"), HasSubstr("answer one of: continue, stop"));
  EXPECT_THAT(refused(id, "stop", "two"), HasSubstr("job two of shop#1 asks nothing now"));
  EXPECT_EQ(refused(id, "stop", "one"), "taken");
  until_over(id);
  EXPECT_THAT(refused(id, "stop"), HasSubstr("already succeeded"));
}

TEST_F(Questions, EndWithTheStep) {
  begin();
  const RunId id = asked();
  wait_for(engine->cancel(id, "user:ops@example.com", ""));
  until_over(id);
  EXPECT_EQ(state(id).state, State::canceled);
  EXPECT_TRUE(asking(state(id)).empty());
}

}  // namespace
}  // namespace fairlead::engine
