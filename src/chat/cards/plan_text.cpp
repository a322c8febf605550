// SPDX-License-Identifier: Apache-2.0
#include "chat/cards/blocks.hpp"
#include "chat/cards/plan_lines.hpp"
#include "chat/cards/run_words.hpp"
#include "chat/cards/words.hpp"
#include "fairlead/base/strings.hpp"

/// What a deploy would do (`plan`, the picker), and what it would bring (`diff`).
namespace fairlead::chat {

namespace {

constexpr std::size_t most_commits = 10, most_files = 15;

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const auto& text : list)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

std::string counted(std::size_t count, const std::string& one) { return std::to_string(count) + " " + one + (count == 1 ? "" : "s"); }

void add_commits(Blocks& blocks, const Json& changes) {
  std::vector<std::string> lines;
  for (const auto& commit : member(changes, "commits")) {
    const auto author = text_at(commit, "author");
    lines.push_back(version_name(text_at(commit, "sha")) + " " + text_at(commit, "subject") + (author.empty() ? "" : " — " + author));
  }
  blocks.lines("", lines, most_commits);
  const auto total = static_cast<std::size_t>(std::max<std::int64_t>(number_at(changes, "total"), 0));
  if (total > lines.size()) blocks.context("… " + counted(total, "commit") + " in all");
}

std::string stage_line(const Json& stage) {
  const auto skip = text_at(stage, "skip");
  const auto from = text_at(stage, "built_by");
  const auto condition = text_at(stage, "if");
  std::string text = std::string(skip.empty() ? "▸" : "➖") + " *" + line(text_at(stage, "name"), 80) + "*";
  if (!skip.empty()) return text + " is left out: " + line(skip, 200);
  if (!from.empty()) text += " · taken over from " + line(from, 100);
  if (!condition.empty()) text += " · if " + line(condition, 200);
  return text;
}

void add_stages(Blocks& blocks, const Json& plan) {
  std::vector<std::string> lines;
  for (const auto& stage : member(plan, "stages")) {
    if (lines.size() < 20) lines.push_back(stage_line(stage));
    if (const auto why = text_at(stage, "plan_error"); !why.empty()) lines.push_back("      ⚠ " + line(why, 300));
  }
  blocks.section(join(lines, "\n"));
}

/// The plans of the steps, as an approval shows them.
Json steps_of(const Json& plan) {
  Json steps = Json::array();
  for (const auto& stage : member(plan, "stages"))
    for (const auto& job : member(stage, "jobs"))
      for (const auto& step : member(job, "steps")) {
        const Json& told = member(step, "plan");
        if (!told.is_object()) continue;
        Json one = told;
        one["job"] = text_at(job, "id");
        one["name"] = text_at(step, "name");
        steps.push_back(std::move(one));
      }
  return steps;
}

std::string waits_text(const CardContext& context, const Json& plan) {
  std::vector<std::string> lines;
  for (const auto& wait : member(plan, "waits")) {
    const auto kind = text_at(wait, "kind");
    const auto until = date_of(wait, "until");
    lines.push_back(std::string(kind == "lock" ? "🔒 " : "⏳ ") + gate_reason(context, wait) + (until.empty() ? "" : " · until " + until));
  }
  return join(lines, "\n");
}

}  // namespace

std::string changes_line(const CardContext& context, const Json& plan) {
  const auto now_there = text_at(member(plan, "deployed"), "version");
  const auto sha = text_at(plan, "sha");
  if (now_there.empty()) return "Nothing is there yet.";
  if (now_there == sha) return "This is there already.";
  const Json& changes = member(plan, "changes");
  const auto since = date_of(member(plan, "deployed"), "since");
  std::string text = "There now: " + commit_link(context, now_there) + (since.empty() ? "" : " · since " + since);
  if (!changes.is_object()) return text;
  const auto total = static_cast<std::size_t>(std::max<std::int64_t>(number_at(changes, "total"), 0));
  const auto behind = static_cast<std::size_t>(std::max<std::int64_t>(number_at(changes, "behind"), 0));
  const auto words = counted(total, "new commit") + ", " + counted(member(changes, "files").size(), "file");
  text += "\n" + link(compare_url(context.repository, now_there, sha), words);
  if (behind > 0) text += "\n⚠ This goes back: " + counted(behind, "commit") + " that are there now would be gone.";
  if (const auto note = text_at(changes, "note"); !note.empty()) text += "\n" + line(note, 200);
  return text;
}

std::string plan_warnings(const CardContext& context, const Json& plan) {
  std::string text = waits_text(context, plan);
  for (const auto& error : texts_of(member(plan, "errors"))) text += (text.empty() ? "" : "\n") + ("❌ " + line(error, 400));
  if (const auto reason = text_at(plan, "reason"); !reason.empty()) text += (text.empty() ? "" : "\n") + ("🚫 " + line(reason, 400));
  return text;
}

Message plan_text(const Json& plan, const CardContext& context) {
  const auto environment = text_at(plan, "environment");
  const auto what = text_at(plan, "app") + (environment.empty() ? "" : " → " + environment);
  Blocks blocks("plan", context.revision);
  blocks.header("Plan: " + what).section(commit_lines(context, plan)).section(changes_line(context, plan));
  add_commits(blocks, member(plan, "changes"));
  add_stages(blocks, plan);
  add_plan(blocks, steps_of(plan));
  blocks.section(plan_warnings(context, plan));
  const auto notes = texts_of(member(plan, "notes"));
  if (!notes.empty()) blocks.context(line(join(notes, " · "), 600));
  blocks.context("Nothing was changed.");
  const bool refused = !member(plan, "errors").empty() || !text_at(plan, "reason").empty();
  return within_limits({.text = "A deploy of " + line(what, 200) +
                                (refused ? " is not possible now" : " would bring " + line(version_name(text_at(plan, "sha")), 80)),
                        .blocks = blocks.take()});
}

Message diff_list(const Json& plan, const CardContext& context) {
  const auto environment = text_at(plan, "environment");
  const auto what = text_at(plan, "app") + (environment.empty() ? "" : " → " + environment);
  const Json& changes = member(plan, "changes");
  Blocks blocks("diff", context.revision);
  blocks.header("Changes: " + what).section(commit_lines(context, plan)).section(changes_line(context, plan));
  add_commits(blocks, changes);
  blocks.lines("Files", texts_of(member(changes, "files")), most_files);
  const auto total = static_cast<std::size_t>(std::max<std::int64_t>(number_at(changes, "total"), 0));
  return within_limits({.text = line(what, 200) + ": " + (changes.is_object() ? counted(total, "new commit") : "nothing to compare with"),
                        .blocks = blocks.take()});
}

}  // namespace fairlead::chat
