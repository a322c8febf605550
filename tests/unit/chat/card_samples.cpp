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
  std::string word(const std::string& text) const { return given(Json(text)).get<std::string>(); }
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
      message("approval_" + name, approval_card(run, run["stages"][2]["name"].get<std::string>(), context_));
    };
    card("open", run_waiting_for_approval());
    card("half", run_half_approved());
    for (const char* state : {"passed", "rejected", "expired", "superseded", "canceled", "bypassed"}) card(state, run_decided(state));
  }

  void lists() {
    message("status", status_list(given(environments()), word("What is where"), context_));
    message("choices",
            choices(word("Which app is “shop”?"),
                    {{word("shop-api"), word("deploy shop-api staging")}, {word("shop-web"), word("deploy shop-web staging")}}, context_));
    message("refusal", refusal(word("You may not deploy to production."), word("slack:@deployers may; ask one of them."), context_));
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
  drawing.lists();
  return std::move(drawing.drawn);
}

std::vector<std::string> problems_of(const Sample& sample) {
  if (sample.is_view) return view_over_limits(sample.drawn);
  return over_limits({.text = sample.drawn["text"].get<std::string>(), .blocks = sample.drawn["blocks"]});
}

}  // namespace fairlead::chat::test
