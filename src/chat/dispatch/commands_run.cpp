// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// What is about one run: votes, cancel, retry, show, logs.
namespace fairlead::chat {

namespace {

constexpr std::size_t most_offered = 10;

std::string name_of(const Json& row) { return text_at(row, "app") + "#" + std::to_string(number_at(row, "number")); }

/// Buttons that say the command with each of the runs it may be about.
Awaitable<Reply> which(Turn& turn, Command command, Json query, std::string question, std::string nothing) {
  if (!command.app.empty()) query["app"] = command.app;
  query["limit"] = "50";
  const Json rows = co_await want(turn, "GET", path_of({"runs"}), nullptr, std::move(query));
  std::vector<Choice> offered;
  for (const auto& row : rows) {
    if (offered.size() == most_offered) break;
    command.run = name_of(row);
    command.app.clear();
    offered.push_back({command.run, to_text(command)});
  }
  if (offered.empty()) throw Error(ErrorKind::not_found, nothing, "`queue` shows what goes on");
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return choices(question, offered, context); }));
}

Awaitable<Reply> done(Turn& turn, std::string run, std::string verb, Json body) {
  const Json answer = co_await want(turn, "POST", path_of({"runs", run, verb}), std::move(body));
  co_return to_asker(sentence("✅ " + escape(text_at(answer, "text", "done"))));
}

struct LogPlace {
  std::string job;
  int attempt = 1, step = 0;
  std::string step_name;
};

/// "unit", "unit/1", "unit/compile"; empty: what failed, else what ran last.
std::optional<LogPlace> log_place(const Json& run, const std::string& wanted) {
  const auto slash = wanted.rfind('/');
  const auto job_name = wanted.substr(0, slash), step_name = slash == std::string::npos ? std::string() : wanted.substr(slash + 1);
  std::optional<LogPlace> last, failed;
  for (const auto& stage : member(run, "stages"))
    for (const auto& job : member(stage, "jobs")) {
      const auto id = text_at(job, "id");
      if (!wanted.empty() && id != wanted && id != job_name) continue;
      for (const auto& step : member(job, "steps")) {
        const auto state = text_at(step, "state");
        const auto index = number_at(step, "index");
        const bool named = step_name.empty() || id == wanted || step_name == std::to_string(index) || step_name == text_at(step, "name");
        if (!named || state == "queued" || state == "skipped") continue;
        last = LogPlace{id, static_cast<int>(number_at(job, "attempt", 1)), static_cast<int>(index), text_at(step, "name")};
        if (!failed && (state == "failed" || state == "lost")) failed = last;
      }
    }
  return failed ? failed : last;
}

std::vector<Choice> jobs_of(const Json& run) {
  std::vector<Choice> list;
  for (const auto& stage : member(run, "stages"))
    for (const auto& job : member(stage, "jobs"))
      if (list.size() < most_offered)
        list.push_back({text_at(job, "id"), "logs " + quoted(name_of(run)) + " " + quoted(text_at(job, "id"))});
  return list;
}

}  // namespace

Awaitable<Reply> vote_command(Turn& turn, Command command) {
  if (command.run.empty()) co_return co_await which(turn, command, {{"state", "waiting"}}, "Which run?", "no run waits for anybody now");
  Json body = Json::object();
  if (!command.stage.empty()) body["stage"] = command.stage;
  if (!command.reason.empty()) body["reason"] = command.reason;
  if (command.verb == Verb::break_glass) body["break_glass"] = true;
  const auto verb = command.verb == Verb::reject ? "reject" : command.verb == Verb::revoke ? "revoke" : "approve";
  co_return co_await done(turn, command.run, verb, std::move(body));
}

Awaitable<Reply> cancel_command(Turn& turn, Command command) {
  if (command.run.empty())
    co_return co_await which(turn, command, {{"unfinished", "true"}}, "Which run is to be canceled?",
                             "nothing is going on that could be canceled");
  co_return co_await done(turn, command.run, "cancel", Json{{"reason", command.reason}});
}

Awaitable<Reply> retry_command(Turn& turn, Command command) {
  if (command.run.empty())
    co_return co_await which(turn, command, {{"state", "failed"}}, "Which run is to be tried again?", "no run has failed");
  auto reply = co_await done(turn, command.run, "retry", Json{{"all", command.all}});
  const auto run = co_await ask(turn, "GET", path_of({"runs", command.run}));
  if (run.ok()) co_await remember_origin(turn, text_at(run.body, "id"));
  co_return reply;
}

Awaitable<Reply> show_command(Turn& turn, Command command) {
  const Json run = co_await want(turn, "GET", path_of({"runs", command.run}));
  CardContext context;  // without a grant: the buttons are on the card in the channel
  context.public_url = turn.desk->parts.public_url;
  context.now = turn.desk->parts.clock();
  co_return to_asker(within_limits(run_card(run, context)));
}

Awaitable<Reply> logs_command(Turn& turn, Command command) {
  const Json run = co_await want(turn, "GET", path_of({"runs", command.run}));
  LogTail tail;
  if (const Json& errors = member(run, "errors"); !errors.empty() && member(run, "stages").empty()) {
    tail = {.job = "plan", .step = "errors", .text = {}};
    for (const auto& error : errors) tail.text += (error.is_string() ? error.get<std::string>() : dump(error)) + "\n";
  } else {
    const auto place = log_place(run, command.job);
    if (!place && !command.job.empty() && !jobs_of(run).empty()) {
      co_return to_asker(co_await drawn(turn, [&](const CardContext& context) {
        return choices("There is no log of \"" + command.job + "\" in " + name_of(run) + ". Its jobs:", jobs_of(run), context);
      }));
    }
    if (!place) throw Error(ErrorKind::not_found, name_of(run) + " has no log yet");
    if (!turn.desk->parts.log_tail) throw Error(ErrorKind::unavailable, "this server shows no logs in chat");
    tail = {.job = place->job, .step = place->step_name, .text = {}};
    tail.text = co_await turn.desk->parts.log_tail(RunId(text_at(run, "id")), place->job, place->attempt, place->step);
  }
  co_return to_asker(co_await drawn(turn, [&](const CardContext& context) { return log_text(run, tail, context); }));
}

}  // namespace fairlead::chat
