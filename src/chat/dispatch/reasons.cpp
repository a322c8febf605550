// SPDX-License-Identifier: Apache-2.0
#include "chat/dispatch/desk.hpp"
#include "fairlead/base/strings.hpp"

/// Votes that say why.
namespace fairlead::chat {

namespace {

constexpr auto open_for = std::chrono::hours(1);

struct Question {
  std::string title, text;
};

Question question_of(const Grant& grant) {
  const auto stage = text_at(grant.args, "stage");
  if (grant.verb == "reject") return {"Reject", "Why is " + stage + " rejected? Everybody who follows the run sees it."};
  if (flag_at(grant.args, "break_glass"))
    return {"Break glass", "Why does " + stage + " go past its approval? It is announced, and listed for review."};
  return {"Approve", "Why is " + stage + " approved?"};
}

}  // namespace

Awaitable<Reply> vote(Turn& turn, std::string verb, Json args, std::string reason) {
  const auto run = text_at(args, "run"), stage = text_at(args, "stage");
  Json body{{"stage", stage}};
  if (!reason.empty()) body["reason"] = reason;
  if (const auto digest = text_at(args, "plan_digest"); !digest.empty()) body["plan_digest"] = digest;
  if (flag_at(args, "break_glass")) body["break_glass"] = true;
  const auto answer = co_await ask(turn, "POST", path_of({"runs", run, verb}), std::move(body));
  if (answer.ok()) co_return to_asker(sentence("✅ " + escape(text_at(answer.body, "text", "done"))));
  if (answer.status == 409) {  // decided, superseded, ended: say by whom
    const auto found = co_await ask(turn, "GET", path_of({"runs", run}));
    if (const auto decided = found.ok() ? decided_text(found.body, stage) : std::string(); !decided.empty())
      throw Error(ErrorKind::conflict, decided);
  }
  throw Error(ErrorKind::refused,
              answer.detail.empty() ? "the server answered with status " + std::to_string(answer.status) : answer.detail, answer.hint);
}

Awaitable<Reply> open_reason(Turn& turn, Grant grant) {
  if (turn.trigger.empty()) throw Error(ErrorKind::usage, "a reason is needed", "write `" + grant.verb + " RUN reason`");
  Json args = grant.args;
  args["verb"] = grant.verb;
  const auto& user = turn.account.user;
  const auto handle = co_await granted(
      turn, {.verb = "reason", .args = std::move(args), .card = {}, .audience = user, .expires = turn.desk->parts.clock() + open_for});
  const auto question = question_of(grant);
  co_await call_slack(
      turn, "views.open",
      {{"trigger_id", turn.trigger}, {"view", view_within_limits(reason_view(question.title, question.text, true, handle))}});
  co_return Reply{};
}

Awaitable<Submitted> submit_reason(Turn& turn) {
  const auto click = submission_of(turn.incoming);
  const auto taken = co_await turn.desk->grants.take(click);
  if (taken.judgement.kind == Judgement::Kind::repeated) co_return Submitted{};
  if (taken.judgement.kind == Judgement::Kind::refused) throw Error(ErrorKind::refused, taken.judgement.text);
  turn.key = taken.idempotency_key;
  const auto reason = first_text_of(member(turn.payload(), "view"));
  Submitted submitted;
  std::exception_ptr failed;
  try {
    co_await identify(turn, true);
    submitted.reply =
        co_await vote(turn, text_at(taken.grant.args, "verb"), taken.grant.args, reason ? std::string(trim(reason->value)) : "");
  } catch (...) {
    failed = std::current_exception();
  }
  co_await turn.desk->grants.settle(click, !failed, submitted.reply.message.text);
  if (failed) std::rethrow_exception(failed);
  co_return submitted;
}

}  // namespace fairlead::chat
