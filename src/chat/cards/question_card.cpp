// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"

namespace fairlead::chat {

namespace {

const Json nothing;

const Json& job_of(const Json& run, const std::string& id) {
  for (const auto& stage : member(run, "stages"))
    for (const auto& job : member(stage, "jobs"))
      if (text_at(job, "id") == id) return job;
  return nothing;
}

const Json& step_of(const Json& job, int index) {
  for (const auto& step : member(job, "steps"))
    if (number_at(step, "index", -1) == index) return step;
  return nothing;
}

Json answer_button(const CardContext& context, const Json& run, const std::string& job, int step, const Json& question,
                   const std::string& choice) {
  Grant grant{.verb = "answer",
              .args = {{"run", text_at(run, "id")}, {"job", job}, {"step", step}, {"choice", choice}},
              .card = {},
              .audience = {},
              .expires = time_of(question, "until")};
  if (const auto asked = text_at(question, "asked_at"); !asked.empty()) grant.args["asked_at"] = asked;
  return button(context, choice, std::move(grant), "",
                Confirm{.title = "Answer this?", .text = "“" + plain_line(choice, 200) + "”", .yes = "Answer"});
}

std::string answer_line(const CardContext& context, const Json& question, const Json& step) {
  const auto answer = text_at(question, "answer");
  const auto by = text_at(question, "by");
  if (!answer.empty()) return "✅ answered: “" + line(answer, 200) + "”" + (by.empty() ? "" : " by " + person(context, by));
  return "no answer is needed any more: the step " + line(text_at(step, "state", "went on"), 60);
}

}  // namespace

Message question_card(const Json& run, const std::string& job_id, int index, const CardContext& context) {
  const Json& job = job_of(run, job_id);
  const Json& step = step_of(job, index);
  const bool asks = member(step, "question").is_object();
  const Json& question = member(step, asks ? "question" : "last_question");
  const bool open = asks && text_at(question, "answer").empty() && text_at(step, "state") == "running" && !has_ended(run);
  const auto text = text_at(question, "text", "The question is gone.");
  Blocks blocks("question", context.revision);
  blocks.header(std::string(open ? "❔ " : "➖ ") + run_title(run) + " asks");
  blocks.section(line(text, 1500));
  const auto until = date_of(question, "until");
  blocks.context(line(job_id, 80) + " › " + line(text_at(step, "name", text_at(step, "action")), 80) +
                 (open && !until.empty() ? " · until " + until : ""));
  if (open) {
    std::vector<Json> buttons;
    for (const auto& choice : member(question, "choices"))
      if (choice.is_string() && buttons.size() < 10) buttons.push_back(answer_button(context, run, job_id, index, question, choice));
    buttons.push_back(details_button(context, run));
    blocks.actions(std::move(buttons));
  } else {
    blocks.context(answer_line(context, question, step));
  }
  return within_limits({.text = line(run_name(run), 120) + (open ? " asks: " : " asked: ") + line(text, 500), .blocks = blocks.take()});
}

}  // namespace fairlead::chat
