// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/command/words.hpp"
#include "fairlead/chat/command.hpp"

namespace fairlead::chat {

/// Thrown inside the parser; `parse_command` makes a value of it.
struct NotUnderstood {
  Misunderstanding why;
};

/// What is left of a command while it is read from left to right.
class Line {
 public:
  Line(std::string_view source, const Vocabulary& known) : source_(source), words_(words_of(source)), known_(known) {}

  const Vocabulary& known() const { return known_; }
  bool empty() const { return at_ >= words_.size(); }
  std::size_t left() const { return words_.size() - at_; }
  const Word& peek(std::size_t ahead = 0) const;
  Word take();
  /// Lower case, unless it is quoted: then it is no keyword and the answer is empty.
  std::string keyword(std::size_t ahead = 0) const;
  /// Passes over one of these words.
  bool accept(std::initializer_list<std::string_view> keywords);
  /// Is the next word the beginning of a reason: "--", "-", "--reason", "because"?
  bool at_reason(std::size_t ahead = 0) const;
  /// The rest as it was written, without a mark of a reason.
  std::string reason();
  /// The rest up to `until` words from the end.
  std::string reason_before(std::size_t last_words);

  /// The next word as an app or environment that there is. Throws with the nearest names.
  std::string app();
  std::string environment();
  bool is_app(std::size_t ahead = 0) const;
  bool is_environment(std::size_t ahead = 0) const;
  /// "shop-api#42", "#42", "latest:shop-api", an id or a link to its page. `app`: of "#42"; empty: the only one, else asks.
  std::string run(const std::string& app = {});
  bool is_run(std::size_t ahead = 0) const;

  /// The command with the next word, or that before it, written differently.
  std::string with(const std::string& replacement) const;
  /// The command with something put before the next word, or at its end.
  std::string with_before(const std::string& inserted) const;
  std::string with_appended(const std::string& more) const;
  [[noreturn]] void fail(std::string sentence, std::string hint = {}, std::vector<Choice> choices = {}) const;

 private:
  std::string named(const std::vector<std::string>& names, std::string_view noun);
  bool is_spaced_run(std::size_t ahead) const;
  std::string run_of(const std::string& app, const std::string& number);

  std::string_view source_;
  std::vector<Word> words_;
  std::size_t at_ = 0;
  const Vocabulary& known_;
};

/// "22:00", "2026-11-20 22:00", "tomorrow 9:00 Asia/Tokyo", "2026-11-20T22:00:00+09:00".
When read_when(Line&);
std::optional<Duration> duration_at(const Line&, std::size_t ahead);
bool is_zone(const std::string& word);

/// genova's "deploy:service repository=… branch=…".
std::optional<Command> read_genova(Line&);

/// The name of the list as it is written there, in any case.
std::optional<std::string> exact_name(const std::string& word, const std::vector<std::string>& names);

}  // namespace fairlead::chat
