// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/socket_machine.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "fairlead/base/strings.hpp"

namespace fairlead::chat::slack::socket {

namespace {

using namespace std::chrono_literals;

constexpr Duration hello_time = 20s;       ///< from Connect to hello
constexpr Duration longest_pause = 60s;
constexpr Duration lasting = 60s;          ///< a connection that lived so long was no failure
constexpr Duration renew_before = 60s;     ///< before the announced end
constexpr Duration ending_time = 600s;     ///< an old connection that Slack does not end by then is ended by us
constexpr Duration link_disabled_pause = 300s;
constexpr Duration too_many_pause = 180s;

// Slack says: asking again will not help.
constexpr std::array fatal_codes{"not_authed",    "invalid_auth",  "account_inactive", "user_removed_from_team",
                                 "team_disabled", "token_revoked", "missing_scope",    "not_allowed_token_type"};

Json object_in(const std::string& text) {
  try {
    Json message = parse_json(text);
    if (message.is_object()) return message;
  } catch (const Error&) {
  }
  return Json::object();
}

}  // namespace

Outputs Machine::start(Time now) {
  Outputs out;
  ask(out, now);
  return out;
}

bool Machine::one_is_coming() const {
  return asking_ || std::ranges::any_of(connections_, [](const auto& entry) { return entry.second.phase == Phase::connecting; });
}

bool Machine::connected() const {
  return std::ranges::any_of(connections_, [](const auto& entry) { return entry.second.phase != Phase::connecting; });
}

void Machine::ask(Outputs& out, Time now) {
  if (stopped_ || one_is_coming() || (ask_at_ && now < *ask_at_)) return;
  ask_at_.reset();
  asking_ = true;
  out.emplace_back(AskUrl{});
}

void Machine::ask_later(Time now, Duration span) { ask_at_ = std::max(ask_at_.value_or(now), now + span); }

/// A connection that ends soon was a failure, or Slack and we would go round in circles.
void Machine::judge(Duration lived, Time now) {
  if (lived >= lasting)
    failures_ = 0;
  else
    back_off(now);
}

/// Full jitter: after an outage of Slack's not everybody comes back in the same second.
void Machine::back_off(Time now) {
  const auto most = std::min<double>(static_cast<double>(longest_pause.count()), 1e6 * std::pow(2.0, std::min(failures_, 10)));
  ++failures_;
  ask_later(now, Duration(static_cast<std::int64_t>(settings_.random() * most)));
}

Outputs Machine::url(std::string url, Time now) {
  Outputs out;
  asking_ = false;
  if (stopped_) return out;
  const Number number = next_++;
  connections_[number].since = now;
  out.emplace_back(Connect{number, std::move(url)});
  return out;
}

Outputs Machine::refused(const ApiError& error, Time now) {
  Outputs out;
  asking_ = false;
  const bool fatal = error.api_kind == ApiError::Kind::rejected && std::ranges::find(fatal_codes, error.code) != fatal_codes.end();
  if (fatal) {
    stop(out, "fatal", "Slack refuses the app-level token: " + error.message());
    return out;
  }
  back_off(now);
  if (error.api_kind == ApiError::Kind::throttled) ask_later(now, error.retry_after + 1s);
  if (!connected() && failures_ > 3) raise(out, "unreachable", "Slack cannot be reached: " + error.message());
  return out;
}

Outputs Machine::text(Number number, const std::string& text, Time now) {
  Outputs out;
  const auto found = connections_.find(number);
  if (stopped_ || found == connections_.end()) return out;
  const Json message = object_in(text);
  const auto type = text_at(message, "type");
  if (type == "hello")
    hello(out, number, message, now);
  else if (type == "disconnect")
    disconnect(out, number, message, now);
  else
    envelope(out, number, message);
  return out;
}

void Machine::hello(Outputs& out, Number number, const Json& message, Time now) {
  auto& connection = connections_.at(number);
  if (connection.phase != Phase::connecting) return;
  const auto app = text_at(member(message, "connection_info"), "app_id");
  if (settings_.app_id.empty()) settings_.app_id = app;
  if (!app.empty() && app != settings_.app_id)
    return stop(out, "foreign-app", "Slack connected the app " + app + ", but the app-level token is of " + settings_.app_id);
  for (auto& [other, old] : connections_) {
    if (other == number || old.phase != Phase::open) continue;
    old.phase = Phase::ending;
    old.since = now;
  }
  const auto lives =
      std::chrono::seconds(std::clamp<std::int64_t>(number_at(member(message, "debug_info"), "approximate_connection_time"), 0, 86400));
  connection.phase = Phase::open;
  connection.since = now;
  connection.renew = lives.count() == 0 ? Time::max() : now + std::max<Duration>(lives - renew_before, Duration(lives) / 2);
  for (const char* code : {"unreachable", "link-disabled", "too-many"}) clear(out, code);
  const auto counted = number_at(message, "num_connections");
  if (counted > static_cast<std::int64_t>(known_to_slack(now)))
    raise(out, "shared",
          "Slack counts " + std::to_string(counted) +
              " connections of this app, more than this server's: another program uses the "
              "same app-level token, and gets some of the commands and clicks");
  else
    clear(out, "shared");
}

std::size_t Machine::known_to_slack(Time now) const {
  const auto recent = std::ranges::count_if(ended_, [now](Time at) { return at + 60s > now; });
  return connections_.size() + static_cast<std::size_t>(recent);
}

/// Opens the next one while this one goes on.
void Machine::replace(Outputs& out, Connection& connection, Time now) {
  if (connection.phase == Phase::open) {
    judge(now - connection.since, now);
    connection.phase = Phase::ending;
    connection.since = now;
  }
  const bool other = std::ranges::any_of(connections_, [](const auto& entry) { return entry.second.phase == Phase::open; });
  if (!other) ask(out, now);
}

void Machine::disconnect(Outputs& out, Number number, const Json& message, Time now) {
  auto& connection = connections_.at(number);
  const auto reason = text_at(message, "reason");
  if (reason == "link_disabled") {
    ask_later(now, link_disabled_pause);
    raise(out, "link-disabled", "Socket Mode was switched off for this app: nothing of Slack arrives until it is on again");
  } else if (reason == "too_many_websockets") {
    ask_later(now, too_many_pause + Duration(static_cast<std::int64_t>(settings_.random() * 120e6)));
    raise(out, "too-many", "Slack has too many connections of this app (ten at most): some other program uses the same app-level token");
  }
  if (connection.phase != Phase::connecting) replace(out, connection, now);
}

void Machine::envelope(Outputs& out, Number number, const Json& message) {
  const auto id = text_at(message, "envelope_id");
  if (id.empty()) return;
  const auto type = text_at(message, "type");
  if (type != "slash_commands" && type != "interactive" && type != "events_api") {
    out.emplace_back(Send{number, dump(Json{{"envelope_id", id}})});  // Slack may learn new ones; unanswered they come again
    return;
  }
  if (!connections_.at(number).waiting.emplace(id, flag_at(message, "accepts_response_payload")).second) return;
  out.emplace_back(Deliver{number, id, type, member(message, "payload")});
}

Outputs Machine::answered(Number number, const std::string& envelope, const Json& answer) {
  Outputs out;
  const auto found = connections_.find(number);
  if (found == connections_.end()) return out;
  const auto waiting = found->second.waiting.extract(envelope);
  if (!waiting) return out;
  Json text{{"envelope_id", envelope}};
  if (waiting.mapped() && !answer.is_null()) text["payload"] = answer;
  out.emplace_back(Send{number, dump(text)});
  return out;
}

void Machine::failed(Number number, const std::string& envelope) {
  if (const auto found = connections_.find(number); found != connections_.end()) found->second.waiting.erase(envelope);
}

Outputs Machine::closed(Number number, Time now) {
  Outputs out;
  const auto found = connections_.find(number);
  if (found == connections_.end()) return out;
  const auto connection = std::move(found->second);
  connections_.erase(found);
  std::erase_if(ended_, [now](Time at) { return at + 60s <= now; });
  ended_.push_back(now);
  if (stopped_) return out;
  if (connection.phase == Phase::connecting) back_off(now);
  if (connection.phase == Phase::open) judge(now - connection.since, now);
  if (!connected() && failures_ > 3) raise(out, "unreachable", "connections to Slack do not last");
  const bool other = std::ranges::any_of(connections_, [](const auto& entry) { return entry.second.phase == Phase::open; });
  if (!other) ask(out, now);
  return out;
}

Outputs Machine::time(Time now) {
  Outputs out;
  if (stopped_) return out;
  bool good = false;
  std::vector<Number> over;
  for (auto& [number, connection] : connections_) {
    if (connection.phase == Phase::connecting && now >= connection.since + hello_time) over.push_back(number);
    if (connection.phase == Phase::ending && now >= connection.since + ending_time) over.push_back(number);
    good = good || (connection.phase == Phase::open && now < connection.renew);
  }
  for (const auto number : over) {
    out.emplace_back(Close{number});
    auto more = closed(number, now);
    std::ranges::move(more, std::back_inserter(out));
  }
  if (!good) ask(out, now);
  return out;
}

std::optional<Time> Machine::wake() const {
  if (stopped_) return std::nullopt;
  Time next = Time::max();
  bool open = false;
  for (const auto& [number, connection] : connections_) {
    if (connection.phase == Phase::connecting) next = std::min(next, connection.since + hello_time);
    if (connection.phase == Phase::ending) next = std::min(next, connection.since + ending_time);
    if (connection.phase != Phase::open) continue;
    open = true;
    // Asked already for the one that follows: `ask_at_` or the answer wakes.
    if (!one_is_coming()) next = std::min(next, ask_at_ ? std::max(connection.renew, *ask_at_) : connection.renew);
  }
  if (!open && !one_is_coming() && ask_at_) next = std::min(next, *ask_at_);
  return next == Time::max() ? std::nullopt : std::optional(next);
}

void Machine::raise(Outputs& out, const std::string& code, const std::string& text) {
  if (alarms_[code] == text) return;
  alarms_[code] = text;
  out.emplace_back(Alarm{code, text});
}

void Machine::clear(Outputs& out, const std::string& code) {
  if (alarms_.erase(code) > 0) out.emplace_back(Alarm{code, ""});
}

void Machine::stop(Outputs& out, const std::string& code, const std::string& text) {
  stopped_ = true;
  raise(out, code, text);
  for (const auto& [number, connection] : connections_) out.emplace_back(Close{number});
  connections_.clear();
  out.emplace_back(Stop{});
}

}  // namespace fairlead::chat::slack::socket
