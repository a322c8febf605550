// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/run_buttons.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat {

namespace {

constexpr std::size_t most_lines = 20;

std::string last_lines(const std::string& text) {
  auto lines = split_lines(clean(text));
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  if (lines.size() > most_lines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most_lines));
  return join(lines, "\n");
}

std::string log_url(const CardContext& context, const Json& run, const std::string& job, const std::string& step) {
  if (context.public_url.empty() || job.empty() || step.empty()) return {};
  return context.public_url + "/api/v1/runs/" + url_encode(text_at(run, "id")) + "/logs/" + url_encode(job) + "/" + url_encode(step);
}

/// What became of the environment.
std::string aftermath(const Json& run, const BrokenStep& broken) {
  std::vector<std::string> lines;
  if (const auto rollback = text_at(stage_of(run, broken.stage), "rollback"); !rollback.empty())
    lines.push_back("Rollback: " + line(rollback, 200));
  for (const auto& deployment : member(run, "deployments")) {
    const auto previous = version_name(text_at(deployment, "previous"));
    if (text_at(deployment, "environment") != broken.environment || previous.empty()) continue;
    lines.push_back("Before this deploy " + line(broken.environment, 80) + " had " + line(previous, 80) + ".");
  }
  return join(lines, "\n");
}

std::string where(const BrokenStep& broken) {
  std::vector<std::string> parts;
  for (const auto& part : {broken.stage, broken.job, broken.step})
    if (!part.empty()) parts.push_back(line(part, 80));
  return join(parts, " › ");
}

}  // namespace

Message failure_reply(const Json& run, const std::optional<LogTail>& tail, const CardContext& context) {
  const auto broken = broken_step(run);
  const auto state = text_at(run, "state");
  const auto reason = broken.reason.empty() ? text_at(run, "reason") : broken.reason;
  const auto place = where(broken);
  Blocks blocks("failure", context.revision);
  std::string said =
      std::string(glyph(state)) + " *" + line(run_title(run), 150) + "* " + (state == "lost" ? "was lost track of" : "failed");
  if (!place.empty()) said += " at " + place;
  if (!reason.empty()) said += ": " + line(reason, 600);
  if (const auto actor = text_at(run, "actor"); !actor.empty()) said += "\n" + person(context, actor) + ", this was yours.";
  blocks.section(said).section(aftermath(run, broken));
  if (tail && !trim(tail->text).empty()) {
    blocks.context("the end of the log of " + line(tail->job, 80) + (tail->step.empty() ? "" : " › " + line(tail->step, 80)));
    blocks.preformatted(last_lines(tail->text));
  }
  const auto log = broken.step.empty() ? "" : log_url(context, run, broken.job, std::to_string(broken.index));
  blocks.actions({retry_button(context, run), rollback_button(context, text_at(run, "app"), broken.environment),
                  link_button("Full log", log), details_button(context, run)});
  return within_limits({.text = run_sentence(context, run), .blocks = blocks.take()});
}

Message log_text(const Json& run, const LogTail& tail, const CardContext& context) {
  const auto title = line(run_name(run), 120) + ": " + line(tail.job, 80) + (tail.step.empty() ? "" : " › " + line(tail.step, 80));
  Blocks blocks("log", context.revision);
  blocks.section("*" + title + "*");
  if (trim(tail.text).empty())
    blocks.context("nothing was written yet");
  else
    blocks.preformatted(last_lines(tail.text));
  blocks.actions({details_button(context, run)});
  return within_limits({.text = "The end of the log of " + title, .blocks = blocks.take()});
}

}  // namespace fairlead::chat
