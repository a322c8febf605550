// SPDX-License-Identifier: Apache-2.0
#include "fairlead/exec/masker.hpp"

#include <algorithm>
#include <cstring>

namespace fairlead::exec {
namespace {

constexpr std::string_view replacement = "***";

std::size_t start_bits(char first, char second) {
  return static_cast<std::size_t>(static_cast<unsigned char>(first)) << 8 | static_cast<unsigned char>(second);
}

}  // namespace

std::uint16_t MaskPatterns::block(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, block_size);
  return static_cast<std::uint16_t>(value * 0x9E3779B1u >> 16);
}

// Wu-Manber: a window as wide as the shortest pattern moves over the text; a table says, for the block at the window's end,
// how far the nearest pattern with that block reaches beyond it. Build logs rarely contain such a block, so most bytes are
// never looked at, and the table stays in the first-level cache however many patterns there are.
MaskPatterns::MaskPatterns(const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    auto variants = mask_variants(secret);
    patterns_.insert(patterns_.end(), std::make_move_iterator(variants.begin()), std::make_move_iterator(variants.end()));
  }
  std::sort(patterns_.begin(), patterns_.end());
  patterns_.erase(std::unique(patterns_.begin(), patterns_.end()), patterns_.end());
  if (patterns_.empty()) return;
  constexpr std::size_t last_block = shortest_secret - block_size;
  skip_.assign(65536, last_block + 1);
  for (std::uint32_t i = 0; i < patterns_.size(); ++i) {
    const auto& pattern = patterns_[i];
    longest_ = std::max(longest_, pattern.size());
    const auto start = start_bits(pattern[0], pattern[1]);
    starts_[start / 64] |= std::uint64_t{1} << start % 64;
    for (std::size_t at = 0; at <= last_block; ++at) {
      auto& skip = skip_[block(pattern.data() + at)];
      skip = std::min(skip, static_cast<std::uint8_t>(last_block - at));
    }
    by_end_.emplace_back(block(pattern.data() + last_block), i);
  }
  std::sort(by_end_.begin(), by_end_.end());
}

std::size_t MaskPatterns::match(std::string_view text) const {
  const auto end = block(text.data() + shortest_secret - block_size);
  std::size_t found = 0;
  for (auto i = std::lower_bound(by_end_.begin(), by_end_.end(), std::pair{end, 0u}); i != by_end_.end() && i->first == end; ++i) {
    const auto& pattern = patterns_[i->second];
    if (pattern.size() > found && text.starts_with(pattern)) found = pattern.size();
  }
  return found;
}

std::size_t MaskPatterns::unfinished(std::string_view text) const {
  for (std::size_t at = text.size() - std::min(text.size(), longest_ - 1); at < text.size(); ++at) {
    const auto tail = text.substr(at);
    if (tail.size() >= 2) {
      const auto start = start_bits(tail[0], tail[1]);
      if ((starts_[start / 64] >> start % 64 & 1u) == 0) continue;
    }
    // The patterns that begin with `tail` follow it in the sorted list; one equal to it is finished, the next may be longer.
    for (auto i = std::lower_bound(patterns_.begin(), patterns_.end(), tail); i != patterns_.end() && i->starts_with(tail); ++i) {
      if (i->size() > tail.size()) return at;
    }
  }
  return text.size();
}

Masker::Masker(std::shared_ptr<const MaskPatterns> patterns) : patterns_(std::move(patterns)) {}

void Masker::write(std::string_view chunk, std::string& out) {
  if (patterns_->empty()) {
    out += chunk;
    return;
  }
  held_ += chunk;
  settle(patterns_->unfinished(held_), held_.size(), out);
}

void Masker::finish(std::string& out) { settle(held_.size(), held_.size(), out); }

/// Gives out the first `end` bytes of held_: every match that begins there is known. `limit` is where the data ends.
void Masker::settle(std::size_t end, std::size_t limit, std::string& out) {
  const std::string_view text(held_.data(), limit);
  std::size_t given = 0;
  const auto give = [&](std::size_t to) {  // plain bytes up to `to`
    if (to <= given) return;
    out.append(text, given, to - given);
    given = to;
    in_match_ = false;
  };
  const auto hide = [&](std::size_t from, std::size_t to) {
    give(from);
    if (!in_match_) out += replacement;
    in_match_ = true;
    given = std::max(given, to);
  };
  if (covered_ > 0) hide(0, covered_);
  for (std::size_t at = 0; at < end && at + shortest_secret <= limit;) {
    const auto rest = text.substr(at);
    if (const auto skip = patterns_->skip(rest); skip > 0) {
      at += skip;
      continue;
    }
    if (const auto length = patterns_->match(rest); length > 0) hide(at, std::max(at + length, given));
    ++at;
  }
  give(end);
  covered_ = given - std::min(given, end);
  held_.erase(0, end);
}

std::string mask(const MaskPatterns& patterns, std::string_view text) {
  Masker masker(std::shared_ptr<const MaskPatterns>(&patterns, [](const MaskPatterns*) {}));
  std::string out;
  masker.write(text, out);
  masker.finish(out);
  return out;
}

}  // namespace fairlead::exec
