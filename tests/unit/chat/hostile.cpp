// SPDX-License-Identifier: Apache-2.0
#include "unit/chat/hostile.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "chat/code_points.hpp"
#include "fairlead/base/strings.hpp"

namespace fairlead::chat::test {

namespace {

constexpr std::array<std::string_view, 32> pieces{"<!channel>",
                                                  "<!here|here>",
                                                  "<@U0EVIL>",
                                                  "<!subteam^S0EVIL|team>",
                                                  "<#C0EVIL>",
                                                  "<https://evil.example|Approve>",
                                                  "<mailto:a@b.example>",
                                                  "&lt;",
                                                  "&amp",
                                                  "&",
                                                  ">",
                                                  "<",
                                                  "|",
                                                  "```",
                                                  "`x`",
                                                  "*bold*",
                                                  "_it_",
                                                  "~no~",
                                                  ":white_check_mark:",
                                                  "\x1b[31mred\x1b[0m",
                                                  "\x1b]8;;https://evil.example\x07"
                                                  "a\x1b]8;;\x07",
                                                  "\u202Egpj.exe",
                                                  "\u2066\u2069",
                                                  "\u200B\u200D\uFEFF",
                                                  "\xff\xfe",
                                                  "\xc3",
                                                  "\xf0\x9f",
                                                  "日本語",
                                                  "👩\u200D💻❤\uFE0F",
                                                  "\r\n",
                                                  "<!date^1^{time}|x>",
                                                  "https://evil.example/approve"};

/// "<…>" that cards write themselves.
bool is_ours(std::string_view inside) {
  if (inside.starts_with("!date^")) {
    const auto digits = inside.find_first_not_of("0123456789", 6);
    return digits > 6 && digits != std::string_view::npos && inside.substr(digits).starts_with("^{date_short_pretty} {time}|20") &&
           inside.ends_with(" UTC");
  }
  if (inside == "@U0REQUEST" || inside == "@U0LEAD") return true;
  return inside.starts_with("https://github.com/acme/shop-api/") || inside.starts_with("https://deploy.example.com/");
}

std::string bad_markup(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '>') return "an open \">\"";
    if (text[i] == '&') {
      if (unit_length(text, i) == 1) return "an open \"&\"";
    } else if (text[i] == '<') {
      const auto end = text.find_first_of("<>", i + 1);
      if (end == std::string_view::npos || text[end] != '>') return "an open \"<\"";
      const auto inside = text.substr(i + 1, end - i - 1);
      if (!is_ours(inside)) return "foreign markup <" + std::string(inside) + ">";
      i = end;
    }
  }
  return text.find("```") == std::string_view::npos ? "" : "a fence";
}

std::string bad_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto [code, length] = code_point(text, i);
    i += length;
    const bool control = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);
    const bool bidi = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    const bool invisible = (code >= 0x200B && code <= 0x200F) || code == 0xFEFF || (code >= 0xFE00 && code <= 0xFE0F);
    if (code == bad_code_point || control || bidi || invisible) return "code point " + std::to_string(static_cast<std::uint32_t>(code));
  }
  return {};
}

void look(const Json& at, const std::string& path, std::vector<std::string>& found) {
  static const std::set<std::string> machine{"value", "url", "private_metadata"};
  const bool parsed = at.is_object() && text_at(at, "type") == "mrkdwn";
  for (const auto& [key, value] : at.items()) {
    const auto here = path + "/" + key;
    if (value.is_structured()) look(value, here, found);
    if (!value.is_string() || machine.contains(key)) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (auto bad = bad_character(text); !bad.empty()) found.push_back(here + ": " + bad);
    if (!parsed || key != "text") continue;
    if (auto bad = bad_markup(text); !bad.empty()) found.push_back(here + ": " + bad + " in " + ellipsize(text, 200));
  }
}

}  // namespace

std::string Hostile::text() {
  ++made_;
  std::string out;
  for (std::size_t parts = 1 + below(5); parts > 0; --parts) {
    if (one_in(3)) {
      for (std::size_t i = below(12); i > 0; --i) out += static_cast<char>(below(256));
    } else {
      out += pieces[below(pieces.size())];
    }
    if (one_in(4)) out += ' ';
  }
  if (one_in(25)) {
    const std::size_t longest = std::array<std::size_t, 4>{80, 400, 3100, 9000}[below(4)];
    const std::string once = out + "x";
    while (out.size() < longest) out += once;
  }
  return out;
}

Json Hostile::spoil(const Json& input) {
  if (input.is_string()) return one_in(3) ? Json(text()) : one_in(200) ? Json(nullptr) : input;
  if (!input.is_structured()) return one_in(300) ? Json(text()) : input;
  Json out = input;
  for (auto& value : out) value = spoil(value);
  if (out.is_array() && !out.empty() && one_in(30)) {
    const Json copy = out.back();
    const std::size_t most = 20'000 / (dump(copy).size() + 1);  // lists in lists would have no end
    for (std::size_t more = below(std::min<std::size_t>(most, 130) + 1); more > 0; --more) out.push_back(copy);
  }
  return out;
}

std::vector<std::string> leaks(const Json& drawn) {
  std::vector<std::string> found;
  look(drawn, "", found);
  if (!drawn.contains("text")) return found;
  if (auto bad = bad_markup(drawn["text"].get_ref<const std::string&>()); !bad.empty()) found.push_back("/text: " + bad);
  return found;
}

}  // namespace fairlead::chat::test
