// SPDX-License-Identifier: Apache-2.0
#include "chat/slack/answer.hpp"

#include <algorithm>
#include <array>

#include "fairlead/base/strings.hpp"

namespace fairlead::chat::slack {

namespace {

using Kind = ApiError::Kind;

/// Slack says no here, but may have done it before it stumbled.
constexpr std::array outcome_unknown{"internal_error", "fatal_error", "service_unavailable", "request_timeout"};

ApiError throttled(const std::string& method, const net::HttpReply& reply) {
  const auto wait = parse_int(reply.headers.get("Retry-After")).value_or(1);
  ApiError error(Kind::throttled, method, "ratelimited", "");
  error.retry_after = std::chrono::seconds(std::clamp(wait, 1LL, 3600LL));
  return error;
}

/// What is missing, or what is wrong with the arguments, in Slack's words.
std::string detail_of(const Json& answer) {
  std::vector<std::string> parts;
  if (const auto needed = text_at(answer, "needed"); !needed.empty())
    parts.push_back("needs the scope " + needed + ", the token has " + text_at(answer, "provided", "none"));
  if (const auto& messages = at_path(answer, {"response_metadata", "messages"}); messages.is_array())
    for (const auto& each : messages)
      if (each.is_string()) parts.push_back(each.get<std::string>());
  return ellipsize(strip_control(join(parts, "; ")), 1000);
}

Json parsed(const net::HttpReply& reply) {
  try {
    return parse_json(reply.body, 128);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

Json read_answer(const std::string& method, const net::HttpReply& reply) {
  if (reply.status == 429) throw throttled(method, reply);
  if (reply.status >= 500) throw ApiError(Kind::unknown, method, "", "Slack answered " + std::to_string(reply.status));
  Json answer = parsed(reply);
  const auto code = ellipsize(strip_control(text_at(answer, "error")), 100);
  if (flag_at(answer, "ok") && reply.ok()) {
    answer.erase("ok");
    return answer;
  }
  if (code == "ratelimited") throw throttled(method, reply);
  if (std::ranges::find(outcome_unknown, code) != outcome_unknown.end()) throw ApiError(Kind::unknown, method, code, detail_of(answer));
  if (!code.empty()) throw ApiError(Kind::rejected, method, code, detail_of(answer));
  if (reply.ok())
    throw ApiError(Kind::unknown, method, "", "the answer is not one of Slack's: " + ellipsize(strip_control(reply.body), 80));
  throw ApiError(Kind::rejected, method, "http_" + std::to_string(reply.status), "");
}

}  // namespace fairlead::chat::slack
