// SPDX-License-Identifier: Apache-2.0
#include "fairlead/base/glob.hpp"

#include <optional>

namespace fairlead {
namespace {

/// Length of the class at the start of `pattern` ("[a-z]"), or 0 when the bracket is not closed and so means itself.
std::size_t class_length(std::string_view pattern) {
  std::size_t start = pattern.size() > 1 && pattern[1] == '!' ? 2 : 1;
  std::size_t end = pattern.find(']', start + 1);  // a ']' right after the bracket is a member
  return end == std::string_view::npos ? 0 : end + 1;
}

bool class_matches(std::string_view members, char c) {
  bool negated = members.starts_with('!');
  if (negated) members.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + 2 < members.size() && members[i + 1] == '-') {
      found = found || (members[i] <= c && c <= members[i + 2]);
      i += 2;
    } else {
      found = found || members[i] == c;
    }
  }
  return found != negated;
}

/// Where to go on after a mismatch: the pattern behind the last star, and the text that star has not swallowed yet.
struct Retry {
  std::size_t pattern = 0;
  std::size_t text = 0;
};

/// Earlier stars never need another try: a later star of the same kind can swallow whatever they would have.
class Matcher {
 public:
  Matcher(std::string_view pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  bool run() {
    while (true) {
      if (p_ < pattern_.size() && take_star()) continue;
      if (p_ == pattern_.size() && t_ == text_.size()) return true;
      if (p_ < pattern_.size() && t_ < text_.size() && take_one()) continue;
      if (!back_within_segment() && !back_across_segments()) return false;
    }
  }

 private:
  bool take_star() {
    if (pattern_[p_] != '*') return false;
    bool at_segment = p_ == 0 || pattern_[p_ - 1] == '/';
    std::size_t end = pattern_.find_first_not_of('*', p_);
    if (end == std::string_view::npos) end = pattern_.size();
    bool crosses = end - p_ >= 2;
    bool whole_segments = crosses && at_segment && end < pattern_.size() && pattern_[end] == '/';
    p_ = whole_segments ? end + 1 : end;
    if (crosses) {
      across_ = Retry{p_, t_};
      whole_segments_ = whole_segments;
      within_.reset();
    } else {
      within_ = Retry{p_, t_};
    }
    return true;
  }

  bool take_one() {
    char c = text_[t_];
    char want = pattern_[p_];
    std::size_t length = want == '[' ? class_length(pattern_.substr(p_)) : 0;
    bool good = length > 0 ? c != '/' && class_matches(pattern_.substr(p_ + 1, length - 2), c) : want == '?' ? c != '/' : c == want;
    if (!good) return false;
    p_ += length > 0 ? length : 1;
    ++t_;
    return true;
  }

  bool back_within_segment() {
    if (!within_ || within_->text >= text_.size() || text_[within_->text] == '/') return false;
    resume(*within_, within_->text + 1);
    return true;
  }

  bool back_across_segments() {
    if (!across_ || across_->text >= text_.size()) return false;
    std::size_t next = across_->text + 1;
    if (whole_segments_) {
      std::size_t slash = text_.find('/', across_->text);
      if (slash == std::string_view::npos) return false;
      next = slash + 1;
    }
    within_.reset();
    resume(*across_, next);
    return true;
  }

  void resume(Retry& retry, std::size_t text) {
    retry.text = text;
    p_ = retry.pattern;
    t_ = text;
  }

  std::string_view pattern_;
  std::string_view text_;
  std::size_t p_ = 0;
  std::size_t t_ = 0;
  std::optional<Retry> within_;
  std::optional<Retry> across_;
  bool whole_segments_ = false;  ///< across_ stands for "**/": it swallows whole segments only
};

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) { return Matcher(pattern, text).run(); }

bool glob_list_match(const std::vector<std::string>& patterns, std::string_view text) {
  for (auto it = patterns.rbegin(); it != patterns.rend(); ++it) {
    std::string_view pattern = *it;
    bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (glob_match(pattern, text)) return !negated;
  }
  return false;
}

}  // namespace fairlead
