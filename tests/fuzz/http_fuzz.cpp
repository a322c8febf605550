// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/base/strings.hpp"
#include "fairlead/net/sse.hpp"
#include "fairlead/net/target.hpp"
#include "net/chunked.hpp"
#include "net/head.hpp"

using namespace fairlead;
using namespace fairlead::net;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// An accepted head has one meaning: one framing, and no line end or NUL inside a value.
void check_head(std::string_view raw) {
  const auto head = parse_head(raw);
  if (!head) {
    require(head.error().status >= 400 && !head.error().detail.empty());
    return;
  }
  require(!head->method.empty() && !head->target.empty());
  require(!head->chunked || (head->content_length == 0 && !head->headers.has("Content-Length")));
  for (const auto& [name, value] : head->headers)
    require(!name.empty() && value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

/// However the bytes are cut, the body, the verdict and what is left are the same.
void check_chunks(std::string_view raw) {
  constexpr std::size_t limit = 4096;
  std::string whole;
  auto rest = raw;
  ChunkDecoder at_once(limit);
  const auto verdict = at_once.feed(rest, whole);
  std::string pieces;
  ChunkDecoder bytewise(limit);
  auto state = ChunkDecoder::State::more;
  std::size_t used = 0;
  while (used < raw.size() && state == ChunkDecoder::State::more) {
    auto byte = raw.substr(used++, 1);
    state = bytewise.feed(byte, pieces);
  }
  require(state == verdict && whole == pieces && whole.size() <= limit && raw.size() - used == rest.size());
}

/// An accepted path has one spelling: encoding its segments again gives the same path.
void check_target(std::string_view raw) {
  const auto target = parse_target(raw);
  if (!target) return;
  std::string spelling;
  for (const auto& segment : target->segments) {
    require(!segment.empty() && segment != "." && segment != ".." && segment.find_first_of("/\\;") == std::string::npos);
    spelling += "/" + url_encode(segment);
  }
  const auto again = parse_target(spelling.empty() ? "/" : spelling);
  require(again && again->segments == target->segments && again->path == target->path);
}

std::vector<std::string> events_of(std::string_view raw, std::size_t piece) {
  std::vector<std::string> events;
  SseReader reader;
  for (std::size_t at = 0; at < raw.size(); at += piece)
    reader.feed(raw.substr(at, piece), [&](const SseEvent& event) { events.push_back(event.id + "\n" + event.name + "\n" + event.data); });
  return events;
}

}  // namespace

// The first byte chooses what is read: a request head, a chunked body, a target, or an event stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view raw(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_head(raw); break;
    case 1: check_chunks(raw); break;
    case 2: check_target(raw); break;
    default: require(events_of(raw, 1) == events_of(raw, raw.size() + 1));
  }
  return 0;
}
