// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::exec {

/// Shortest value that is masked: shorter ones would hide ordinary words and tell their length by doing so.
inline constexpr std::size_t shortest_secret = 6;

/// Every form in which `secret` may turn up in a log: raw, base64 (standard and URL alphabet, at the three alignments, with
/// and without padding, twice), percent-encoded, JSON- and shell-escaped, hex in both cases, and each line of eight or more
/// characters of a secret that has several. Empty for a value shorter than `shortest_secret`. Sorted, without doubles.
std::vector<std::string> mask_variants(std::string_view secret);

/// The patterns of all secrets of a job, ready for searching. Immutable; shared by the maskers of its steps; any thread.
class MaskPatterns {
 public:
  explicit MaskPatterns(const std::vector<std::string>& secrets);

  bool empty() const { return patterns_.empty(); }
  std::size_t longest() const { return longest_; }

  /// Length of the longest pattern at the start of `text`; 0 when there is none.
  std::size_t match(std::string_view text) const;
  /// How far a search may move on from `text` without missing a match; 0 when `match` has to decide. At least
  /// `shortest_secret` bytes are needed.
  std::size_t skip(std::string_view text) const { return skip_[block(text.data() + shortest_secret - block_size)]; }
  /// Offset of the first suffix of `text` that may still grow into a pattern; text.size() when there is none.
  std::size_t unfinished(std::string_view text) const;

 private:
  static constexpr std::size_t block_size = 3;
  static std::uint16_t block(const char* bytes);

  std::vector<std::string> patterns_;                            ///< sorted
  std::vector<std::pair<std::uint16_t, std::uint32_t>> by_end_;  ///< block at the end of the search window -> pattern; sorted
  std::vector<std::uint8_t> skip_;
  std::array<std::uint64_t, 1024> starts_{};  ///< bit set of the first two bytes of the patterns
  std::size_t longest_ = 0;
};

/// Replaces secrets in a stream by `***`: overlapping and adjoining matches become one. Bytes that may still turn out to be
/// part of a secret are held back, so the borders of the chunks never change the result. One thread.
class Masker {
 public:
  explicit Masker(std::shared_ptr<const MaskPatterns>);

  /// Appends to `out` what of the stream so far is settled.
  void write(std::string_view chunk, std::string& out);
  /// Appends the rest: the stream is over.
  void finish(std::string& out);

 private:
  void settle(std::size_t end, std::size_t limit, std::string& out);

  std::shared_ptr<const MaskPatterns> patterns_;
  std::string held_;
  std::size_t covered_ = 0;  ///< leading bytes of held_ that belong to a match
  bool in_match_ = false;    ///< the last byte given out was masked
};

/// One text that is complete: error messages, step outputs.
std::string mask(const MaskPatterns&, std::string_view text);

}  // namespace fairlead::exec
