// SPDX-License-Identifier: Apache-2.0
#include "fairlead/chat/chat.hpp"

#include "chat/dispatch/desk.hpp"
#include "fairlead/base/log.hpp"

namespace fairlead::chat {

namespace {

using Kind = Incoming::Kind;

std::string type_of(const Turn& turn) { return text_at(turn.payload(), "type"); }
bool is_submission(const Incoming& incoming) {
  return incoming.kind == Kind::interaction && text_at(incoming.payload, "type") == "view_submission";
}
bool asks_options(const Incoming& incoming) {
  return incoming.kind == Kind::options || text_at(incoming.payload, "type") == "block_suggestion";
}

/// What every kind but a submission and options answers with.
Awaitable<Reply> reply_to(Turn& turn) {
  if (turn.incoming.kind == Kind::command) co_return co_await say(turn, text_of(turn.incoming));
  if (turn.incoming.kind == Kind::event) co_return co_await take_event(turn);
  co_return co_await interact(turn);
}

/// Any exception as an Error, to be told.
Error as_error(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const Error& error) {
    return error;
  } catch (...) {
    return Error(ErrorKind::internal, describe(failed));
  }
}

std::string error_text(const Error& error) { return error.message() + (error.hint().empty() ? "" : " (" + error.hint() + ")"); }

/// Answers as the acknowledgement as long as that is waited for, else by other ways.
Awaitable<void> answer(std::shared_ptr<Desk> desk, std::shared_ptr<Envelope> envelope, Incoming incoming) {
  const bool takes_answer = incoming.kind == Kind::command;
  Turn turn(desk, std::move(incoming));
  Reply reply;
  std::exception_ptr failed;
  try {
    reply = co_await reply_to(turn);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) reply = apology(turn, as_error(failed));
  const bool in_time = takes_answer && !envelope->acknowledged;
  envelope->settle(in_time ? acknowledgement(reply) : Json(nullptr));
  if (!in_time) co_await deliver(turn, std::move(reply));
}

/// A view's problems are shown in it as long as the acknowledgement is waited for.
Awaitable<void> answer_view(std::shared_ptr<Desk> desk, std::shared_ptr<Envelope> envelope, Incoming incoming) {
  Turn turn(desk, std::move(incoming));
  Submitted submitted;
  std::exception_ptr failed;
  try {
    submitted = co_await submit(turn);
  } catch (...) {
    failed = std::current_exception();
  }
  const bool late = envelope->acknowledged;
  if (failed) {
    const auto error = as_error(failed);
    submitted.reply = apology(turn, error);
    const auto text = submitted.reply.message.text;
    submitted.acknowledgement =
        shown_in(member(turn.payload(), "view"), "", error.kind() == ErrorKind::internal ? text : error_text(error));
  }
  if (!late && !submitted.acknowledgement.is_null()) submitted.reply = {};
  envelope->settle(std::move(submitted.acknowledgement));
  co_await deliver(turn, std::move(submitted.reply));
}

Awaitable<Json> options(std::shared_ptr<Desk> desk, Incoming incoming) {
  Turn turn(desk, std::move(incoming));
  std::string why;
  try {
    co_return co_await with_deadline(offer(turn), deadline_in(desk->parts.view_answer_within), "offering options");
  } catch (const Error& error) {
    why = error.message();
  }
  log::info("chat.no-options", {{"why", why}, {"type", type_of(turn)}});
  co_return Json{{"options", Json::array()}};
}

void log_failure(const std::exception_ptr& error) { log::error("chat.answer-failed", {{"why", describe(error)}}); }

}  // namespace

struct Chat::State {
  std::shared_ptr<Desk> desk;
};

Chat::Chat(Parts parts) : state_(std::make_shared<State>(std::make_shared<Desk>(std::move(parts)))) {}
Chat::~Chat() = default;

Awaitable<Json> Chat::handle(Incoming incoming) {
  const auto desk = state_->desk;
  if (asks_options(incoming)) co_return co_await options(desk, std::move(incoming));
  const auto seen = desk->once.take(envelope_key(incoming), desk->parts.clock());
  const bool view = is_submission(incoming);
  const bool waits = view || incoming.kind == Kind::command;
  const auto envelope = seen.envelope;
  const auto deadline = deadline_in(view ? desk->parts.view_answer_within : desk->parts.answer_within);
  if (!seen.repeated)
    spawn(desk->parts.executor, "chat",
          view ? answer_view(desk, envelope, std::move(incoming)) : answer(desk, envelope, std::move(incoming)), log_failure);
  if (waits) co_await envelope->wait_until(deadline);
  if (!envelope->answered) envelope->acknowledged = true;
  co_return envelope->answer;
}

}  // namespace fairlead::chat
