// SPDX-License-Identifier: Apache-2.0
#include "chat/outbox/sending.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

namespace fairlead::chat {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* post = "chat.postMessage";
constexpr const char* edit = "chat.update";
constexpr auto between_posts = milliseconds(1000);     // of one channel
constexpr auto between_edits = milliseconds(3000);     // of one message
constexpr auto between_urgent_edits = milliseconds(500);
constexpr auto first_pause = milliseconds(1000);
constexpr auto longest_pause = seconds(60);

struct Rate {
  double per_minute, burst, reserved;
};

/// Slack: 50 edits a minute, "several hundred" messages a minute.
Rate rate_of(std::string_view method) { return method == edit ? Rate{45, 8, 3} : Rate{200, 20, 5}; }

template <std::size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::ranges::find(codes, code) != codes.end();
}

/// The message is gone or may not be changed any more: what it should say is posted anew.
bool lost_message(std::string_view code) {
  constexpr std::array<std::string_view, 4> codes{"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"};
  return is_one_of(code, codes);
}

bool bad_blocks(std::string_view code) {
  constexpr std::array<std::string_view, 6> codes{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long",
                                                  "msg_too_long",   "invalid_attachments",   "invalid_arguments"};
  return is_one_of(code, codes);
}

bool is_local(const std::string& workspace) { return workspace == console; }

Duration pause_after(int attempts, double chance) {
  const auto doubled = std::min<Duration>(first_pause * (1 << std::min(attempts, 10)), longest_pause);
  return std::chrono::duration_cast<Duration>(doubled * (0.5 + chance / 2));
}

void earliest(std::optional<Time>& wake, Time when) { wake = wake ? std::min(*wake, when) : when; }

/// When this card may be edited again.
Time edit_due(const CardDoc& doc, int live) {
  if (!doc.sent_at) return Time{};
  if (is_local(doc.wanted.place.workspace)) return *doc.sent_at + milliseconds(100);
  if (doc.wanted.urgency != Urgency::progress || doc.wanted.last) return *doc.sent_at + between_urgent_edits;
  const auto shared = milliseconds(static_cast<std::int64_t>(live * 60'000 / rate_of(edit).per_minute));
  return *doc.sent_at + std::max<Duration>(between_edits, shared);
}

Send make_send(const Waiting& item) {
  const auto& doc = item.doc;
  const bool editing = !doc.ts.empty();
  Send send{.card = doc.wanted.card,
            .workspace = doc.wanted.place.workspace,
            .channel = doc.target(),
            .method = editing ? edit : post,
            .arguments = {{"text", doc.wanted.message.text}},
            .hash = doc.wanted.hash,
            .revision = doc.wanted.revision};
  send.arguments["blocks"] = doc.plain ? Json::array() : doc.wanted.message.blocks;
  if (editing) {
    send.arguments["ts"] = doc.ts;
  } else {
    send.arguments["unfurl_links"] = false;
    send.arguments["unfurl_media"] = false;
    auto thread = doc.wanted.place.thread;
    if (item.root == Waiting::Root::sent && !doc.direct) {
      thread = item.root_ts;
      send.channel = item.root_channel;
    }
    if (!thread.empty() && !doc.direct) {
      send.arguments["thread_ts"] = thread;
      if (doc.wanted.broadcast) send.arguments["reply_broadcast"] = true;
    }
  }
  send.arguments["channel"] = send.channel;
  return send;
}

int rank(const CardDoc& doc) {
  if (doc.wanted.urgency == Urgency::act) return 0;
  if (doc.wanted.last) return 1;
  return doc.wanted.urgency == Urgency::phase ? 2 : 3;
}

}  // namespace

Budgets::Bucket& Budgets::filled(const std::string& workspace, const std::string& method, Time now) {
  auto& bucket = buckets_[{workspace, method}];
  const auto rate = rate_of(method);
  if (!bucket.filled) {
    bucket = {.tokens = rate.burst, .at = now, .filled = true};
  } else if (now > bucket.at) {
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.at).count();
    bucket.tokens = std::min(rate.burst, bucket.tokens + minutes * rate.per_minute);
    bucket.at = now;
  }
  return bucket;
}

