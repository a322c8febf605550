// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/strings.hpp"
#include "sandbox/protocol/wire.hpp"

namespace fairlead::sandbox::wire {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr auto tolerance = std::chrono::minutes(5);

Answer refused(Style style, const std::string& name, const std::string& message) {
  const bool json = style == Style::json || style == Style::cbor || style == Style::rest_json;
  Answer answer;
  answer.error = json ? name + "Exception" : name;
  answer.message = message;
  answer.status = json ? 400 : 403;
  answer.body = Json::object();
  return answer;
}

std::string part_of(const std::string& header, const std::string& name) {
  const auto at = header.find(name + "=");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 1;
  return std::string(trim(header.substr(from, header.find(',', from) - from)));
}

/// "20261120T030405Z"
std::optional<Time> date_of(const std::string& text) {
  if (text.size() != 16) return std::nullopt;
  return parse_time(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) + "T" + text.substr(9, 2) + ":" +
                    text.substr(11, 2) + ":" + text.substr(13, 2) + "Z");
}

std::optional<Answer> check_date(Style style, const std::string& text, Time now) {
  const auto date = date_of(text);
  if (!date) return std::nullopt;
  const auto skew = *date > now ? *date - now : now - *date;
  if (skew <= tolerance) return std::nullopt;
  if (style == Style::s3)
    return refused(style, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
  const std::string words = *date > now ? "Signature not yet current: " + text + " is still later than " + format_time(now + tolerance)
                                        : "Signature expired: " + text + " is now earlier than " + format_time(now - tolerance);
  const bool json = style == Style::json || style == Style::cbor || style == Style::rest_json;
  return refused(style, json ? "InvalidSignature" : "SignatureDoesNotMatch", words + " (" + format_time(now) + " - 5 min.)");
}

std::string missing_parts(const std::string& header, const std::string& date) {
  std::string words;
  for (const char* name : {"Credential", "Signature", "SignedHeaders"})
    if (part_of(header, name).empty()) words += std::string("Authorization header requires '") + name + "' parameter. ";
  if (date.empty()) words += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  return words;
}

}  // namespace

Signature read_signature(const net::Request& request, Style style, Time now) {
  Signature out;
  const std::string header(request.headers.get("Authorization"));
  std::string credential = part_of(header, "Credential");
  std::string date(request.headers.get("X-Amz-Date"));
  if (header.empty() && request.query.get("X-Amz-Signature")) {
    credential = request.query.text("X-Amz-Credential");
    date = request.query.text("X-Amz-Date");
  } else if (header.empty()) {
    out.refusal = refused(style, "MissingAuthenticationToken",
                          style == Style::json ? "Missing Authentication Token" : "Request is missing Authentication Token");
    return out;
  } else if (!header.starts_with(algorithm)) {
    out.refusal = refused(style, "IncompleteSignature", "Unsupported AWS 'algorithm': '" + header.substr(0, header.find(' ')) + "'.");
    return out;
  } else if (const auto words = missing_parts(header, date.empty() ? std::string(request.headers.get("Date")) : date); !words.empty()) {
    out.refusal = refused(style, "IncompleteSignature", words + "Authorization=" + header);
    return out;
  }
  const auto parts = split(credential, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") {
    out.refusal =
        refused(style, "IncompleteSignature",
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + credential + "'");
    return out;
  }
  out.access_key = parts[0], out.date = parts[1], out.region = parts[2], out.service = parts[3];
  out.refusal = check_date(style, date, now);
  return out;
}

}  // namespace fairlead::sandbox::wire
