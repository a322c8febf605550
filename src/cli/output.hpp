// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/globals.hpp"
#include "fairlead/base/json_fwd.hpp"

namespace fairlead::cli {

/// Without control characters, except the colours that Output itself sets. Pure.
std::string strip_all_but_colors(std::string_view text);

/// What a command prints. With --json exactly one document (or JSON lines) on stdout; else short text. Messages go to stderr.
/// Text from outside is stripped of control bytes.
class Output {
 public:
  explicit Output(const Globals&);

  bool json() const { return json_; }
  bool terminal() const { return terminal_; }
  /// One line on stdout (nothing with --json or --quiet).
  void line(const std::string& text);
  /// Lines that others wrote, or a part of one, which the next text goes on with and the next line ends.
  void text(std::string_view text, bool ends);
  /// Ends what `text` has begun.
  void end_line();
  /// Whether only the document is wanted, or nothing.
  bool silent() const { return json_ || quiet_; }
  /// A message for a person on stderr (nothing with --quiet).
  void note(const std::string& text);
  /// What is wrong, on stderr, whatever the options.
  void error(const std::string& text);
  /// The document of a command that was asked for --json.
  void document(const Json&);
  /// Columns padded to their widest cell; the first row is the heading and is left out when it is the only one.
  /// On a terminal that is too narrow, the column `shrink` is shortened.
  void table(std::vector<std::vector<std::string>> rows, std::optional<std::size_t> shrink = std::nullopt);
  /// The word in its colour on a terminal.
  std::string state(std::string_view word) const;

 private:
  bool json_, quiet_, terminal_, color_;
  bool within_line_ = false;
};

/// Shortens one column of a table so that it fits into so many columns of a terminal; 0: any number.
void fit(std::vector<std::vector<std::string>>& rows, std::size_t column, std::size_t columns);

/// "3m ago", "2h ago", "12s ago" for an RFC 3339 time; "-" for none.
std::string ago(const Json& time);
/// "1m12s" between two RFC 3339 times; until now when the second is null.
std::string span(const Json& from, const Json& to);
/// First 12 characters of a commit id.
std::string short_sha(std::string_view sha);
/// "main" for "refs/heads/main".
std::string short_ref(std::string_view ref);

}  // namespace fairlead::cli