bool Budgets::allows(const std::string& workspace, const std::string& method, const std::string& channel, bool urgent, Time now,
                     Time& when) {
  when = now;
  for (const auto& key : {std::pair{workspace, method}, std::pair{workspace, std::string("*")}})
    if (const auto paused = paused_.find(key); paused != paused_.end()) when = std::max(when, paused->second);
  if (is_local(workspace)) return when <= now;
  if (method == post)
    if (const auto next = channels_.find({workspace, channel}); next != channels_.end()) when = std::max(when, next->second);
  const auto rate = rate_of(method);
  const double missing = (urgent ? 1.0 : 1.0 + rate.reserved) - filled(workspace, method, now).tokens;
  if (missing > 1e-6) {
    const auto refill = std::chrono::duration<double, std::ratio<60>>(missing / rate.per_minute);
    when = std::max(when, now + std::chrono::duration_cast<Duration>(refill) + Duration(1));
  }
  return when <= now;
}

void Budgets::take(const std::string& workspace, const std::string& method, const std::string& channel, Time now) {
  if (is_local(workspace)) return;
  filled(workspace, method, now).tokens -= 1;
  if (method == post) channels_[{workspace, channel}] = now + between_posts;
}

void Budgets::pause(const std::string& workspace, const std::string& method, Time until) { paused_[{workspace, method}] = until; }
void Budgets::pause_all(const std::string& workspace, Time until) { paused_[{workspace, "*"}] = until; }

Chosen choose(std::vector<Waiting> items, Budgets& budgets, const std::set<std::string>& busy, const std::map<std::string, int>& live,
              Time now) {
  std::ranges::sort(items, {}, [](const Waiting& item) { return std::tuple(rank(item.doc), item.doc.changed_at, item.doc.wanted.card); });
  Chosen chosen;
  std::set<std::string> taken = busy;
  for (const auto& item : items) {
    const auto& doc = item.doc;
    if (!doc.waiting() || taken.contains(doc.wanted.card) || item.root == Waiting::Root::pending) continue;
    auto send = make_send(item);
    const auto channel = send.workspace + "/" + send.channel;
    if (taken.contains(channel)) continue;
    const auto count = live.find(send.workspace);
    auto due = doc.next_at.value_or(Time{});
    if (!doc.ts.empty()) due = std::max(due, edit_due(doc, count == live.end() ? 0 : count->second));
    Time when = now;
    if (due > now) {
      earliest(chosen.wake_at, due);
      continue;
    }
    if (!budgets.allows(send.workspace, send.method, send.channel, rank(doc) < 3, now, when)) {
      earliest(chosen.wake_at, when);
      continue;
    }
    budgets.take(send.workspace, send.method, send.channel, now);
    taken.insert({doc.wanted.card, channel});
    chosen.sends.push_back(std::move(send));
  }
  return chosen;
}

bool concerns_workspace(const std::string& code) {
  constexpr std::array<std::string_view, 10> codes{"account_inactive", "token_revoked",         "token_expired", "invalid_auth",
                                                   "not_authed",       "missing_scope",         "team_disabled", "org_login_required",
                                                   "no_permission",    "not_allowed_token_type"};
  return is_one_of(code, codes);
}

CardDoc settle(CardDoc doc, const Send& sent, const Outcome& outcome, Time now, double chance) {
  using Kind = Outcome::Kind;
  if (outcome.kind == Kind::done) {
    doc.sent_hash = sent.hash;
    doc.sent_revision = sent.revision;
    if (sent.method == post) {
      doc.ts = outcome.ts;
      doc.channel = outcome.channel.empty() ? sent.channel : outcome.channel;
    }
    doc.sent_at = now;
    doc.next_at.reset();
    doc.attempts = 0;
    doc.trouble.clear();
    return doc;
  }
  doc.trouble = sent.method + " to " + sent.channel + ": " + (outcome.code.empty() ? outcome.text : outcome.code);
  if (outcome.kind == Kind::throttled) return doc;  // the budget waits, not the card
  const auto later = [&] { doc.next_at = now + pause_after(doc.attempts++, chance); };
  if (outcome.kind != Kind::rejected || concerns_workspace(outcome.code)) {
    later();
  } else if (lost_message(outcome.code)) {
    doc.ts.clear();
    doc.wanted.thread_card.clear();
    doc.wanted.place.thread.clear();
    later();
  } else if (bad_blocks(outcome.code) && !doc.plain) {
    doc.plain = true;
    doc.next_at.reset();
  } else if (!doc.wanted.fallback.empty() && !doc.direct) {
    doc.direct = true;
    doc.channel.clear();
    doc.ts.clear();
    doc.next_at.reset();
  } else {
    doc.dead = doc.trouble;
  }
  return doc;
}

}  // namespace fairlead::chat
