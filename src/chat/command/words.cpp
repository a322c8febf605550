// SPDX-License-Identifier: Apache-2.0
#include "chat/command/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "fairlead/base/strings.hpp"
#include "fairlead/chat/command.hpp"

namespace fairlead::chat {

namespace {

using CodePoint = std::uint32_t;

struct Letter {
  CodePoint code = 0xFFFD;
  std::size_t size = 1;
};

Letter letter_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (size == 1) return {first, 1};
  if (size == 0 || at + size > text.size() || !is_valid_utf8(text.substr(at, size))) return {};
  CodePoint code = first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3Fu);
  return {code, size};
}

bool is_space(CodePoint code) {
  return code == ' ' || (code >= 0x09 && code <= 0x0D) || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/// Controls, soft hyphens, bidi and zero-width marks, tags.
bool is_invisible(CodePoint code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x180E || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0xFFFD ||
         (code >= 0xE0000 && code <= 0xE007F);
}

bool is_double_quote(CodePoint code) {
  return code == '"' || (code >= 0x201C && code <= 0x201F) || code == 0xAB || code == 0xBB || code == 0xFF02 || code == 0x301D ||
         code == 0x301E;
}
bool is_single_quote(CodePoint code) { return code == '\'' || code == '`' || (code >= 0x2018 && code <= 0x201B); }
bool same_quote(CodePoint left, CodePoint right) {
  return (is_double_quote(left) && is_double_quote(right)) ||
         (is_single_quote(left) && is_single_quote(right) && (left == '`') == (right == '`'));
}

void append_plain(std::string& out, std::string_view source, std::size_t at, Letter letter) {
  const auto code = letter.code;
  if (is_invisible(code)) return;
  if ((code >= 0x2010 && code <= 0x2013) || code == 0x2212)
    out += '-';
  else if (code == 0x2014 || code == 0x2015)
    out += "--";
  else if (code >= 0xFF01 && code <= 0xFF5E)
    out += static_cast<char>(code - 0xFEE0);
  else
    out += source.substr(at, letter.size);
}

/// "&amp;", "&lt;" or "&gt;" at this place.
std::optional<std::pair<char, std::size_t>> entity_at(std::string_view source, std::size_t at) {
  constexpr std::array<std::pair<std::string_view, char>, 3> known{{{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};
  for (const auto& [text, sign] : known)
    if (source.substr(at).starts_with(text)) return std::pair(sign, text.size());
  return std::nullopt;
}

std::string unescaped(std::string_view source) {
  std::string out;
  for (std::size_t at = 0; at < source.size();) {
    if (const auto entity = entity_at(source, at)) {
      out += entity->first;
      at += entity->second;
      continue;
    }
    const auto letter = letter_at(source, at);
    if (is_space(letter.code))
      out += ' ';
    else if (!is_invisible(letter.code) || letter.code == 0x200D)
      out += source.substr(at, letter.size);
    at += letter.size;
  }
  return out;
}

/// Slack's `<…>`.
struct Markup {
  std::string text, account;
  std::size_t size = 0;
};

std::string link_text(const std::string& target, const std::string& label) {
  if (label.empty()) return target.starts_with("mailto:") ? target.substr(7) : target;
  return target.find(label) != std::string::npos ? label : target;  // what was typed, never a label that hides where it leads
}

std::optional<Markup> markup_at(std::string_view source, std::size_t at) {
  constexpr std::size_t longest = 3000;
  const auto close = source.substr(at, longest).find('>');
  if (close == std::string_view::npos || close < 2) return std::nullopt;
  const auto inner = source.substr(at + 1, close - 1);
  if (inner.find('<') != std::string_view::npos) return std::nullopt;
  const auto bar = inner.find('|');
  const auto target = unescaped(inner.substr(0, bar));
  const auto label = bar == std::string_view::npos ? std::string() : unescaped(inner.substr(bar + 1));
  if (target.size() < 2) return std::nullopt;
  Markup found{.text = {}, .account = {}, .size = close + 1};
  const auto rest = target.substr(1);
  if (target.front() == '@' || target.front() == '#') {
    found.account = rest;
    found.text = target.front() + (label.empty() ? rest : label);
  } else if (target.front() == '!') {
    found.text = label.empty() ? "@" + rest.substr(0, rest.find('^')) : label;
  } else if (target.starts_with("http://") || target.starts_with("https://") || target.starts_with("mailto:")) {
    found.text = link_text(target, label);
  } else {
    return std::nullopt;
  }
  return found;
}

std::string with_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto letter = letter_at(text, at);
    if (letter.code == '&' || letter.code == '<') {
      out += letter.code == '&' ? "&amp;" : "&lt;";
    } else {
      if (letter.code == '\\' || is_double_quote(letter.code)) out += '\\';
      out += text.substr(at, letter.size);
    }
    at += letter.size;
  }
  return out;
}

class Cutter {
 public:
  explicit Cutter(std::string_view source) : source_(source) {}

  std::vector<Word> words() {
    std::vector<Word> list;
    while (skip_spaces()) {
      auto word = next();
      if (!word.text.empty() || word.quoted) list.push_back(std::move(word));
    }
    return list;
  }

 private:
  bool skip_spaces() {
    while (at_ < source_.size()) {
      const auto letter = letter_at(source_, at_);
      if (!is_space(letter.code)) return true;
      at_ += letter.size;
    }
    return false;
  }

  Word next() {
    Word word;
    word.begin = at_;
    word.quoted = quote(word.text);
    bool after_equals = false;
    while (at_ < source_.size()) {
      const auto letter = letter_at(source_, at_);
      if (is_space(letter.code)) break;
      if (after_equals && quote(word.text)) continue;
      after_equals = letter.code == '=';
      piece(word, letter);
    }
    word.end = at_;
    return word;
  }

  /// A quoted part at this place; false when there is none, or it is never closed (then the quote is a letter like others).
  bool quote(std::string& out) {
    const auto open = letter_at(source_, at_);
    if (!is_double_quote(open.code) && !is_single_quote(open.code)) return false;
    bool& unclosed = unclosed_[is_double_quote(open.code) ? 0 : open.code == '`' ? 1 : 2];
    if (unclosed) return false;  // what is not closed from here is not closed from further on
    std::string inside;
    for (auto at = at_ + open.size; at < source_.size();) {
      const auto letter = letter_at(source_, at);
      const auto after = at + letter.size;
      if (letter.code == '\\' && after < source_.size()) {
        const auto next = letter_at(source_, after);
        if (is_double_quote(next.code) || next.code == '\\') {
          inside += source_.substr(after, next.size);
          at = after + next.size;
          continue;
        }
      }
      const bool ends = is_double_quote(open.code) || after >= source_.size() || is_space(letter_at(source_, after).code);
      if (same_quote(open.code, letter.code) && ends) {
        out += inside;
        at_ = after;
        return true;
      }
      if (const auto entity = entity_at(source_, at)) {
        inside += entity->first;
        at += entity->second;
        continue;
      }
      if (is_space(letter.code))
        inside += ' ';
      else
        append_plain(inside, source_, at, letter);
      at = after;
    }
    unclosed = true;
    return false;
  }

  void piece(Word& word, Letter letter) {
    if (const auto entity = entity_at(source_, at_)) {
      word.text += entity->first;
      at_ += entity->second;
      return;
    }
    if (letter.code == '<') {
      if (const auto markup = markup_at(source_, at_)) {
        if (word.text.empty()) word.account = markup->account;
        word.text += markup->text;
        at_ += markup->size;
        return;
      }
    }
    append_plain(word.text, source_, at_, letter);
    at_ += letter.size;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::array<bool, 3> unclosed_{};
};

}  // namespace

std::vector<Word> words_of(std::string_view source) { return Cutter(source).words(); }

std::string quoted(const std::string& word) {
  const auto read = words_of(word);
  if (read.size() == 1 && read.front().text == word && !read.front().quoted && !word.starts_with("-")) return word;
  return "\"" + with_escapes(word) + "\"";
}

std::string spoken(std::string_view source) {
  std::string out;
  for (std::size_t at = 0; at < source.size();) {
    const auto markup = source[at] == '<' ? markup_at(source, at) : std::nullopt;
    if (markup) {
      out += markup->text;
      at += markup->size;
      continue;
    }
    const auto next = source.find('<', at + 1);
    out += unescaped(source.substr(at, next == std::string_view::npos ? next : next - at));
    at = next == std::string_view::npos ? source.size() : next;
  }
  const auto whole = words_of(source);
  if (whole.size() == 1 && whole.front().quoted && trim(source).size() == whole.front().end - whole.front().begin)
    return std::string(trim(whole.front().text));
  return std::string(trim(out));
}

}  // namespace fairlead::chat
